"""A MIDI clock is counted, and its beat is found, whatever happens to its ticks on the way."""

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.wire.messages import SetTempo
from controllers.beat import AT_MOST_S, Follower
from controllers.midi.clock import A_BEAT, Beats
from controllers.midi.clock_filter import A_FEW, PAUSE_S
from controllers.midi.messages import Clock, Continue, ControlChange, Message, SongPosition, Start, Stop

ROUND_S = 0.01


def test_the_tempo_is_that_of_the_ticks() -> None:
    beats = Beats()
    for tick in range(200):
        beats.heard(Clock(), 5 + tick * 60 / 96 / A_BEAT)
    assert beats.ticks == 200
    assert beats.bpm == pytest.approx(96)


def test_a_hand_that_looks_a_hundred_times_a_second_still_finds_the_tempo() -> None:
    beats = Beats()
    for tick in range(400):
        beats.heard(Clock(), round(tick * 60 / 133 / A_BEAT, 2))
    assert beats.bpm == pytest.approx(133, rel=0.01)


def test_the_tempo_after_a_pause_is_the_new_one() -> None:
    beats = Beats()
    for tick in range(100):
        beats.heard(Clock(), tick / 48)
    for tick in range(100):
        beats.heard(Clock(), 60 + tick / 24)
    assert beats.bpm == pytest.approx(60)


def test_less_than_three_quarters_of_a_beat_give_no_tempo() -> None:
    beats = Beats()
    for tick in range(A_FEW - 1):
        beats.heard(Clock(), tick / 48)
    assert beats.bpm == 0
    assert beats.beat(0.2) is None


def test_ticks_only_grow_and_the_song_begins_with_the_first_tick_after_start() -> None:
    beats = Beats()
    beats.heard(Clock(), 0.0)
    beats.heard(Start(), 0.01)
    beats.heard(Clock(), 0.02)
    assert (beats.ticks, beats.song_tick, beats.running) == (2, 0, True)
    beats.heard(Stop(), 0.03)
    beats.heard(Clock(), 0.04)
    assert (beats.ticks, beats.song_tick, beats.running) == (3, 0, False)
    beats.heard(Continue(), 0.05)
    beats.heard(ControlChange(1, 2, 3), 0.06)
    beats.heard(Clock(), 0.07)
    assert (beats.ticks, beats.song_tick, beats.running) == (4, 1, True)


class Ensemble:
    """The coordinator's beats, sent by a hand that gets the ticks of a clock at these times."""

    def __init__(self, unit: str = "word", units: float = 1.0) -> None:
        self.beats, self.follower = Beats(), Follower(unit, units)
        self.sent: list[tuple[float, SetTempo]] = []

    def hear(self, message: Message, now: float) -> None:
        self.beats.heard(message, now)
        self.look(now)

    def look(self, now: float) -> None:
        for command in self.follower.tell(self.beats.beat(now), now):
            assert isinstance(command, SetTempo)
            self.sent.append((now, command))

    def play(self, ticks: Iterable[float]) -> None:
        """The ticks as they are heard; in between it is looked a hundred times a second."""
        now = 0.0
        for at in sorted(ticks):
            while now and now + ROUND_S < at:
                now += ROUND_S
                self.look(now)
            now = at
            self.hear(Clock(), now)

    def wrong_s(self, beat_at: float) -> float:
        """How far from this beat the one is that is taken for it."""
        when, command = [(when, command) for when, command in self.sent if when <= beat_at][-1]
        beat_s = 60 / command.bpm
        apart = beat_at - (when + command.beat_in_s)
        return abs(apart - round(apart / beat_s) * beat_s)


def clock(beats: int, *tempi: tuple[float, float], begin: float = 10.0) -> list[float]:
    """When the ticks of so many beats are; `tempi` are numbers of beats and their tempo, the last one stays."""
    ticks, at, left = [], begin, [bpm for count, bpm in tempi for _ in range(int(count * A_BEAT))]
    for _ in range(beats * A_BEAT):
        ticks.append(at)
        at += 60 / (left.pop(0) if left else tempi[-1][1]) / A_BEAT
    return ticks


def jittered(ticks: Iterable[float], dice: random.Random, jitter_s: float = 0.005) -> list[float]:
    return sorted(at + dice.uniform(-jitter_s, jitter_s) for at in ticks)


tempi = st.floats(40, 240)
seeds = st.integers(0, 10_000)
some = settings(max_examples=20, deadline=None)


@some
@given(tempi, seeds)
def test_with_5_ms_of_jitter_beats_after_the_fourth_are_within_10_ms_and_commands_few(bpm: float, seed: int) -> None:
    ensemble, ticks = Ensemble(), clock(40, (1, bpm))
    ensemble.hear(Start(), 9.9)
    ensemble.play(jittered(ticks, random.Random(seed)))
    assert max(ensemble.wrong_s(at) for at in ticks[4 * A_BEAT :: A_BEAT]) < 0.010
    assert len(ensemble.sent) <= 5 + (ticks[-1] - ticks[0]) / 3
    assert ensemble.beats.song_tick == len(ticks) - 1


