"""A Link session is followed as long as others are in it; the last tests meet another peer over real sockets."""

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from actors.wire.messages import Command, SetTempo
from controllers import ControllerError, link, runner
from controllers.beat import Follower
from controllers.hand import Seen
from controllers.link import FOUND_S, Look
from tests.conftest import EVERYTHING

SEEN = Seen(styles=("latex", "sonnets"), weights={"latex": 1.0, "sonnets": 0.0})
PATIENCE_S = 10.0


class MadeUp:
    """A session as one likes it."""

    def __init__(self, bpm: float = 120.0, peers: int = 1) -> None:
        self.shown, self.left = Look(0.0, 0.0, bpm, peers), False

    def look(self) -> Look:
        return self.shown

    def leave(self) -> None:
        self.left = True

    def be(self, at: float, beat: float, bpm: float | None = None, peers: int | None = None) -> None:
        was = self.shown
        self.shown = Look(at, beat, was.bpm if bpm is None else bpm, was.peers if peers is None else peers)


def hand(session: link.Session, unit: str = "word", per_beat: float = 1.0) -> link.LinkHand:
    return link.LinkHand(session, Follower(unit, per_beat))


def parsed(*flags: str) -> argparse.Namespace:
    return runner.parsed(["link", *flags])


def test_the_ensemble_is_sent_the_next_beat() -> None:
    session = MadeUp()
    session.be(at=9.99, beat=7.3)
    (told,) = hand(session, "line", 2.0).play(10.0, SEEN)
    assert isinstance(told, SetTempo)
    assert (told.bpm, told.unit, told.per_beat) == (120, "line", 2.0)
    assert told.beat_in_s == pytest.approx(0.34)


def test_a_changed_tempo_is_followed_once() -> None:
    session = MadeUp()
    playing = hand(session)
    wishes: list[tuple[float, Command]] = []
    for k in range(800):
        now = k / 100
        session.be(now, now * 2 if now < 4 else 8 + (now - 4) * 2.5, 120.0 if now < 4 else 150.0)
        wishes += [(now, told) for told in playing.play(now, SEEN)]
    assert [told.bpm for _, told in wishes if isinstance(told, SetTempo)] == [120, 150]
    assert wishes[1][0] < 4.3
    assert isinstance(wishes[1][1], SetTempo)
    assert (wishes[1][0] + wishes[1][1].beat_in_s - 4) / 0.4 % 1 == pytest.approx(0, abs=1e-6)


def test_alone_in_a_session_there_is_no_beat_and_the_trouble_says_so() -> None:
    session = MadeUp(peers=0)
    playing = hand(session)
    assert playing.play(0.0, SEEN) == []
    assert playing.trouble == ""  # others may just not have been found yet
    assert playing.play(FOUND_S + 0.1, SEEN) == []
    assert "nobody else is in the Link session" in playing.trouble
    session.be(3.0, 6.0, peers=2)
    assert len(playing.play(3.0, SEEN)) == 1
    assert playing.trouble == ""
    session.be(3.1, 6.2, peers=0)
    assert playing.play(3.1, SEEN) == [SetTempo(bpm=0)]


def test_nothing_is_sent_before_the_ensemble_is_there() -> None:
    session = MadeUp()
    playing = hand(session)
    assert playing.play(0.0, replace(SEEN, styles=())) == []
    assert len(playing.play(0.0, SEEN)) == 1


def test_at_the_end_the_text_is_left_without_a_tempo_and_the_session_too() -> None:
    session = MadeUp()
    playing = hand(session)
    assert playing.farewell(0.0) == []
    playing.play(0.0, SEEN)
    assert playing.farewell(0.1) == [SetTempo(bpm=0)]
    playing.close()
    assert session.left


def test_without_aalink_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "MISSING", "No module named 'aalink'")
    with pytest.raises(ControllerError, match="pip install aalink") as error:
        link.make(parsed())
    assert "\n" not in str(error.value)


def test_its_flags_are_those_of_a_tempo() -> None:
    told = parsed("--unit", "char", "--per-beat", "4")
    assert (told.unit, told.per_beat, told.name) == ("char", 4.0, "link")
    with pytest.raises(SystemExit):
        parsed("--unit", "page")
    with pytest.raises(SystemExit):
        parsed("--per-beat", "99")


@pytest.fixture
def music() -> Iterator[link.AalinkSession]:
    """Another peer, which plays at 97 beats a minute."""
    if link.MISSING:
        if EVERYTHING:
            pytest.fail(f"aalink is not installed: {link.MISSING}")
        pytest.skip("aalink is not installed here: .venv/bin/pip install aalink")
    peer = link.AalinkSession(4.0)
    peer._link.tempo = 97.0
    yield peer
    peer.leave()


def met(playing: link.LinkHand, told: list[Command]) -> bool:
    """True if another peer is found in the time in which peers are found here."""
    until = time.monotonic() + FOUND_S
    while not told and time.monotonic() < until:
        told += playing.play(time.monotonic(), SEEN)
        time.sleep(0.005)
    return bool(told)


def test_with_another_peer_its_tempo_is_taken_and_its_beat_to_a_few_milliseconds(music: link.AalinkSession) -> None:
    playing = link.make(parsed("--per-beat", "2"))
    told: list[Command] = []
    try:
        if not met(playing, told):
            pytest.skip("Link finds nobody on this machine: there is no network interface that carries multicast")
        music._link.tempo = 133.0
        until = time.monotonic() + PATIENCE_S
        while not (isinstance(told[-1], SetTempo) and told[-1].bpm == pytest.approx(133, abs=0.01)):
            assert time.monotonic() < until, told
            now = time.monotonic()
            told += playing.play(now, SEEN)
            time.sleep(0.005)
        there = music.look()
        off_beat = (there.beat + (now + told[-1].beat_in_s - there.at) * 133 / 60 + 0.5) % 1 - 0.5
        assert abs(off_beat) * 60 / 133 < 0.005
        music.leave()
        told.clear()
        while SetTempo(bpm=0) not in told:
            assert time.monotonic() < until, told
            told += playing.play(time.monotonic(), SEEN)
            time.sleep(0.005)
    finally:
        playing.close()
