"""Which styles are kindred: how well they predict one another, an order and a field on which kindred ones lie close.

`kinship.json` beside the shipped styles is written by `chorus evaluate` and holds, for styles i and j in order, the nats a
character that i gives to what j writes alone. A style that is not in it yet stands where the one does that it was trained
on from: in the order after it, on the field beside it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import ModelsError, mds

FILE = "kinship.json"
STRANGE = 1.0  # nats further than any two that were measured: a style of which nothing is known

Point = tuple[float, float]


def distances(nats: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n, n) nats of style i on the writing of j -> symmetric (n, n) distances, zero on the diagonal.

    What j writes costs j its own entropy, so the rest is an estimate of the divergence KL(j || i); both ways are averaged.
    """
    extra = np.maximum(np.asarray(nats, np.float64) - np.diag(nats)[None, :], 0)
    return (extra + extra.T) / 2


def path(distance: NDArray[np.float64]) -> list[int]:
    """A short open path through all points: greedy from every start, then 2-opt and moves of single points."""
    n = len(distance)
    if n < 3:
        return list(range(n))
    best = min(
        (_improved(_greedy(distance, start), distance) for start in range(n)), key=lambda p: _length(p, distance)
    )
    return best if best[0] <= best[-1] else best[::-1]


def _greedy(distance: NDArray[np.float64], start: int) -> list[int]:
    way, left = [start], set(range(len(distance))) - {start}
    while left:
        way.append(min(left, key=lambda j: (distance[way[-1], j], j)))
        left.remove(way[-1])
    return way


def _improved(way: list[int], distance: NDArray[np.float64]) -> list[int]:
    length, better = _length(way, distance), True
    while better:
        better = False
        for i in range(len(way) - 1):
            for j in range(i + 1, len(way)):
                point = way[:i] + way[i + 1 : j + 1] + [way[i]] + way[j + 1 :]
                for other in (way[:i] + way[i : j + 1][::-1] + way[j + 1 :], point):
                    if (new := _length(other, distance)) < length - 1e-9:
                        way, length, better = other, new, True
    return way


def _length(way: Sequence[int], distance: NDArray[np.float64]) -> float:
    return float(distance[way[:-1], way[1:]].sum())


def save(folder: Path, slugs: Sequence[str], nats: NDArray[np.floating]) -> list[str]:
    """Write `kinship.json` into `folder`; returns the slugs in their order. Raises ModelsError when it cannot."""
    order = path(distances(nats))
    table = [[round(float(nats[i, j]), 3) for j in order] for i in order]
    ordered = [slugs[i] for i in order]
    rows = ",\n  ".join(json.dumps(row) for row in table)
    try:
        (folder / FILE).write_text(f'{{"styles": {json.dumps(ordered)},\n "nats": [\n  {rows}]}}\n')
    except OSError as e:
        raise ModelsError(f"cannot write {folder / FILE}: {e.strerror}") from e
    return ordered


def read(folder: Path) -> list[str]:
    """The slugs in the order of `kinship.json`; none when there is no such file. Raises ModelsError when it is broken."""
    try:
        slugs = json.loads((folder / FILE).read_text())["styles"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise _broken(folder, e) from e
    return [str(slug) for slug in slugs]


class Kinship:
    """Measured distances (n, n) between the styles `slugs`."""

    def __init__(self, slugs: Sequence[str], distance: NDArray[np.float64]) -> None:
        self.slugs, self.distance = list(slugs), distance

    def between(self, slugs: Sequence[str], parents: Mapping[str, str]) -> NDArray[np.float64]:
        """Distances of any styles: one that was not measured is as far from all as its parent, and next to that.

        One without kin here is further from everyone than any two that were measured.
        """
        stands = [self._stand_in(slug, parents) for slug in slugs]
        far = np.full((len(slugs), len(slugs)), self.distance.max(initial=0.0) + STRANGE)
        for i, a in enumerate(stands):
            for j, b in enumerate(stands):
                if a is not None and b is not None:
                    far[i, j] = self.distance[a, b] if a != b else self._next_to(a)
        np.fill_diagonal(far, 0.0)
        return far

    def knows(self, slug: str, parents: Mapping[str, str]) -> bool:
        """True when it, or the style that it was trained on from, was measured."""
        return self._stand_in(slug, parents) is not None

    def _stand_in(self, slug: str, parents: Mapping[str, str]) -> int | None:
        asked: set[str] = set()
        while slug not in self.slugs:
            asked.add(slug)
            slug = parents.get(slug, "")
            if not slug or slug in asked:
                return None
        return self.slugs.index(slug)

    def _next_to(self, k: int) -> float:
        others = np.delete(self.distance[k], k)
        return float(others.min(initial=self.distance.max())) / 2


def measured(folder: Path) -> Kinship:
    """`kinship.json` of `folder`; of no styles when there is none. Raises ModelsError when it is broken."""
    slugs = read(folder)
    if not slugs:
        return Kinship([], np.zeros((0, 0)))
    try:
        nats = np.array(json.loads((folder / FILE).read_text())["nats"], np.float64)
        if nats.shape != (len(slugs), len(slugs)) or not np.isfinite(nats).all():
            raise ValueError("its table is not whole")
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise _broken(folder, e) from e
    return Kinship(slugs, distances(nats))


def places(slugs: Sequence[str], known: Kinship, parents: Mapping[str, str]) -> list[Point]:
    """The points of styles that begin together, both coordinates from -1 to 1; none when no kinship is known."""
    if not any(known.knows(slug, parents) for slug in slugs):
        return []
    return [_rounded(place) for place in mds.layout(known.between(slugs, parents))]


def place_beside(slug: str, playing: Mapping[str, Point], known: Kinship, parents: Mapping[str, str]) -> Point:
    """The point of a style that joins: next to its nearest kin of those `playing`, who stay; else in the widest gap."""
    near = parents.get(slug, "") if slug not in known.slugs else ""
    if near not in playing and known.knows(slug, parents):
        kin = [other for other in playing if known.knows(other, {})]
        far = known.between([slug, *kin], parents)[0, 1:]
        near = kin[far.argmin()] if kin else ""
    taken = np.array(list(playing.values()), np.float64).reshape(-1, 2)
    return _rounded(mds.beside(taken, np.array(playing[near]) if near in playing else None))


def _rounded(place: NDArray[np.float64]) -> Point:
    return round(float(place[0]), 4), round(float(place[1]), 4)


def _broken(folder: Path, why: Exception) -> ModelsError:
    return ModelsError(f"{folder / FILE} cannot be read: {why}; copy it again or delete it")


def arranged(slugs: Sequence[str], known: Sequence[str], parents: dict[str, str]) -> list[str]:
    """`slugs` in the order of `known`; others after their parent where that is there, else at the end."""
    order = [slug for slug in known if slug in slugs]
    left = [slug for slug in slugs if slug not in order]
    while left:
        slug = next((slug for slug in left if parents.get(slug) in order), None)
        if slug is None:
            return order + left
        order.insert(order.index(parents[slug]) + 1, slug)
        left.remove(slug)
    return order
