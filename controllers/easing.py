"""Easing: the way from the present mix to the one that a hand wishes, without a jump. Pure.

A mix is the share of every style, by slug, summing to 1.
"""

import math
from collections.abc import Sequence

from actors.wire.messages import Command, LetGo, SetWeights
from actors.wire.plane import Point
from controllers.hand import Seen

Mix = dict[str, float]

EASE_S = 0.7  # from the present mix to that of a hand that has just appeared
FASTEST_S = 1 / 60  # between two mixes
SLOWEST_S = 0.15  # a present hand sends its mix at least this often
A_CHANGE = 1e-4  # of a share: a smaller one is not sent


def as_it_is(seen: Seen) -> Mix:
    """The present mix of the performance; empty while no weight is set."""
    return shares({slug: seen.weights.get(slug, 0.0) for slug in seen.styles})


def shares(weights: Mix) -> Mix:
    """Weights of any scale, divided by their sum; empty when the sum is zero."""
    usable = {slug: max(0.0, w) if math.isfinite(w) else 0.0 for slug, w in weights.items()}
    largest = max(usable.values(), default=0.0)
    if largest <= 0.0:
        return {}
    scaled = {slug: w / largest for slug, w in usable.items()}  # before the sum, which could be infinite
    total = math.fsum(scaled.values())
    return {slug: w / total for slug, w in scaled.items()}


class Easing:
    """A way that starts at `now` and lasts EASE_S, from a mix towards another, which may move meanwhile."""

    def __init__(self, start: Mix, now: float) -> None:
        self._start, self._began = start, now

    def progress(self, now: float) -> float:
        """0 at the start, 1 at the end, slow at both."""
        x = min(1.0, max(0.0, (now - self._began) / EASE_S))
        return x * x * (3 - 2 * x)

    def mix(self, wished: Mix, now: float) -> Mix:
        """The mix on the way at `now`; the wished one at its end, or when no style of its start is left."""
        done = self.progress(now)
        start = shares({slug: self._start.get(slug, 0.0) for slug in wished})
        if done >= 1.0 or not start:
            return wished
        return {slug: (1 - done) * start[slug] + done * share for slug, share in wished.items()}


class Voice:
    """Sends a mix as often as needed, and remembers it."""

    def __init__(self) -> None:
        self.mix: Mix = {}  # as it was sent last; empty after letting go
        self._said_at = -math.inf

    def say(self, mix: Mix, now: float, at: Sequence[Point] = ()) -> list[Command]:
        """The command that sends a mix, at most once in FASTEST_S and, even unchanged, at least once in SLOWEST_S."""
        since = now - self._said_at
        moved = mix.keys() != self.mix.keys() or any(abs(mix[slug] - self.mix[slug]) > A_CHANGE for slug in mix)
        if not any(mix.values()) or since < FASTEST_S or (not moved and since < SLOWEST_S):
            return []
        self.mix, self._said_at = mix, now
        return [SetWeights(weights=dict(mix), replace=True, at=list(at))]

    def let_go(self) -> list[Command]:
        """The command that says, once, that the hand is away."""
        if not self.mix:
            return []
        self.mix = {}
        return [LetGo()]
