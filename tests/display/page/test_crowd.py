"""The crowd: visitors, their touches, and what they wish together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.wire import plane
from display.page import PageError, crowd
from display.page.crowd import LASTS_S, MOST, MOST_OF_ONE_ADDRESS, MOST_SHOWN, PER_VISITOR, TOUCHES_A_SECOND, Crowd

PLACES = [(-0.5, 0.0), (0.5, 0.0), (0.0, 0.8)]

points = st.tuples(st.floats(-1, 1), st.floats(-1, 1))


def pulling(hands: list[tuple[float, float]], now: float = 0.0) -> Crowd:
    here = Crowd()
    for k, hand in enumerate(hands):
        here.touch(here.come(f"10.0.{k // 200}.{k % 200}", now), hand, now)
    return here


@given(st.lists(points, min_size=1, max_size=20))
def test_visitors_together_wish_the_mean_of_their_wishes(hands: list[tuple[float, float]]) -> None:
    wish = pulling(hands).wish(PLACES, 0.0)
    each = np.array([plane.pull(hand, PLACES) for hand in hands])
    assert wish.weights == pytest.approx(each.mean(axis=0).tolist())
    assert sum(wish.weights) == pytest.approx(1)
    assert wish.strength == pytest.approx(min(1.0, len(hands) * PER_VISITOR))


@given(st.lists(st.tuples(st.integers(0, 4), points, st.floats(0, 1)), max_size=60))
def test_a_visitor_who_sends_often_has_no_more_weight_than_one_who_sends_once(
    said: list[tuple[int, tuple[float, float], float]],
) -> None:
    here, last, now = Crowd(), {}, 0.0
    numbers = [here.come("10.0.0.1", now) for _ in range(5)]
    for who, at, after in said:
        now += after
        if here.touch(numbers[who], at, now):
            last[who] = at, now
    still = [last[who][0] for who in sorted(last) if now - last[who][1] < LASTS_S]
    assert here.pulling(now) == still
    assert here.wish(PLACES, now).strength <= len(still) * PER_VISITOR + 1e-9


def test_a_touch_ends_when_released_or_not_repeated_or_its_visitor_goes() -> None:
    here = pulling([(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)])
    here.touch(1, None, 1.0)
    here.go(2)
    assert here.pulling(1.0) == [(0.3, 0.3)]
    assert here.pulling(LASTS_S) == []
    assert here.wish(PLACES, LASTS_S).strength == 0.0
    assert here.wish([], 1.0).weights == []


def test_no_more_points_are_sent_than_the_desk_takes() -> None:
    wish = pulling([(k / 300, 0.0) for k in range(200)]).wish(PLACES, 0.0)
    assert MOST_SHOWN / 2 <= len(wish.at) <= MOST_SHOWN
    assert wish.at[-1][0] > 0.6


def test_the_messages_of_a_visitor_are_limited_and_a_flood_is_an_error() -> None:
    here = Crowd()
    number = here.come("10.0.0.1", 0.0)
    heard = sum(here.touch(number, (0, 0), k / 60) for k in range(60 * 20))
    assert heard == pytest.approx(20 * TOUCHES_A_SECOND, abs=2 * TOUCHES_A_SECOND)
    touches = (here.touch(number, (0, 0), 20.0) for _ in range(1000))
    with pytest.raises(PageError, match="too many messages"):
        sum(touches)


def test_a_release_is_never_dropped() -> None:
    here = Crowd()
    number = here.come("10.0.0.1", 0.0)
    while here.touch(number, (0, 0), 0.0):
        pass
    assert here.touch(number, None, 0.0)
    assert here.pulling(0.0) == []


@given(st.lists(st.floats(-1, 1e9), max_size=200))
def test_time_that_jumps_fills_a_bucket_once(times: list[float]) -> None:
    bucket = crowd.Bucket(10.0, 0.0)
    for now in times:
        bucket.take(now)
        assert 0 <= bucket.drops <= 20


def test_the_number_of_visitors_is_limited_and_so_is_that_of_one_address() -> None:
    here = Crowd()
    numbers = [here.come("10.0.0.1", 0.0) for _ in range(MOST_OF_ONE_ADDRESS)]
    with pytest.raises(PageError, match="from your address"):
        here.come("10.0.0.1", 0.0)
    here.go(numbers[0])
    here.come("10.0.0.1", 0.0)
    while len(here) < MOST:  # through a proxy on this machine
        here.come("127.0.0.1", 0.0)
    with pytest.raises(PageError, match="come again later"):
        here.come("10.0.0.2", 0.0)
