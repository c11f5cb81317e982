"""Publishes frames and health to clients, and builds the snapshot for late joiners.

A frame goes out with every character, up to so many a second, and when a hand has moved; health a few times a second,
and at once after an event.
"""

import os
import time

import numpy as np

from actors.coordinator.cluster import Cluster
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.desk import Desk
from actors.coordinator.events import Events
from actors.coordinator.membership import KEPT, Membership
from actors.coordinator.monolith_client import MonolithClient
from actors.coordinator.rate_meter import RateMeter
from actors.coordinator.step import Step
from actors.hands.controls import Controls
from actors.journal.writer import Journal
from actors.section.tape import RING
from actors.wire.messages import Frame, Health, NodeHealth, Snapshot, StyleHealth

FRAMES_HZ = 120.0  # at most, however fast the text runs
STILL_HZ = 10.0  # while nothing is written
HEALTH_HZ = 4.0
LATE = 2  # characters that a speaking style may be behind before it is called late


class Publisher:
    """Reads the parts of the coordinator, and changes none of them."""

    def __init__(
        self,
        config: CoordinatorConfig,
        desk: Desk,
        cluster: Cluster,
        monolith: MonolithClient,
        membership: Membership,
        controls: Controls,
        step: Step,
        journal: Journal,
        events: Events,
    ) -> None:
        self._limit, self._desk, self._cluster, self._monolith = config.limit, desk, cluster, monolith
        self._membership, self._controls, self._step = membership, controls, step
        self._journal, self._events = journal, events
        self._tape = cluster.tape
        self.epoch = journal.past.epoch if journal.past else 1
        self.meter = RateMeter()
        self._written = self._tape.length  # position of the first character that no frame has carried yet
        self._frame_at = 0.0  # when the last frame was sent,
        self._chars_at = 0.0  # and the last one with characters: a moved hand's frame must not delay them
        self._health_at, self._event_number = 0.0, 0

    @property
    def ended(self) -> bool:
        """The text has as many characters as it was to have."""
        return bool(self._limit) and self._tape.length > self._limit

    def publish(self, last: bool = False) -> None:
        """Send health and a frame if they are due; the `last` frame at once."""
        now = time.monotonic()
        if now - self._health_at > 1 / HEALTH_HZ or self._event_number != self._events.number:
            self._health_at, self._event_number = now, self._events.number
            self._desk.publish(self._health())
        if self.until_frame_s() > 0 and not last:
            return
        length = self._tape.length
        self._frame_at, self._events.moved = now, False
        if length > self._written:
            self._chars_at = now
        self._desk.publish(self._frame(now, length))
        self._written = length

    def until_frame_s(self) -> float:
        """Seconds until the next frame may go out; 0: now."""
        if self._tape.length > self._written:
            due = self._chars_at + 1 / FRAMES_HZ
        else:
            due = self._frame_at + 1 / (FRAMES_HZ if self._events.moved else STILL_HZ)
        return max(0.0, due - time.monotonic())

    def snapshot(self, since: int) -> Snapshot:
        """The text from position `since` on, as far back as it is kept, and at most KEPT characters of it."""
        length = self._tape.length
        start = min(length, max(1, since, length - RING))
        chars, voices = self._text(start, min(length, start + KEPT))  # a client that needs more asks again
        members = self._membership.roster.members
        return Snapshot(
            epoch=self.epoch,
            t=start,
            chars=chars,
            voices=voices,
            styles=list(members),
            cards=[member.card for member in members.values()],
            ended=self.ended,
        )

    def _frame(self, now: float, length: int) -> Frame:
        membership, controls, newest = self._membership, self._controls, self._step.newest
        start = max(self._written, length - KEPT)
        chars, voices = self._text(start, length)
        styles = list(membership.roster.members)
        here = [k for k, slug in enumerate(newest.slugs) if slug in membership.roster.members]
        return Frame(
            epoch=self.epoch,
            t=start,
            chars=chars,
            voices=voices,
            styles=styles,
            pi=membership.pi[membership.slot_ids].tolist(),
            active=[styles.index(newest.slugs[k]) for k in here],
            omega=newest.omega[here].astype("<f4").tobytes(),
            rho=newest.rho.astype("<f4").tobytes(),
            rate_cps=controls.rate_cps,
            measured_cps=self.meter.cps(now),
            ended=self.ended,
            **controls.settings.shown,
            **controls.lookahead.shown,
            hypotheses=list(newest.hypotheses) if len(here) == len(newest.slugs) else [],
            bpm=controls.tempo.bpm if controls.tempo else 0.0,
            hands=controls.fusion.hands(now),
            solo=list(controls.fusion.solo),
            held=sorted(controls.fusion.held),
            admitted=controls.visitors.admitted,
            pulled=controls.visitors.share,
            pulls=controls.visitors.at(now),
        )

    def _health(self) -> Health:
        roster, pi = self._membership.roster, self._step.pi
        speaking = set(self._step.speaking(pi, self._monolith.speaks_for(pi)))
        styles = []
        for member in roster.members.values():
            status = self._cluster.status(member.slot_id)
            late = status.state == "ready" and member.slot_id in speaking and status.behind > LATE
            state = "late" if late else status.state
            how = (status.behind, status.step_s * 1000, status.pid, status.message, status.restarts)
            styles.append(StyleHealth(member.slug, state, *how))
        return Health(
            epoch=self.epoch,
            pid=os.getpid(),
            styles=styles,
            position=self._tape.length,
            journal=self._journal.trouble,
            outside=self._desk.trouble,
            roster=list(roster),
            presets=self._controls.presets.names,
            monolith=self._monolith.health(),
            page=self._controls.visitors.page,
            nodes=[
                NodeHealth(
                    node,
                    self._membership.nodes[node].host,
                    other.name,
                    other.answer_s * 1000,
                    other.trouble or ("it does not answer" if other.lost else ""),
                )
                for node, other in self._cluster.others.items()
            ],
            longest_wait_ms=self.meter.longest_s() * 1000,
            event=self._events.text,
            event_at=self._events.number,
        )

    def _text(self, start: int, stop: int) -> tuple[bytes, bytes]:
        """Characters `start` to `stop`, and who wrote them: (stop - start, n) uint8."""
        positions = np.arange(start, stop)
        voices = self._membership.voices[np.ix_(positions % KEPT, self._membership.slot_ids)]
        voices[positions < self._tape.length - KEPT] = 0  # their authors are no longer kept
        return self._tape.read(start, stop).tobytes(), voices.tobytes()
