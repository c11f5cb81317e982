import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from actors.wire import plane
from models import kinship
from models.mds import RADIUS, beside, layout, spacing
from models.package import SHIPPED

Floats = NDArray[np.float64]

KNOWN = kinship.measured(SHIPPED)


def between(places: Floats) -> Floats:
    return np.asarray(np.linalg.norm(places[:, None] - places[None], axis=2))


def nearest(distance: Floats, count: int) -> list[set[int]]:
    """Of every point the `count` nearest others."""
    others = distance + np.diag(np.full(len(distance), np.inf))
    return [set(row[:count].tolist()) for row in others.argsort(axis=1, kind="stable")]


def kin_nearby(places: Floats, distance: Floats) -> float:
    """Which share of everyone's five nearest on the field are of the eight nearest by distance."""
    pairs = zip(nearest(between(places), 5), nearest(distance, 8), strict=True)
    return float(np.mean([len(near & kin) / 5 for near, kin in pairs]))


def rank_correlation(places: Floats, distance: Floats) -> float:
    """Spearman's, of the distances of all pairs."""
    pairs = np.triu_indices(len(distance), 1)
    a, b = (of[pairs].argsort().argsort() for of in (between(places), distance))
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def test_of_the_shipped_styles_kindred_ones_lie_closer_than_on_the_spiral_or_anywhere() -> None:
    distance, n = KNOWN.distance, len(KNOWN.slugs)
    laid, spiral = layout(distance), np.array(plane.places(n))
    shuffled = np.random.default_rng(0).permutation
    anywhere = np.mean([kin_nearby(spiral[shuffled(n)], distance) for _ in range(100)])
    assert kin_nearby(laid, distance) > 1.25 * kin_nearby(spiral, distance) > anywhere
    assert rank_correlation(laid, distance) > 0.4 > rank_correlation(spiral, distance)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 64), st.integers(0, 10_000), st.integers(1, 6), st.booleans())
def test_any_number_lies_within_the_disc_and_nobody_is_in_the_way(n: int, seed: int, wide: int, doubled: bool) -> None:
    points = np.random.default_rng(seed).random((n, wide))
    if doubled:
        points[n // 2 :] = points[: n - n // 2]  # some are the very same
    places = layout(between(points))
    assert places.shape == (n, 2)
    assert (np.linalg.norm(places, axis=1) <= RADIUS + 1e-9).all()
    apart = between(places)[np.triu_indices(n, 1)]
    assert (apart >= 0.75 * spacing(max(n, 1))).all()
    assert np.array_equal(places, layout(between(points)))


def test_one_lies_in_the_middle_and_two_left_and_right() -> None:
    assert layout(np.zeros((1, 1))).tolist() == [[0.0, 0.0]]
    assert layout(np.array([[0.0, 3.0], [3.0, 0.0]])).tolist() == [[-RADIUS, 0.0], [RADIUS, 0.0]]


def test_the_first_lies_to_the_upper_left_and_the_last_clockwise_of_it() -> None:
    places = layout(KNOWN.distance)
    x, y = places[0]
    assert x == pytest.approx(y)
    assert x < 0
    assert x * places[-1, 1] > y * places[-1, 0]


def test_the_disc_is_used_evenly() -> None:
    places = layout(KNOWN.distance)
    n = len(places)
    x, y = places.T
    quarters = [int(((x > 0) == right) @ ((y > 0) == down)) for right in (False, True) for down in (False, True)]
    assert max(quarters) <= n / 4 + 4
    gap = beside(places, None)
    assert np.linalg.norm(places - gap, axis=1).min() < 1.3 * spacing(n)


@settings(deadline=None)
@given(st.integers(1, 36), st.integers(0, 1000))
def test_a_newcomer_lies_near_its_kin_and_on_nobody(n: int, seed: int) -> None:
    taken = layout(KNOWN.distance[:n, :n])
    kin = taken[np.random.default_rng(seed).integers(n)]
    place, anywhere = beside(taken, kin), beside(taken, None)
    room, most = (np.linalg.norm(taken - spot, axis=1).min() for spot in (place, anywhere))
    assert np.linalg.norm(place) <= RADIUS
    assert most >= room >= min(0.4, 0.8 * most)
    assert np.linalg.norm(place - kin) <= np.linalg.norm(anywhere - kin)
