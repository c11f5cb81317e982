"""Ableton Link: the text keeps the beat of Live, or of whatever else plays in this network's Link session.

It follows and never leads; but a program that joins the session later takes its tempo, so begin the music first. It needs
aalink.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from actors.wire.messages import Command
from actors.wire.parameters import UNITS
from controllers import ControllerError
from controllers.beat import Beat, Follower, add_per_beat
from controllers.hand import Seen

try:
    import aalink

    MISSING = ""
except ImportError as e:  # an extra: its licence is the GPL
    MISSING = str(e)

USUAL_BPM = 120.0  # of a session without others
A_BAR = 4.0  # beats: Live's own, so that a word on every fourth beat comes where its bars begin
A_LOOK_S = 0.002  # longer ones do not tell the time
FOUND_S = 2.0  # others are found within less


@dataclass(frozen=True)
class Look:
    """The state of a session: the beat reached at `at`, the tempo, and the number of others in it."""

    at: float
    beat: float
    bpm: float
    peers: int


class Session(Protocol):
    """A Link session that this machine has joined."""

    def look(self) -> Look: ...

    def leave(self) -> None: ...


class LinkHand:
    """Sends the ensemble the beat of a session, as long as others are in it."""

    files: Sequence[int] = ()

    def __init__(self, session: Session, follower: Follower) -> None:
        self.session, self.follower = session, follower
        self.trouble = ""
        self._in_company_at: float | None = None

    def play(self, now: float, seen: Seen) -> list[Command]:
        look = self.session.look()
        if look.peers or self._in_company_at is None:
            self._in_company_at = now
        alone = "nobody else is in the Link session: start the music, with Link on, in this network"
        self.trouble = alone if now - self._in_company_at > FOUND_S else ""
        if not seen.styles:
            return []
        number, along = divmod(look.beat, 1)
        beat = Beat(look.bpm, look.at - along * 60 / look.bpm, int(number))
        return self.follower.tell(beat if look.peers else None, now)

    def farewell(self, now: float) -> list[Command]:
        """Ends the tempo: the text does not stay on the beat of a session that it has left."""
        return self.follower.tell(None, now)

    def close(self) -> None:
        self.session.leave()


class AalinkSession:
    """The session of this network, through aalink. Looking at it never waits, so it needs no thread."""

    def __init__(self, bar: float) -> None:
        self._link = asyncio.run(self._made())
        self._link.quantum = bar
        self._link.enabled = True
        self._last: Look | None = None

    def look(self) -> Look:
        began = time.monotonic()
        beat = self._link.beat
        ended = time.monotonic()
        if self._last is None or ended - began < A_LOOK_S:
            self._last = Look((began + ended) / 2, beat, self._link.tempo, self._link.num_peers)
        return self._last

    def leave(self) -> None:
        self._link.enabled = False

    @staticmethod
    async def _made() -> "aalink.Link":
        """An aalink session, which can only be made where an event loop runs."""
        return aalink.Link(USUAL_BPM)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of `chorus control link`."""
    parser.add_argument("--unit", choices=UNITS, default="word", help="what falls on the beat (default: %(default)s)")
    add_per_beat(parser)


def make(args: argparse.Namespace) -> LinkHand:
    """Raises ControllerError, in one line that says what to do, when aalink is missing."""
    if MISSING:
        raise ControllerError(f"Ableton Link needs aalink ({MISSING}): install it with  .venv/bin/pip install aalink")
    follower = Follower(args.unit, args.per_beat)
    return LinkHand(AalinkSession(max(A_BAR, float(follower.pattern))), follower)
