import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.mixing.mixture import active
from actors.wire.parameters import SILENT_SHARE
from actors.wire.plane import lying_at, places, pull, weights

coordinates = st.floats(-1, 1)
hands = st.tuples(coordinates, coordinates)


@given(st.integers(0, 48))
def test_styles_lie_apart_and_on_the_field(n: int) -> None:
    points = places(n)
    assert len(points) == n
    assert all(math.hypot(x, y) <= 1 for x, y in points)
    for k, (x, y) in enumerate(points):
        assert all(math.hypot(x - a, y - b) > 0.1 for a, b in points[:k])


@given(hands, st.integers(1, 32))
def test_a_hand_anywhere_gives_a_mix(hand: tuple[float, float], n: int) -> None:
    mix = weights(hand, places(n), {})
    assert min(mix) >= 0
    assert sum(mix) == pytest.approx(1)


@given(hands, st.integers(1, 48))
def test_a_hand_pulls_those_alone_that_are_heard(hand: tuple[float, float], n: int) -> None:
    mix = np.array(pull(hand, places(n)))
    assert active(mix).tolist() == np.flatnonzero(mix).tolist()


@pytest.mark.parametrize("n", [2, 6, 10, 24])
def test_a_hand_on_a_style_lets_it_speak_alone(n: int) -> None:
    for k, point in enumerate(places(n)):
        mix = pull(point, places(n))
        others = [w for i, w in enumerate(mix) if i != k]
        assert max(others) < mix[k] * (0.25 if n > 10 else SILENT_SHARE)


@given(st.integers(1, 10))
def test_in_the_middle_of_a_ring_all_weigh_the_same(n: int) -> None:
    mix = weights((0.0, 0.0), places(n), {})
    assert max(mix) - min(mix) < 1e-9


@given(hands, st.dictionaries(st.integers(0, 5), st.floats(0, 1), max_size=6))
def test_held_styles_keep_their_share(hand: tuple[float, float], held: dict[int, float]) -> None:
    mix = weights(hand, places(6), held)
    assert min(mix) >= 0
    if sum(held.values()) <= 1:
        assert all(mix[k] == pytest.approx(share) for k, share in held.items())
        if len(held) < 6:
            assert sum(mix) == pytest.approx(1)
    else:
        assert sum(mix) == pytest.approx(1)


def test_a_style_without_a_place_lies_in_the_widest_gap_and_nobody_moves_for_it() -> None:
    known = [(-0.5, 0.0), (0.0, 0.0), (0.0, -0.5)]
    lie = lying_at([*known, None, None])
    assert lie[:3] == known
    assert min(math.dist(lie[3], other) for other in known) > 0.7
    assert lie[3] != lie[4]
    assert lying_at([None, None]) == places(2)
    assert lying_at([]) == []
