"""What everyone is told of a performance: frames, health, and the snapshot that a late joiner needs.

The coordinator's part about its desk. A frame goes out with every character, up to so many a second, and when a hand has
moved; health a few times a second, and at once when something has happened.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from actors.coordinator.commands import Conducting
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.desk import Desk
from actors.coordinator.membership import KEPT
from actors.coordinator.rate_meter import RateMeter
from actors.journal.writer import Journal
from actors.section.remote import Post
from actors.section.tape import RING
from actors.wire.messages import Frame, Health, NodeHealth, Snapshot, StyleHealth

FRAMES_HZ = 120.0  # at most this many frames a second, however fast the text runs
STILL_HZ = 10.0  # and so many when nothing is written
HEALTH_HZ = 4.0
LATE = 2  # characters a speaking style may be behind before it is called late


@dataclass(frozen=True)
class Newest:
    """Who was mixed for the newest character, what they said (k, 128), and the mixed distribution (128,)."""

    slugs: list[str]
    omega: NDArray[np.float32]
    rho: NDArray[np.float64]
    hypotheses: list[tuple[bytes, float, bytes]] = field(
        default_factory=list
    )  # what was looked at, see actors.mixing.lookahead


class Telling(Conducting):
    """The desk, and what was told there last."""

    def __init__(self, score: CoordinatorConfig, journal: Journal, connect: Callable[[str], Post] | None) -> None:
        super().__init__(score, journal, connect)
        self.rate_cps = score.rate_cps
        self.epoch = 1
        self.newest: Newest | None = None
        self._frame_at = 0.0  # when the last one was sent,
        self._chars_at = 0.0  # and the last one with characters: a moved hand's frame must not delay them
        self._measured = RateMeter()

    def open_desk(self) -> None:
        """From the text as it is now, clients are told of it."""
        self.desk = Desk(self.score.endpoints, self.score.public)
        self.written = self.sections.tape.length  # position of the first character no frame has carried yet

    @property
    def ended(self) -> bool:
        return bool(self.score.limit) and self.sections.tape.length > self.score.limit

    def _publish(self, last: bool = False) -> None:
        now = time.monotonic()
        if now - self._health_at > 1 / HEALTH_HZ:
            self._health_at = now
            self.desk.publish(self._health())
        if self._until_frame_s() > 0 and not last:
            return
        length = self.sections.tape.length
        self._frame_at, self._moved = now, False
        if length > self.written:
            self._chars_at = now
        start = max(self.written, length - KEPT)
        chars, voices = self._text(start, length)
        newest = self.newest or Newest([], np.zeros((0, 128), np.float32), np.zeros(0))
        styles = list(self.roster.members)
        here = [k for k, slug in enumerate(newest.slugs) if slug in self.roster.members]
        self.desk.publish(
            Frame(
                epoch=self.epoch,
                t=start,
                chars=chars,
                voices=voices,
                styles=styles,
                pi=self.pi[self.slot_ids].tolist(),
                active=[styles.index(newest.slugs[k]) for k in here],
                omega=newest.omega[here].astype("<f4").tobytes(),
                rho=newest.rho.astype("<f4").tobytes(),
                rate_cps=self.rate_cps,
                measured_cps=self._measured.cps(now),
                ended=self.ended,
                **self.settings.shown,
                **self.ahead.shown,
                hypotheses=newest.hypotheses if len(here) == len(newest.slugs) else [],
                bpm=self.tempo.bpm if self.tempo else 0.0,
                hands=self.fusion.hands(now),
                solo=list(self.fusion.solo),
                held=sorted(self.fusion.held),
                admitted=self.visitors.admitted,
                pulled=self.visitors.share,
                pulls=self.visitors.at(now),
            )
        )
        self.written = length

    def _until_frame_s(self) -> float:
        """How long until the next frame may go out; 0: now."""
        if self.sections.tape.length > self.written:
            due = self._chars_at + 1 / FRAMES_HZ
        else:
            due = self._frame_at + 1 / (FRAMES_HZ if self._moved else STILL_HZ)
        return max(0.0, due - time.monotonic())

    def _health(self) -> Health:
        active = set(self._own(self.effective_weights, self.monolith.speaks_for(self.effective_weights)))
        styles = []
        for member in self.roster.members.values():
            seat = self.sections.seat(member.slot_id)
            late = seat.state == "ready" and member.slot_id in active and seat.behind > LATE
            state = "late" if late else seat.state
            how = (seat.behind, seat.step_s * 1000, seat.pid, seat.message, seat.restarts)
            styles.append(StyleHealth(member.slug, state, *how))
        return Health(
            epoch=self.epoch,
            pid=os.getpid(),
            styles=styles,
            position=self.sections.tape.length,
            journal=self.journal.trouble,
            outside=self.desk.trouble,
            roster=list(self.roster),
            presets=self.presets.names,
            monolith=self.monolith.health(),
            page=self.visitors.page,
            nodes=[
                NodeHealth(
                    node,
                    self._nodes[node].host,
                    other.name,
                    other.answer_s * 1000,
                    other.trouble or ("it does not answer" if other.lost else ""),
                )
                for node, other in self.sections.others.items()
            ],
            longest_wait_ms=self._measured.longest_s() * 1000,
            event=self.event,
            event_at=self.event_at,
        )

    def _snapshot(self, since: int) -> Snapshot:
        length = self.sections.tape.length
        start = min(length, max(1, since, length - RING))
        chars, voices = self._text(start, min(length, start + KEPT))  # who needs more will ask again
        return Snapshot(
            epoch=self.epoch,
            t=start,
            chars=chars,
            voices=voices,
            styles=list(self.roster.members),
            cards=[member.card for member in self.roster.members.values()],
            ended=self.ended,
        )

    def _text(self, start: int, stop: int) -> tuple[bytes, bytes]:
        positions = np.arange(start, stop)
        voices = self._voices[np.ix_(positions % KEPT, self.slot_ids)]
        voices[positions < self.sections.tape.length - KEPT] = 0  # whose letters these are is forgotten
        return self.sections.tape.read(start, stop).tobytes(), voices.tobytes()
