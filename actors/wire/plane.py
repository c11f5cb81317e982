"""The plane of the styles, and the weights that a hand on it means. Loads without Ray; display and controllers share it.

The hand pulls: a style weighs the more, the nearer the hand is to it. A style can be held: its weight then stays, and the
others share what is left. Both coordinates go from -1 to 1, x to the right and y downwards.
"""

import math
from collections.abc import Mapping, Sequence

from actors.wire.parameters import SILENT_SHARE

Point = tuple[float, float]

REACH = 0.17  # within this distance a style has the hand almost for itself
A_RING = 10  # styles that lie on one ring; more lie on a spiral
STEEPNESS = 3.0  # weight falls with this power of the distance


def places(n: int) -> list[Point]:
    """The points of n styles: a few on a ring, many on a spiral from the middle out, as far from one another as its turns.

    Their order is that of kinship, so kindred styles are neighbours on the way.
    """
    if n <= 1:
        return [(0.0, 0.0)] * n
    if n <= A_RING:
        polar = [(0.82, -math.pi / 2 + 2 * math.pi * k / n) for k in range(n)]
    else:
        polar = [(0.95 * math.sqrt((k + 0.5) / n), 2 * math.sqrt(math.pi * (k + 0.5))) for k in range(n)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for radius, angle in polar]


def lying_at(known: Sequence[Point | None]) -> list[Point]:
    """The points of styles: those of their cards, the others in the widest gaps; when no card has one, as in `places`."""
    if not any(known):
        return places(len(known))
    taken = [place for place in known if place]
    grid = [k / 10 for k in range(-9, 10)]
    free = [(x, y) for x in grid for y in grid if math.hypot(x, y) <= 0.9]
    lie = []
    for place in known:
        if place is None:
            place = max(free, key=lambda spot: min(math.dist(spot, other) for other in taken))
            taken.append(place)
        lie.append(place)
    return lie


def pull(hand: Point, points: Sequence[Point]) -> list[float]:
    """The weight of every style for a hand at `hand`, summing to 1.

    Who would be silent anyway is pulled not at all: of 36 styles a moving hand then moves nine, and the journal notes nine.
    """
    pulls = [((hand[0] - x) ** 2 + (hand[1] - y) ** 2 + REACH**2) ** (-STEEPNESS / 2) for x, y in points]
    heard = SILENT_SHARE * max(pulls)
    pulls = [p if p > heard else 0.0 for p in pulls]
    total = sum(pulls)
    return [p / total for p in pulls]


def weights(hand: Point, points: Sequence[Point], held: Mapping[int, float]) -> list[float]:
    """The mix for a hand at `hand` while the styles in `held` keep their shares (of 1) and the rest is pulled."""
    kept = sum(held.values())
    scale = min(1.0, 1.0 / kept) if kept > 0 else 1.0
    free = [k for k in range(len(points)) if k not in held]
    rest = max(0.0, 1.0 - kept)
    shares = pull(hand, [points[k] for k in free]) if free else []
    mix = [0.0] * len(points)
    for k, share in held.items():
        mix[k] = share * scale
    for k, share in zip(free, shares, strict=True):
        mix[k] = share * rest
    return mix