@some
@given(tempi, seeds)
def test_a_machine_that_was_busy_for_a_moment_does_not_move_the_beat(bpm: float, seed: int) -> None:
    dice, ticks = random.Random(seed), clock(40, (1, bpm))
    stalls = [at + dice.uniform(0, 1) for at in range(13, int(ticks[-1]), 2)]
    lasts = [dice.uniform(0.05, 0.12) for _ in stalls]
    heard = [
        max([at, *(stall + last for stall, last in zip(stalls, lasts, strict=True) if stall <= at < stall + last)])
        for at in jittered(ticks, dice, 0.002)
    ]
    ensemble = Ensemble()
    ensemble.hear(Start(), 9.9)
    ensemble.play(heard)
    assert max(ensemble.wrong_s(at) for at in ticks[4 * A_BEAT :: A_BEAT]) < 0.010


@some
@given(st.floats(40, 160), st.integers(1, 3), seeds)
def test_ticks_that_were_lost_do_not_move_the_beat(bpm: float, lost: int, seed: int) -> None:
    dice, ticks = random.Random(seed), clock(24, (1, bpm))
    gone = dice.randrange(6 * A_BEAT, 8 * A_BEAT)
    ensemble = Ensemble()
    ensemble.hear(Start(), 9.9)
    ensemble.play(jittered(ticks[:gone] + ticks[gone + lost :], dice, 0.003))
    assert max(ensemble.wrong_s(at) for at in ticks[4 * A_BEAT :: A_BEAT]) < 0.010
    assert ensemble.beats.song_tick == len(ticks) - 1


@some
@given(tempi, st.floats(0.5, 2.0), seeds)
def test_three_beats_after_the_tempo_has_changed_it_is_followed(bpm: float, by: float, seed: int) -> None:
    after = min(max(bpm * by, 40), 240)
    ticks = clock(30, (10, bpm), (1, after))
    ensemble = Ensemble()
    ensemble.hear(Start(), 9.9)
    ensemble.play(jittered(ticks, random.Random(seed), 0.003))
    settled = next(k for k in range(13 * A_BEAT, len(ticks), A_BEAT) if ticks[k] - ticks[10 * A_BEAT] > 2)
    assert max(ensemble.wrong_s(at) for at in ticks[settled::A_BEAT]) < 0.015
    assert ensemble.sent[-1][1].bpm == pytest.approx(after, rel=0.01)
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(ensemble.sent)]
    assert min(gaps, default=AT_MOST_S) >= AT_MOST_S


def test_stop_ends_the_tempo_at_once_and_start_puts_the_beat_on_the_next_tick() -> None:
    ensemble, ticks = Ensemble(), clock(20, (1, 120))
    ensemble.play(ticks[:100])
    ensemble.hear(Stop(), ticks[99] + 0.001)
    assert ensemble.sent[-1] == (ticks[99] + 0.001, SetTempo(bpm=0))
    ensemble.play(ticks[100:150])
    assert ensemble.sent[-1][1] == SetTempo(bpm=0)
    ensemble.hear(Start(), ticks[149] + 0.01)
    assert ensemble.sent[-1][0] == ticks[149] + 0.01
    assert ensemble.sent[-1][1].beat_in_s == pytest.approx(ticks[150] - ticks[149] - 0.01)


def test_a_song_that_goes_on_in_its_middle_has_its_beats_where_they_are() -> None:
    ensemble, ticks = Ensemble(), clock(20, (1, 120))
    ensemble.play(ticks[:48])
    for message in (Stop(), SongPosition(6), Continue()):  # a beat and a half from the beginning
        ensemble.hear(message, ticks[47] + 0.001)
    assert ensemble.sent[-1][1].beat_in_s == pytest.approx(ticks[48 + 12] - ticks[47] - 0.001)
    assert ensemble.beats.beat(ticks[47] + 0.001).number == 1


def test_a_clock_that_ran_already_is_followed_from_where_it_was_first_heard() -> None:
    ensemble, ticks = Ensemble(), clock(4, (1, 90))
    ensemble.play(ticks)
    assert ensemble.wrong_s(ticks[3 * A_BEAT]) < 0.001


def test_a_clock_that_falls_silent_has_no_beat_any_more() -> None:
    ensemble, ticks = Ensemble(), clock(4, (1, 90))
    ensemble.play(ticks)
    ensemble.look(ticks[-1] + PAUSE_S - 0.01)
    assert ensemble.sent[-1][1].bpm == 90
    ensemble.look(ticks[-1] + PAUSE_S + 0.01)
    assert ensemble.sent[-1][1] == SetTempo(bpm=0)
    ensemble.play(at + 60 for at in clock(2, (1, 100)))
    assert ensemble.sent[-1][1].bpm == 100
