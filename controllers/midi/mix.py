"""The mix as a hand must take it to be: what is seen, but for what it wished itself a moment ago. Pure.

What is wished is seen only after a while. While styles are solo, the others are seen silent, whatever their faders say. And
a mix may be on another scale than faders are. Here is one answer to "how loud is this style", which faders are compared
with and lights show.
"""

import math
from collections.abc import Collection

from controllers.hand import Seen

DELAY_S = 1.0  # what was wished is seen after that, or never will be
A_HAIR = 1e-3  # of a weight


class Wished:
    """What was wished lately of one number. Until it can be seen, that is what it is."""

    def __init__(self) -> None:
        self.last: float | None = None
        self._until = -math.inf

    def wish(self, value: float, now: float) -> float:
        self.last, self._until = value, now + DELAY_S
        return value

    def present(self, seen: float, now: float) -> float:
        return self.last if self.last is not None and now < self._until else seen


class Mix:
    """Weights, rate and temperature; `scale` is the weight of a fader that is all the way up."""

    def __init__(self) -> None:
        self.scale = 1.0
        self._weights: dict[str, float] = {}  # as they would be without solo
        self._wished: dict[str, Wished] = {}
        self._rate, self._temperature = Wished(), Wished()
        self._seen = Seen()
        self._now = 0.0
        self._wished_at = self._soloed_at = -math.inf

    def look(self, seen: Seen, now: float, solo: Collection[str]) -> None:
        """Takes in what is seen; `solo` are the styles that this hand made solo."""
        self._now = now
        before, self._seen = self._seen, seen
        if not solo and now - self._soloed_at > DELAY_S:
            self._weights = dict(seen.weights)
        elif any(self._weights.get(slug) for slug in solo):  # were they all silent, they would be heard all the same
            self._weights.update({slug: seen.weights[slug] for slug in solo if slug in seen.weights})
        loudest = max(self._weights.values(), default=0.0)
        # Not while a fader of ours pulls the loudest down: the scale would follow it, and the fader its own scale.
        idle = now - self._wished_at > DELAY_S
        if idle and (seen.weights != before.weights or loudest > self.scale):
            self.scale = max(1.0, loudest)

    def weight(self, slug: str) -> float:
        seen = self._weights.get(slug, 0.0)
        return self._wished[slug].present(seen, self._now) if slug in self._wished else seen

    def relative(self, slug: str) -> float:
        """Where its fader would be, from 0 to 1."""
        return min(1.0, self.weight(slug) / self.scale)

    @property
    def cps(self) -> float:
        return self._rate.present(self._seen.rate_cps, self._now)

    @property
    def temperature(self) -> float:
        return self._temperature.present(self._seen.temperature, self._now)

    def wish(self, slug: str, weight: float) -> float:
        """The weight to be sent. A hand that repeats itself touches nothing (`actors.fusion`): so it differs by a hair."""
        wished = self._wished.setdefault(slug, Wished())
        if weight == wished.last and abs(weight - self.weight(slug)) > A_HAIR * self.scale:
            weight = weight * (1 - A_HAIR) or A_HAIR * A_HAIR
        self._wished_at = self._now
        self._weights[slug] = weight
        return wished.wish(weight, self._now)

    def wish_cps(self, cps: float) -> float:
        return self._rate.wish(cps, self._now)

    def wish_temperature(self, temperature: float) -> float:
        return self._temperature.wish(temperature, self._now)

    def solo_changed(self) -> None:
        """What is seen in the next moment is from before or after, nobody knows."""
        self._soloed_at = self._now
