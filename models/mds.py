"""Multidimensional scaling: points in a disc from nothing but their distances. Pure, and always the same.

Multidimensional scaling by SMACOF, from classical scaling on, of what each point finds near and far: of ranks, since a few
outliers would else press all the others into a clump. Then points that lie too close are pushed apart until the disc is
used evenly.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RADIUS = 0.95  # of the disc in which the points lie
APART = 0.85  # of the spacing that as many points have in a hexagonal packing: 0.75 of it is promised
ENOUGH_ROOM = 0.4  # from any other point: a newcomer needs no more
ROUNDS = 300  # of scaling,
PUSHES = 600  # and of pushing apart
GOLDEN = math.pi * (3 - math.sqrt(5))
GRID = 41  # spots a side that a newcomer may lie at


def spacing(n: int) -> float:
    """The distance of neighbours when n points fill the disc like a honeycomb."""
    return RADIUS * math.sqrt(2 * math.pi / (math.sqrt(3) * n))


def layout(distance: Floats) -> Floats:
    """Places (n, 2) within RADIUS for symmetric (n, n) distances: near ones near, none nearer than 0.75 of `spacing(n)`.

    One lies in the middle, two left and right. Of more, the first lies to the upper left (y goes downwards), and the last
    clockwise of it.
    """
    n = len(distance)
    if n < 3:
        return np.array([[(0.0, 0.0)], [(-RADIUS, 0.0), (RADIUS, 0.0)]][n - 1]) if n else np.zeros((0, 2))
    wished = _ranks(distance)
    places = _scaled(wished, _classical(wished) + 1e-3 * _sunflower(n))
    places -= places.mean(axis=0)
    places *= RADIUS / np.linalg.norm(places, axis=1).max()
    return _turned(_apart(places, APART * spacing(n)))


def beside(taken: Floats, near: Floats | None) -> Floats:
    """A place (2,) for one more, while those at `taken` (k, 2) stay: the free one next to `near`, or the widest gap."""
    if not len(taken):
        return np.zeros(2)
    along = np.linspace(-RADIUS, RADIUS, GRID)
    spots = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    spots = spots[np.linalg.norm(spots, axis=1) <= RADIUS]
    room = np.linalg.norm(spots[:, None] - taken[None], axis=2).min(axis=1)
    if near is None:
        return np.asarray(spots[room.argmax()])
    free = spots[room >= min(ENOUGH_ROOM, 0.8 * room.max())]
    return np.asarray(free[np.linalg.norm(free - near, axis=1).argmin()])


def _ranks(distance: Floats) -> Floats:
    """(n, n) from 0 to 1: which neighbour of i is j, and of j is i, on average."""
    order = np.asarray(distance, np.float64).copy()
    np.fill_diagonal(order, -1.0)
    ranks = order.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return (ranks + ranks.T) / (2 * len(ranks))


def _classical(wished: Floats) -> Floats:
    """The plane in which the squared distances are met best."""
    centre = np.eye(len(wished)) - 1 / len(wished)
    values, vectors = np.linalg.eigh(-centre @ wished**2 @ centre / 2)
    return np.asarray(vectors[:, [-1, -2]] * np.sqrt(np.maximum(values[[-1, -2]], 0.0)))


def _sunflower(n: int) -> Floats:
    """Even places in the unit disc: no two points begin in the same one."""
    k = np.arange(n)
    radius = np.sqrt((k + 0.5) / n)
    return np.stack([radius * np.cos(GOLDEN * k), radius * np.sin(GOLDEN * k)], axis=1)


def _scaled(wished: Floats, places: Floats) -> Floats:
    """SMACOF with equal weights: every round has less stress than the one before."""
    for _ in range(ROUNDS):
        pull = -wished / np.maximum(_between(places), 1e-9)
        np.fill_diagonal(pull, 0.0)
        np.fill_diagonal(pull, -pull.sum(axis=1))
        places = pull @ places / len(places)
    return places


def _apart(places: Floats, least: float) -> Floats:
    """Pushes points nearer than `least` apart; all stay in the disc."""
    for _ in range(PUSHES):
        away = places[:, None] - places[None]
        near = np.linalg.norm(away, axis=2)
        np.fill_diagonal(near, np.inf)
        push = np.maximum(0.0, least - near) / np.maximum(near, 1e-9)
        np.fill_diagonal(push, 0.0)
        places = places + 0.25 * (push[..., None] * away).sum(axis=1)
        radius = np.linalg.norm(places, axis=1)
        places = places * np.minimum(1.0, RADIUS / np.maximum(radius, 1e-9))[:, None]
    return places


def _turned(places: Floats) -> Floats:
    (x, y), to = places[0], -0.75 * math.pi
    turn = to - math.atan2(y, x)
    cos, sin = math.cos(turn), math.sin(turn)
    turned = places @ np.array([[cos, sin], [-sin, cos]])
    if turned[0, 0] * turned[-1, 1] < turned[0, 1] * turned[-1, 0]:  # the last lies on the other side: as in a mirror
        turned = turned[:, ::-1]
    return np.asarray(turned)


def _between(places: Floats) -> Floats:
    return np.asarray(np.linalg.norm(places[:, None] - places[None], axis=2))
