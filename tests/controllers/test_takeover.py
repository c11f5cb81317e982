from hypothesis import given
from hypothesis import strategies as st

from controllers.takeover import NEAR, NEAR_AN_END, Takeover

positions = st.integers(0, 127).map(lambda value: value / 127)


def at(value: int) -> float:
    return value / 127


def test_a_fader_acts_once_it_has_passed_the_present_weight() -> None:
    fader = Takeover()
    assert not fader.moved(at(20), at(64))
    assert not fader.moved(at(50), at(64))
    assert fader.moved(at(70), at(64))
    assert fader.moved(at(10), at(70))


def test_a_fader_that_meets_the_present_weight_acts_without_passing_it() -> None:
    fader = Takeover()
    assert not fader.moved(at(20), at(64))
    assert fader.moved(at(63), at(64))


def test_a_fader_first_heard_at_the_present_weight_acts() -> None:
    assert Takeover().moved(at(64), at(64))


def test_a_fader_switched_away_and_back_unmoved_acts_at_once() -> None:
    fader = Takeover()
    assert fader.moved(at(64), at(64))
    assert fader.moved(at(100), at(64))
    assert not fader.moved(at(100), at(10))
    assert fader.moved(at(90), at(100))


def test_a_fader_switched_away_and_moved_must_meet_the_weight_again() -> None:
    fader = Takeover()
    assert fader.moved(at(100), at(100))
    assert not fader.moved(at(40), at(10))
    assert not fader.moved(at(41), at(100))
    assert fader.moved(at(101), at(100))


def test_after_another_hand_changed_the_weight_it_must_be_met_again() -> None:
    fader = Takeover()
    assert fader.moved(at(64), at(64))
    assert fader.moved(at(66), at(64))
    assert not fader.moved(at(68), at(10))
    assert not fader.moved(at(60), at(10))
    assert fader.moved(at(5), at(10))


def test_a_weight_that_moved_across_a_resting_fader_has_not_been_met() -> None:
    fader = Takeover()
    assert not fader.moved(at(64), at(10))
    assert not fader.moved(at(66), at(120))


def test_a_fader_raised_quickly_from_its_lower_end_acts_although_it_was_never_heard_there() -> None:
    assert Takeover().moved(at(8), 0.0)
    assert not Takeover().moved(at(20), 0.0)


def test_a_fader_pulled_down_quickly_from_its_upper_end_acts_although_it_was_never_heard_there() -> None:
    assert Takeover().moved(at(120), 1.0)
    assert not Takeover().moved(at(100), 1.0)


def test_a_worn_fader_that_never_reaches_its_ends_meets_them() -> None:
    for reached, end in ((1, 0), (126, 127)):
        fader = Takeover()
        assert not fader.moved(at(64), at(end))
        assert fader.moved(at(reached), at(end))


@given(st.lists(st.tuples(positions, st.sampled_from(["latex", "linux-c"]), positions), min_size=1, max_size=40))
def test_nothing_ever_jumps_farther_than_the_fader_went(moves: list[tuple[float, str, float]]) -> None:
    """With any other hands, a weight changes by no more than one movement of the fader, and a step."""
    fader, weights, was = Takeover(), {"latex": 0.0, "linux-c": 0.0}, None
    for to, style, elsewhere in moves:
        weights["latex" if style == "linux-c" else "linux-c"] = (
            elsewhere  # another hand, on the style that is not under it
        )
        if fader.moved(to, weights[style]):
            way = NEAR_AN_END if was is None else abs(to - was)
            assert abs(to - weights[style]) <= way + NEAR + 1e-9
            weights[style] = to
        was = to


@given(positions, positions, st.lists(positions, max_size=10))
def test_a_fader_that_travels_from_end_to_end_always_acts(weight: float, start: float, before: list[float]) -> None:
    fader = Takeover()
    for to in (start, *before, 0.0):
        if fader.moved(to, weight):
            weight = to
    assert fader.moved(1.0, weight)
