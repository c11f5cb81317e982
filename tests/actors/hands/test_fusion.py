"""The rule by which several hands make one mix."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.hands.fusion import GLIDE_S, RELEASE_S, SHOWN_S, Fusion

STYLES = ["a", "b", "c", "d"]


def fusion(**weights: float) -> Fusion:
    made = Fusion()
    made.stand(dict.fromkeys(STYLES, 0.0) | weights)
    return made


def test_the_hand_that_touched_a_style_last_decides_it() -> None:
    mix = fusion(a=1.0)
    mix.wish("midi", {"a": 0.5, "b": 0.2}, 1.0)
    mix.wish("mouse", {"a": 0.7}, 2.0)
    assert mix.mix(2.0) == {"a": 0.7, "b": 0.2, "c": 0.0, "d": 0.0}
    mix.wish("midi", {"a": 0.6}, 3.0)
    assert mix.mix(3.0)["a"] == 0.6


def test_to_say_the_same_again_is_not_to_touch() -> None:
    mix = fusion()
    mix.wish("leap", {"a": 0.5, "b": 0.5}, 1.0)
    mix.wish("midi", {"a": 0.9}, 2.0)
    for k in range(20):
        mix.wish("leap", {"a": 0.5, "b": 0.5}, 2.0 + k / 10)
    assert mix.mix(4.0)["a"] == 0.9


def test_a_hand_that_stands_takes_a_style_back_when_the_touch_is_over_and_glides() -> None:
    mix = fusion()
    mix.wish("leap", {"a": 0.5}, 1.0)
    mix.mix(1.0)
    mix.wish("midi", {"a": 0.9}, 2.0)
    weights = []
    for k in range(100):
        now = 2.0 + k / 10
        mix.wish("leap", {"a": 0.5}, now)
        weights.append(mix.mix(now)["a"])
    taken = weights.index(next(w for w in weights if w != 0.9))
    assert 2.0 + taken / 10 == pytest.approx(2.0 + RELEASE_S + 0.2, abs=0.11)
    assert weights[-1] == 0.5
    steps = [abs(a - b) for a, b in pairwise(weights)]
    assert max(steps) < 0.4 * 0.1 / GLIDE_S + 0.01


def test_where_no_hand_stands_the_weight_stays() -> None:
    mix = fusion()
    mix.wish("leap", {"a": 0.5}, 1.0)
    mix.wish("midi", {"a": 0.9}, 2.0)
    assert mix.mix(2.0)["a"] == 0.9
    assert mix.mix(1000.0)["a"] == 0.9


def test_with_an_endless_release_whoever_touched_last_decides_for_good() -> None:
    mix = Fusion(math.inf)
    mix.stand({"a": 1.0})
    mix.wish("leap", {"a": 0.5}, 1.0)
    mix.wish("midi", {"a": 0.9}, 2.0)
    mix.mix(2.0)
    for k in range(1000):
        mix.wish("leap", {"a": 0.5}, 3.0 + k)
    assert mix.mix(1003.0)["a"] == 0.9


def test_a_hand_that_lets_go_leaves_its_weights_and_touches_anew_when_it_returns() -> None:
    mix = fusion()
    mix.wish("leap", {"a": 0.5}, 1.0)
    assert mix.mix(1.0)["a"] == 0.5
    mix.let_go("leap")
    assert mix.mix(1.5)["a"] == 0.5
    mix.wish("midi", {"a": 0.9}, 2.0)
    assert mix.mix(2.0)["a"] == 0.9
    mix.wish("leap", {"a": 0.5}, 3.0)
    assert mix.mix(3.0)["a"] == 0.5


def test_a_hand_that_comes_and_wishes_what_is_there_takes_nothing() -> None:
    mix = fusion(a=0.5)
    mix.wish("midi", {"b": 0.3}, 1.0)
    mix.mix(1.0)
    mix.wish("leap", {"a": 0.5, "b": 0.3}, 1.1)
    assert [(hand.name, hand.decides) for hand in mix.hands(1.2)] == [("midi", 1), ("leap", 0)]
    assert mix.mix(1.2)["b"] == 0.3


def test_a_held_style_keeps_its_weight_whatever_hands_wish() -> None:
    mix = fusion(a=0.5)
    mix.hold(["a"], True, 0.0)
    mix.wish("midi", {"a": 0.9, "b": 1.0}, 1.0)
    assert mix.mix(1.0) == {"a": 0.5, "b": 1.0, "c": 0.0, "d": 0.0}
    mix.hold(["a"], False, 2.0)
    assert mix.mix(2.5)["a"] == pytest.approx(0.7)  # what was wished meanwhile comes gliding
    assert mix.mix(9.0)["a"] == 0.9


def test_solo_silences_the_others_and_gives_them_back() -> None:
    mix = fusion(a=0.5, b=0.25)
    mix.solo = ["b"]
    assert mix.mix(1.0) == {"a": 0.0, "b": 0.25, "c": 0.0, "d": 0.0}
    mix.solo = ["c", "d"]  # silent themselves: then all alike
    assert mix.mix(1.0) == {"a": 0.0, "b": 0.0, "c": 1.0, "d": 1.0}
    mix.wish("midi", {"a": 0.6}, 2.0)
    mix.solo = []
    assert mix.mix(2.0) == {"a": 0.6, "b": 0.25, "c": 0.0, "d": 0.0}


def test_the_wishes_for_a_style_leave_with_it() -> None:
    mix = fusion(a=0.5, b=0.5)
    mix.wish("midi", {"a": 0.6, "b": 0.7}, 1.0)
    mix.hold(["a"], True, 1.0)
    mix.solo = ["a"]
    mix.stand({"b": 0.7, "e": 0.0})
    assert mix.mix(1.0) == {"b": 0.7, "e": 0.0}
    assert mix.hands(1.0)[0].decides <= 1


def test_a_hand_is_shown_where_it_is_and_forgotten_when_it_is_silent() -> None:
    mix = fusion()
    mix.wish("leap", {"a": 1.0}, 1.0, [(0.5, -0.5)])
    assert mix.hands(1.1)[0].at == [(0.5, -0.5)]
    assert mix.hands(3.0)[0].at == []
    assert mix.hands(1.0 + SHOWN_S) == []


wishes = st.tuples(
    st.sampled_from(["mouse", "midi", "leap"]),
    st.dictionaries(st.sampled_from(STYLES), st.floats(0, 1), max_size=4),
    st.floats(0, 3),
)


@given(st.lists(wishes, max_size=30))
def test_every_weight_is_one_that_was_wished_or_on_the_way_between_two(
    said: list[tuple[str, dict[str, float], float]],
) -> None:
    mix, now = fusion(a=1.0), 0.0
    highest = {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0}
    for hand, weights, passed in said:
        now += passed
        mix.wish(hand, weights, now)
        for slug, weight in weights.items():
            highest[slug] = max(highest[slug], float(f"{weight:.4g}"))
        made = mix.mix(now)
        assert made.keys() == set(STYLES)
        assert all(0 <= made[slug] <= highest[slug] for slug in STYLES)


@given(st.lists(wishes, max_size=20))
def test_a_copy_goes_its_own_way(said: list[tuple[str, dict[str, float], float]]) -> None:
    mix = fusion(a=1.0)
    for hand, weights, passed in said:
        mix.wish(hand, weights, passed)
    before = mix.copy()
    expected = mix.copy().mix(5.0)
    mix.wish("other", dict.fromkeys(STYLES, 0.123), 5.0)
    mix.solo = ["a"]
    mix.mix(5.0)
    assert before.mix(5.0) == expected


def test_so_many_hands_that_one_is_forgotten_do_no_harm() -> None:
    mix = fusion(a=1.0)
    for k in range(200):
        mix.wish(f"hand {k}", {"b": k / 200}, float(k))
        mix.mix(float(k))
    assert mix.mix(200.0)["b"] == 199 / 200
