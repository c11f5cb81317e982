"""Visitors pull the mix together, as far as the performer admits them. Pure: time comes in as an argument, in seconds.

What visitors wish arrives as one pull: a mix, and how strong it is, which grows with how many pull. It is laid over the mix
that the performer's hands have made and never changes that one: admitted for nothing, nothing is left of it. Styles that
are held, and everyone while styles are solo, are out of its reach. It comes and goes gliding: no touch is heard as a jump.
"""

import math
from collections.abc import Collection, Mapping

EASED_S = 0.6  # in which two thirds of a change have come
HEARD_S = 2.0  # a pull that was not said again is over
LEAST = 1e-3  # of the mix: what is less is gone
DIGITS = 4  # of a weight, as in actors.hands.fusion


class Visitors:
    """The wishes of visitors, how far they are admitted, and the mix that comes of it."""

    def __init__(self) -> None:
        self.admitted = 0.0  # the share of the mix they may have all together, see `actors.wire.parameters`
        self.page = ""  # where they come in
        self._at: list[tuple[float, float]] = []
        self._wished: dict[str, float] = {}  # shares, of 1 times their strength
        self._has: dict[str, float] = {}  # of the whole mix, as it is now
        self._heard_at = self._eased_at = -math.inf

    def pull(
        self, weights: Mapping[str, float], strength: float, at: list[tuple[float, float]], page: str, now: float
    ) -> None:
        """Takes in their wish: a mix of any scale, and its strength from 0 to 1; nothing positive ends it."""
        total = sum(weight for weight in weights.values() if weight > 0)
        self._wished = {slug: strength * weight / total for slug, weight in weights.items() if weight > 0}
        self._at, self.page, self._heard_at = at, page, now

    def at(self, now: float) -> list[tuple[float, float]]:
        """Their points on the plane."""
        return self._at if self.admitted and now - self._heard_at < HEARD_S else []

    @property
    def share(self) -> float:
        """The share of the mix that is theirs now."""
        return sum(self._has.values())

    def over(self, mix: Mapping[str, float], untouched: Collection[str], now: float) -> dict[str, float]:
        """`mix`, and over it what visitors pull of the styles that are not `untouched`; its sum above zero stays."""
        self._ease(mix.keys() - set(untouched), now)
        if not self._has:
            return dict(mix)
        free = mix.keys() - set(untouched)
        total = sum(mix[slug] for slug in free if mix[slug] > 0)
        share = self.share
        return {
            slug: float(f"{weight * (1 - share) + total * self._has.get(slug, 0.0):.{DIGITS}g}")
            if slug in free
            else weight
            for slug, weight in mix.items()
        }

    def _ease(self, free: Collection[str], now: float) -> None:
        along = 1 - math.exp(-max(0.0, now - self._eased_at) / EASED_S)
        self._eased_at = now
        heard = now - self._heard_at < HEARD_S
        wished = {slug: self.admitted * share for slug, share in self._wished.items() if slug in free} if heard else {}
        has = {
            slug: self._has.get(slug, 0.0) + (wished.get(slug, 0.0) - self._has.get(slug, 0.0)) * along
            for slug in wished.keys() | (self._has.keys() & set(free))
        }
        self._has = {slug: share for slug, share in has.items() if share >= LEAST or wished.get(slug, 0.0) >= LEAST}
