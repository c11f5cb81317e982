"""Which styles are kindred: how well they predict one another, and an order in which kindred ones lie side by side.

`kinship.json` beside the shipped styles is written by `chorus evaluate` and holds, for styles i and j in order, the nats a
character that i gives to what j writes alone. A style that is not in it yet comes after the one it was trained on from.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import ModelsError

FILE = "kinship.json"


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
        raise ModelsError(f"{folder / FILE} cannot be read: {e}; copy it again or delete it") from e
    return [str(slug) for slug in slugs]


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
