import pytest

from controllers.midi.bytes import Clock, Continue, ControlChange, Start, Stop
from controllers.midi.clock import A_BEAT, Beats


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


def test_one_beat_says_nothing_of_the_tempo() -> None:
    beats = Beats()
    for tick in range(A_BEAT):
        beats.heard(Clock(), tick / 48)
    assert beats.bpm == 0


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
