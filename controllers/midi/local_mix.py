"""The local mix: the mix as this hand must take it to be, with its own wishes that are not seen yet. Pure.

A wish is seen only after a while. While styles are solo, the others are seen as silent, whatever their faders say. And the
mix may be on another scale than the faders. This module gives one answer to "how loud is this style", which faders are
compared with and lights show, and one to "is it solo, is it held", which buttons toggle.
"""

import math
from collections.abc import Iterable
from typing import Generic, TypeVar

from actors.wire.parameters import Number
from controllers.hand import Seen

T = TypeVar("T")

DELAY_S = 1.0  # a wish is seen within that time, or never
A_HAIR = 1e-3  # of a weight


class Wished(Generic[T]):
    """The last wish for one value: it counts as the present value until it must have been seen."""

    def __init__(self) -> None:
        self.last: T | None = None
        self._until = -math.inf

    def wish(self, value: T, now: float) -> T:
        self.last, self._until = value, now + DELAY_S
        return value

    def present(self, seen: T, now: float) -> T:
        return self.last if self.last is not None and now < self._until else seen


class Mix:
    """Weights, solo, held and the live parameters. `scale` is the weight of a fader that is all the way up."""

    def __init__(self) -> None:
        self.scale = 1.0
        self._weights: dict[str, float] = {}  # as they would be without solo
        self._wished: dict[str, Wished[float]] = {}
        self._solo: Wished[frozenset[str]] = Wished()
        self._held: dict[str, Wished[bool]] = {}
        self._values: dict[str, Wished[float]] = {}  # of live parameters, by name
        self._seen = Seen()
        self._now = 0.0
        self._wished_at = -math.inf

    def look(self, seen: Seen, now: float) -> None:
        """Takes in the performance: the weights, and the solo that they are seen with."""
        self._now = now
        before, self._seen = self._seen, seen
        self._weights = _without_solo(self._weights, seen)
        loudest = max(self._weights.values(), default=0.0)
        # not while our own fader pulls the loudest down: the scale would follow it, and the fader its own scale
        idle = now - self._wished_at > DELAY_S
        if idle and (seen.weights != before.weights or loudest > self.scale):
            self.scale = max(1.0, loudest)

    def weight(self, slug: str) -> float:
        seen = self._weights.get(slug, 0.0)
        return self._wished[slug].present(seen, self._now) if slug in self._wished else seen

    def relative(self, slug: str) -> float:
        """The position of a style's fader, from 0 to 1."""
        return min(1.0, self.weight(slug) / self.scale)

    @property
    def weights(self) -> dict[str, float]:
        """The weights of all styles, as they would be without solo."""
        return {slug: self.weight(slug) for slug in self._seen.styles}

    @property
    def solo(self) -> frozenset[str]:
        return self._solo.present(frozenset(self._seen.solo), self._now) & frozenset(self._seen.styles)

    @property
    def held(self) -> frozenset[str]:
        return frozenset(slug for slug in self._seen.styles if self._is_held(slug))

    def value(self, parameter: Number) -> float:
        seen = self._seen.value(parameter)
        wished = self._values.get(parameter.name)
        return wished.present(seen, self._now) if wished else seen

    def wish(self, slug: str, weight: float) -> float:
        """The weight to be sent.

        A hand that repeats a weight touches nothing (`actors.hands.fusion`), so a repeated one differs by a hair.
        """
        wished = self._wished.setdefault(slug, Wished())
        if weight == wished.last and abs(weight - self.weight(slug)) > A_HAIR * self.scale:
            weight = weight * (1 - A_HAIR) or A_HAIR * A_HAIR
        self._wished_at = self._now
        self._weights[slug] = weight
        return wished.wish(weight, self._now)

    def wish_value(self, parameter: Number, value: float) -> float:
        return self._values.setdefault(parameter.name, Wished()).wish(value, self._now)

    def wish_solo(self, slugs: Iterable[str]) -> frozenset[str]:
        return self._solo.wish(frozenset(slugs), self._now)

    def wish_held(self, slug: str, held: bool) -> bool:
        return self._held.setdefault(slug, Wished()).wish(held, self._now)

    def _is_held(self, slug: str) -> bool:
        seen = slug in self._seen.held
        return self._held[slug].present(seen, self._now) if slug in self._held else seen


def _without_solo(known: dict[str, float], seen: Seen) -> dict[str, float]:
    """The weights as they would be without solo; of a style that it silences, the last known one."""
    if not seen.solo:
        return dict(seen.weights)
    weights = {**seen.weights, **known}
    heard = {slug: seen.weights[slug] for slug in seen.solo if slug in seen.weights}
    # if all of them were silent, they would be heard at 1 all the same (`actors.hands.fusion`)
    if any(weights[slug] for slug in heard) or any(weight != 1 for weight in heard.values()):
        weights.update(heard)
    return weights
