"""The times at which the ensemble is sent a beat, and that it then falls where it should."""

import argparse
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.hands import tempo
from actors.wire.messages import SetTempo
from controllers.beat import AGAIN_S, AT_MOST_S, DRIFT_S, Beat, Follower, per_beat

ROUND_S = 0.01


def sent(follower: Follower, beat: Beat | None, now: float) -> SetTempo | None:
    commands = follower.tell(beat, now)
    assert len(commands) <= 1
    for command in commands:
        assert isinstance(command, SetTempo)
        return command
    return None


def as_taken(command: SetTempo, now: float) -> tempo.Tempo:
    """The coordinator's tempo for it."""
    return tempo.Tempo(command.bpm, now + command.beat_in_s, command.unit, command.per_beat)


@given(st.floats(20, 400), st.floats(0, 1e5), st.integers(-5, 10_000), st.floats(-5, 5), st.integers(1, 32))
def test_the_next_beat_is_not_over_and_the_first_of_its_kind(
    bpm: float, at: float, number: int, later: float, every: int
) -> None:
    beat, now = Beat(bpm, at, number), at + later
    ahead = beat.next(now, every) - now
    assert -1e-6 <= ahead <= every * beat.period_s + 1e-6
    which = number + (beat.next(now, every) - at) / beat.period_s
    assert which == pytest.approx(round(which), abs=1e-3)
    assert round(which) % every == 0


def test_a_steady_beat_is_sent_once_and_repeated_seldom() -> None:
    follower = Follower("word", 2.0)
    first = sent(follower, Beat(120, 10.0), 10.1)
    assert (first.bpm, first.unit, first.per_beat) == (120, "word", 2.0)
    assert first.beat_in_s == pytest.approx(0.4)
    again = [now / 100 for now in range(1011, 4000) if sent(follower, Beat(120, 10.0), now / 100)]
    assert len(again) == 2
    assert all(AGAIN_S <= later - earlier < AGAIN_S + 0.25 for earlier, later in pairwise([10.1, *again]))


def test_without_a_beat_the_end_of_the_tempo_is_sent_once_at_once() -> None:
    follower = Follower("word", 1.0)
    assert sent(follower, None, 0.0) is None
    assert sent(follower, Beat(120, 0.0), 0.01)
    assert sent(follower, None, 0.02) == SetTempo(bpm=0)
    assert sent(follower, None, 0.03) is None
    assert sent(follower, Beat(120, 0.0), 0.04)


@pytest.mark.parametrize("bpm", [5.0, 19.9, 401.0, 999.0])
def test_a_tempo_out_of_the_coordinators_range_is_none(bpm: float) -> None:
    follower = Follower("word", 1.0)
    assert sent(follower, Beat(bpm, 0.0), 0.0) is None
    assert sent(follower, Beat(120, 0.0), 0.0)
    assert sent(follower, Beat(bpm, 0.0), 0.0) == SetTempo(bpm=0)


@pytest.mark.parametrize(
    ("changed", "is_told"),
    [
        (Beat(120, 0.5), False),  # the same beats
        (Beat(120, DRIFT_S - 0.001), False),
        (Beat(120, DRIFT_S + 0.001), True),
        (Beat(120, 0.5 - DRIFT_S - 0.001), True),
        (Beat(120.3, 100.0), False),
        (Beat(121, 100.0), True),
        (Beat(240, 0.0), True),  # although every beat of it that is looked at may be one of the old ones
    ],
)
def test_it_is_sent_again_when_beat_or_tempo_have_drifted(changed: Beat, is_told: bool) -> None:
    follower = Follower("word", 1.0)
    sent(follower, Beat(120, 0.0), 99.25)
    assert (sent(follower, changed, 100.25) is not None) == is_told


@given(
    st.lists(st.tuples(st.floats(20, 400), st.floats(0, 3)), min_size=50, max_size=300), st.sampled_from([0.25, 1, 3])
)
def test_a_beat_that_jumps_is_still_sent_seldom(jumps: list[tuple[float, float]], units: float) -> None:
    follower = Follower("word", units)
    times = [k * ROUND_S for k, (bpm, at) in enumerate(jumps) if sent(follower, Beat(bpm, at), k * ROUND_S)]
    assert all(later - earlier >= AT_MOST_S - 1e-9 for earlier, later in pairwise(times))


@given(st.floats(30, 300), st.floats(-0.004, 0.004), st.sampled_from([0.25, 0.5, 1, 1.5, 2, 4]))
def test_while_a_clock_drifts_no_unit_falls_twice_and_none_is_left_out(bpm: float, rate: float, units: float) -> None:
    follower, taken = Follower("word", units), None
    begun: list[float] = []
    beat = Beat(bpm, 0.1)
    for k in range(3000):
        now = k * ROUND_S
        while now > beat.at + beat.period_s:  # the clock gains or loses a little on every beat
            beat = Beat(beat.bpm, beat.at + beat.period_s * (1 + rate), beat.number + 1)
        if command := sent(follower, beat, now):
            taken = as_taken(command, now)
        if taken and (due := taken.next_unit(max([now - ROUND_S, *(at + 0.02 for at in begun[-1:])]))) <= now:
            begun.append(due)
    unit_s = beat.period_s / units
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    assert len(begun) >= 30 / unit_s - 3
    assert all(0.7 < gap / unit_s < 1.3 for gap in gaps)


def test_a_word_on_every_fourth_beat_stays_on_the_beats_it_began_with() -> None:
    follower = Follower("word", 0.25)
    command = sent(follower, Beat(120, 10.0, number=6), 10.1)
    assert command.beat_in_s == pytest.approx(0.9)  # until number 8
    assert Follower("word", 1.5).pattern == 2
    assert Follower("word", 4).pattern == 1


@pytest.mark.parametrize(("flag", "units"), [("1", 1.0), ("1/4", 0.25), ("0.125", 0.125), ("32", 32.0)])
def test_the_units_on_a_beat_are_a_number_or_a_fraction(flag: str, units: float) -> None:
    assert per_beat(flag) == units


@pytest.mark.parametrize("flag", ["", "0", "-1", "33", "1/9", "1/0", "nan", "inf", "many"])
def test_other_units_are_refused(flag: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"0\.125 to 32 units"):
        per_beat(flag)


def test_the_coordinator_accepts_every_command() -> None:
    follower = Follower("char", 0.125)
    command = sent(follower, Beat(20, 1e5, number=-3), 1e5 + 7)
    assert math.isfinite(command.beat_in_s)
    assert 0 <= command.beat_in_s <= 24.0
