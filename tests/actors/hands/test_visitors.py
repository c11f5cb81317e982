"""What visitors pull is laid over the performer's mix, gliding, and never more than is admitted."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.hands.visitors import EASED_S, HEARD_S, Visitors
from actors.wire.parameters import VISITORS

MIX = {"a": 1.0, "b": 0.0, "c": 0.0}


def pulling(admitted: float, weights: dict[str, float], strength: float = 1.0) -> Visitors:
    made = Visitors()
    made.over(MIX, (), 0.0)
    made.admitted = admitted
    made.pull(weights, strength, [(0.0, 0.0)], "", 0.0)
    return made


def settled(visitors: Visitors, mix: dict[str, float], untouched: tuple[str, ...] = ()) -> dict[str, float]:
    """The mix once everything has glided to where it goes; the pull is said again and again."""
    for k in range(200):
        visitors._heard_at = k / 10
        mixed = visitors.over(mix, untouched, k / 10)
    return mixed


def test_visitors_have_the_share_they_are_admitted_to_and_the_performer_the_rest() -> None:
    assert settled(pulling(0.4, {"b": 3.0, "c": 1.0}), MIX) == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1}, abs=1e-3)


def test_visitors_who_are_not_admitted_move_nothing() -> None:
    assert settled(pulling(0.0, {"b": 1.0}), MIX) == MIX


def test_a_pull_is_as_strong_as_its_visitors_are_many() -> None:
    assert settled(pulling(0.5, {"b": 1.0}, strength=0.2), MIX)["b"] == pytest.approx(0.1, abs=1e-3)


def test_a_style_that_is_held_is_out_of_reach() -> None:
    mix = {"a": 0.5, "b": 0.0, "c": 0.5}
    mixed = settled(pulling(0.5, {"b": 1.0, "c": 1.0}), mix, ("c",))
    assert mixed["c"] == 0.5
    assert mixed["b"] == pytest.approx(0.125, abs=1e-3)
    assert sum(mixed.values()) == pytest.approx(1.0, abs=1e-3)


def test_a_pull_comes_gliding_and_goes_gliding_when_it_is_not_said_again() -> None:
    visitors = pulling(0.5, {"b": 1.0})
    come = [visitors.over(MIX, (), k / 100)["b"] for k in range(100)]
    assert max(b - a for a, b in pairwise(come)) < 0.02
    assert come[round(100 * EASED_S)] == pytest.approx(0.5 * (1 - 1 / math.e), abs=0.01)
    gone = [visitors.over(MIX, (), HEARD_S + k / 100)["b"] for k in range(600)]
    assert max(a - b for a, b in pairwise(gone)) < 0.02
    assert visitors.over(MIX, (), 20.0) == MIX


weights = st.floats(0, 10, allow_nan=False)


@given(
    st.dictionaries(st.sampled_from("abcd"), weights, min_size=1),
    st.dictionaries(st.sampled_from("abcdxy"), weights),
    st.floats(0, VISITORS.high),
    st.floats(0, 1),
    st.sets(st.sampled_from("abcd")),
)
def test_the_sum_of_the_mix_stays_and_nobody_loses_more_than_is_admitted(
    mix: dict[str, float], pulled: dict[str, float], admitted: float, strength: float, held: set[str]
) -> None:
    visitors = pulling(admitted, pulled, strength)
    mixed = settled(visitors, mix, tuple(held))
    assert mixed.keys() == mix.keys()
    assert sum(mixed.values()) <= sum(mix.values()) * 1.001 + 1e-9
    for slug, weight in mix.items():
        assert mixed[slug] >= weight * (1 - admitted) * 0.999
        if slug in held:
            assert mixed[slug] == weight
