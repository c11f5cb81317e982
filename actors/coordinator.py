"""The coordinator: the loop of the instrument, one per installation.

Each turn: the active set of π, their rows from the section, ρ, one character, and out with it: tape first, so that the
styles go on at once, then journal, then the frame. Between two characters it listens at its desk. It may be killed at any
time: the text is in the journal and on the tape, weights and seed in the journal, and its successor goes on with the next
character.

Two promises pull apart. Live, a step has a deadline, and who was late is written beside the character. Seeded (`exact`),
there is none: the same seed gives the same text, whatever the timing of the machine.
"""

import contextlib
import os
import queue
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from actors import EnsembleError, mixture, wire
from actors.desk import Desk
from actors.distant import Distant, Post
from actors.journal import Journal
from actors.roster import Change, Roster
from actors.section import Section
from actors.sections import CHAIRS, MOST_NODES, Sections
from actors.tape import RING, SLOTS
from actors.wire import (
    Card,
    Endpoints,
    Frame,
    GetSnapshot,
    Health,
    Join,
    Leave,
    NodeHealth,
    NodeIsGone,
    NodeIsHere,
    Public,
    Reply,
    SetRate,
    SetWeights,
    Snapshot,
    StyleHealth,
)
from models import ModelsError, package
from models.architecture import Architecture

FRAMES_HZ = 120.0  # at most this many frames a second, however fast the text runs
STILL_HZ = 10.0  # and so many when nothing is written
HEALTH_HZ = 4.0
KEPT = 1 << 16  # characters whose voices are kept for late joiners
SHORTEST_DEADLINE_S, LONGEST_DEADLINE_S = 0.02, 0.1
STAND_IN_AFTER_S = 0.5  # when nobody of the active set answers, whoever is ready speaks
EXACT_TURN_S = 0.25
DESK_EVERY_S = 0.004  # at full rate the desk is looked at this often
SWAPS_WITHIN = 1  # characters that newer weights may be behind when they take the place of the older
LATE = 2  # characters a speaking style may be behind before it is called late
IDLE_READ_S = 0.001  # idle time to leave for one silent style's reading


@dataclass(frozen=True)
class Score:
    """What a coordinator is told when it is made; everything else it hears at the desk."""

    tape: str
    endpoints: Endpoints
    cards: list[Card]  # of the styles it begins with, in order
    journal: Path
    seed: int
    mix: dict[str, float] = field(default_factory=dict)  # empty: the first two styles that are ready
    rate_cps: float = 15.0  # 0 stands still, infinity is as fast as it goes
    limit: int = 0  # characters after which the text ends; 0: never
    exact: bool = False
    nodes: dict[str, int] = field(default_factory=dict)  # on which node a style begins; those not named on the own, 0
    cpus: float = 1.0  # of the own node
    public: Public | None = None  # where clients from other machines are let in
    skipping: bool = True  # False: silent styles are stepped all the same, for comparison


@dataclass(frozen=True)
class Heard:
    """Who was mixed for the newest character, what they said (k, 128), and the mixed distribution (128,)."""

    slugs: list[str]
    omega: NDArray[np.float32]
    rho: NDArray[np.float64]


class Coordinator:
    """What Ray holds the one of."""

    def __init__(self, score: Score) -> None:
        self._thread = threading.Thread(target=self._live, args=(score,), daemon=True)
        self._thread.start()

    def pid(self) -> int:
        return os.getpid()

    def _live(self, score: Score) -> None:
        try:
            conduct(score)
        except BaseException:
            traceback.print_exc()
            os._exit(1)  # Ray starts a fresh one, which continues the journal
        os._exit(0)


def conduct(score: Score) -> None:
    """Run the loop until the tape is stopped."""
    from actors.node import connect

    Performance(score, connect).run()


class Performance:
    """One life of the coordinator."""

    def __init__(self, score: Score, connect: Callable[[str], Post] | None = None) -> None:
        """`connect` finds a section of another node by its name; it may take a while. Without it there is one node."""
        self.score = score
        self.sections = Sections(Section(score.tape))
        self._connect = connect
        self._connected: queue.SimpleQueue[tuple[NodeIsHere, Post | None]] = queue.SimpleQueue()
        self._nodes: dict[int, NodeIsHere] = {}  # those that were told of, connected or not
        self.roster = Roster(score.cards, SLOTS, score.nodes)
        self.journal = Journal(score.journal, score.seed, {card.slug: card.weights_sha256 for card in score.cards})
        for change in self.journal.past.changes if self.journal.past else ():
            self.roster.follow(change)
        self.chairs: NDArray[np.intp]  # of the members, in their order
        self._tickets: dict[int, int] = {}
        self.pi = np.zeros(CHAIRS)  # by chair
        self._voices = np.zeros((KEPT, SLOTS), np.uint8)  # by chair too, as wide as there are nodes
        self._be_seated()
        self.pi = self._vector(score.mix)
        self.rate_cps = score.rate_cps
        self.epoch = 1
        self.event, self.event_at = "", 0
        if self.journal.past is None:
            if score.mix:
                self.journal.weights(score.mix)
            self.journal.rate(self.rate_cps)
        else:
            self._resume()
        self.dice = mixture.Dice(score.seed if self.journal.past is None else self.journal.past.seed)
        self.desk = Desk(score.endpoints, score.public)
        self.written = self.sections.tape.length  # position of the first character no frame has carried yet
        self.newest: Heard | None = None
        self._frame_at = self._health_at = 0.0
        self._moved = False
        self._measured = _Speed()
        self._nobody_since = 0.0

    @property
    def ended(self) -> bool:
        return bool(self.score.limit) and self.sections.tape.length > self.score.limit

    def run(self) -> None:
        tape, due = self.sections.tape, time.monotonic()
        listened = 0.0
        while not tape.stopped:
            now = time.monotonic()
            if self.rate_cps:
                due = min(due, now + 1 / self.rate_cps)  # the rate may have been raised since
            if self.ended or self.rate_cps == 0 or not self._can_begin():
                self._measured.pause()
                self.sections.keep_up(self._silent(), SLOTS)
                self._listen(0.02)
                due = now
            elif now >= due:
                if not self.step(self._deadline_s()):
                    self._listen(0.005)
                else:
                    period = 1 / self.rate_cps
                    due = due + period if now - due < period else now + period
                if now - listened > DESK_EVERY_S:
                    self._listen(0.0)
                    listened = now
            else:
                idle = due - now
                if self.rate_cps <= 200:
                    self.sections.keep_up(self._silent(), int(idle / IDLE_READ_S))
                self._listen(min(idle, 0.02))
            self._publish()
        self._publish(last=True)
        self.close()

    def close(self) -> None:
        self.desk.close()
        self.journal.close()

    def step(self, deadline_s: float | None) -> bool:
        """Write one character. False when nobody could be heard in time."""
        if self.roster.waiting:
            self._swap()
        sections, pi = self.sections, self._speaking()
        active = mixture.active(pi)
        wanted = mixture.active(self.pi).tolist()
        if not self.score.skipping:
            sections.gather(self.chairs.tolist(), deadline_s)
        heard = sections.gather(active.tolist(), deadline_s)
        if self.score.exact and heard != wanted:
            return False
        if heard:
            self._nobody_since = 0.0
        elif not (heard := self._stand_ins()):
            return False
        omega = sections.rows(heard)  # (k, 128)
        weights = pi[heard] if pi[heard].any() else np.ones(len(heard))
        rho = mixture.mix(omega, weights)
        t = sections.tape.length
        char = mixture.sample(rho, self.dice.at(t))
        slugs = [self._names[chair] for chair in heard]
        told = None if heard == wanted else slugs
        sections.append(char)
        if t != self.score.limit:
            sections.ask(
                [*active.tolist(), *(m.chair for m in self.roster.waiting.values())]
            )  # they step while this process writes the journal and shows the character
        self.journal.char(t, char, told)
        voices = self._voices[t % KEPT]
        voices[:] = 0
        voices[heard] = np.rint(255 * mixture.responsibilities(omega, weights, char))
        self.newest = Heard(slugs, omega, rho)
        self._measured.count()
        return True

    def _speaking(self) -> NDArray[np.float64]:
        """π of the styles that can be asked. Exact: all of them, so that timing decides nothing."""
        if self.score.exact:
            return self.pi
        return np.where(self.sections.ready(), self.pi, 0.0)

    def _stand_ins(self) -> list[int]:
        """Whoever is ready, from when nobody who should speak has answered for a while: the text never stops."""
        now = time.monotonic()
        self._nobody_since = self._nobody_since or now
        if self.score.exact or now - self._nobody_since < STAND_IN_AFTER_S:
            return []
        return self.sections.gather(self.ready(), LONGEST_DEADLINE_S)

    def _can_begin(self) -> bool:
        """Whether the text may go on: with a mix given, as soon as it can be heard; else as soon as two are ready."""
        ready = self.sections.ready()
        if self.score.exact:
            return bool(ready[mixture.active(self.pi)].all()) or self.sections.tape.length > 1
        if self.pi.any():
            return bool(ready[mixture.active(self.pi)].any()) or self.sections.tape.length > 1
        first = self.ready()[:2]
        if len(first) < min(2, len(self.chairs)) or not first:
            return False
        self.set_weights({self._names[chair]: 1.0 for chair in first})
        return True

    def ready(self) -> list[int]:
        """Chairs of the members who are ready."""
        chairs: list[int] = self.chairs[self.sections.ready()[self.chairs]].tolist()
        return chairs

    def _deadline_s(self) -> float:
        if self.score.exact:
            return EXACT_TURN_S  # and again, until all have answered; in between it listens
        return min(LONGEST_DEADLINE_S, max(SHORTEST_DEADLINE_S, 0.5 / self.rate_cps))

    def _silent(self) -> list[int]:
        active = set(mixture.active(self.pi).tolist())
        return [chair for chair in self.ready() if chair not in active]

    def _reading_along(self) -> list[int]:
        """Chairs of those who are ready to take another's place but for the last characters."""
        waiting = [member.chair for member in self.roster.waiting.values()]
        return [chair for chair in waiting if self.sections.ready()[chair]]

    def _vector(self, weights: dict[str, float]) -> NDArray[np.float64]:
        pi = np.zeros(CHAIRS)
        for slug, weight in weights.items():
            if slug in self.roster.members:
                pi[self.roster.members[slug].chair] = weight
        return pi

    def _weights(self) -> dict[str, float]:
        return dict(zip(self.roster.members, self.pi[self.chairs].tolist(), strict=True))

    def set_weights(self, weights: dict[str, float]) -> None:
        """π from the next character on. Raises EnsembleError, and keeps the last good weights, for what is none."""
        mixture.check_weights(weights, self.roster.members)
        self.pi = self._vector(weights)
        self.journal.weights(weights)

    def join(self, card: Card, node: int = -1) -> None:
        """A style joins with weight 0; one that is here already is replaced as soon as its newer weights are ready.

        On `node`, or where there is most room: so a style moves there, too. Raises EnsembleError for what cannot be.
        """
        node = self._roomiest() if node < 0 else node
        if node and node not in self._nodes:
            raise EnsembleError(f"node {node} is not here")
        try:
            package.check_card(package.Style(card.slug, card.title, card.colour, Architecture(1, 8)), card.slug)
        except ModelsError as e:
            raise EnsembleError(str(e)) from e
        known = self.roster.members.get(card.slug)
        if known and known.card == card and known.chair // SLOTS == node:
            raise EnsembleError(f"{card.slug} plays these weights already")
        if card.slug in self.roster.waiting:  # what was waiting is outdated
            self._change(Change(gives_up=card.slug))
        self._change(Change(joins=self.roster.seat(card, node)))
        self._tell(f"{card.title} is learning the text" if known else f"{card.title} joins")

    def _roomiest(self) -> int:
        """The node with the fewest styles a processor."""
        sits = Counter(member.chair // SLOTS for member in self.roster)
        cpus = {0: self.score.cpus} | {k: node.cpus for k, node in self._nodes.items() if self._hears(k)}
        return min(cpus, key=lambda k: ((sits[k] + 1) / cpus[k], k))

    def _hears(self, node: int) -> bool:
        return node in self.sections.others and not self.sections.others[node].lost

    def _meet(self, told: NodeIsHere) -> None:
        """Another node is there: find its section without making the text wait."""
        if self._connect is None or not 1 <= told.node < MOST_NODES:
            raise EnsembleError(f"node {told.node} cannot be reached from here")
        self._nodes[told.node] = told
        connect = self._connect

        def find() -> None:
            try:
                self._connected.put((told, connect(told.section)))
            except OSError:  # the ensemble's process says it again
                self._connected.put((told, None))

        threading.Thread(target=find, daemon=True).start()

    def _miss(self, node: int) -> None:
        """A node is gone for good; who sat there is lost until they sit elsewhere."""
        self.sections.others.pop(node, None)
        gone = self._nodes.pop(node, None)
        if gone:
            self._tell(f"{gone.host} is gone")

    def _admit_nodes(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                told, post = self._connected.get_nowait()
                if post is None or self._nodes.get(told.node) != told:
                    continue
                self.sections.others[told.node] = Distant(told.section, self.sections.tape, post)
                self._be_seated()
                self._tell(f"{told.host} is here")

    def leave(self, slug: str) -> None:
        """A style goes. Raises EnsembleError for one that speaks alone: the text must go on."""
        weights = self._weights()
        if weights.pop(slug, 0.0) and not any(weights.values()):
            raise EnsembleError(f"{slug} alone speaks: give another style weight before it leaves")
        title = self.roster.members[slug].card.title if slug in self.roster.members else slug
        self._change(Change(leaves=slug))
        if any(weights.values()):
            self.set_weights(weights)
        self._tell(f"{title} has left")

    def _change(self, change: Change) -> None:
        weights = self._weights()
        self.roster.follow(change)
        self.journal.change(change)
        self._be_seated()
        self.pi = self._vector(weights)
        self._moved = True

    def _be_seated(self) -> None:
        """Give the chairs out as the roster says."""
        members = self.roster.members.values()
        self.chairs = np.array([member.chair for member in members], np.intp)
        self._names = {member.chair: member.slug for member in members}
        tickets = self.roster.tickets()
        wide = SLOTS * (1 + max(tickets, default=0) // SLOTS)
        if wide > self._voices.shape[1]:
            self._voices = np.pad(self._voices, ((0, 0), (0, wide - self._voices.shape[1])))
        for chair, ticket in tickets.items():
            if self._tickets.get(chair) != ticket:
                self._tickets[chair] = ticket
                self._voices[:, chair] = 0  # what was said from this chair was another's
            self.sections.give(chair, ticket)

    def _swap(self) -> None:
        """Whoever waits and has read all but the last character takes its place now."""
        for slug, member in list(self.roster.waiting.items()):
            seat = self.sections.seat(member.chair)
            if seat.state == "ready" and seat.behind <= SWAPS_WITHIN:
                before = self._voices[:, self.roster.members[slug].chair].copy()
                self._change(Change(swaps=slug))
                self._voices[:, member.chair] = before
                self._tell(f"{member.card.title} has learnt more")
            elif seat.state == "failed":
                self._change(Change(gives_up=slug))
                self._tell(f"the newer weights of {member.card.title} cannot be played: {seat.message}")

    def _tell(self, event: str) -> None:
        self.event, self.event_at = event, self.event_at + 1
        self._health_at = 0.0  # at once

    def _resume(self) -> None:
        """Continue the journal. The tape is ahead of it by one character if the predecessor died between the two."""
        past, tape = self.journal.past, self.sections.tape
        assert past is not None
        for code in past.text[tape.length - 1 :]:
            tape.append(code)
        for t in range(len(past.text) + 1, tape.length):
            self.journal.char(t, tape.at(t))
        if past.weights:
            self.pi = self._vector(past.weights)
        if past.rate_cps is not None:
            self.rate_cps = past.rate_cps
        self.epoch = past.epoch

    def _listen(self, patience_s: float) -> None:
        self._admit_nodes()
        self.sections.look_in()
        for sender, command in self.desk.commands(patience_s):
            ref = 0
            try:
                told = wire.decode_command(command)
                ref = told.ref
                self.desk.answer(sender, self._obey(told))
            except EnsembleError as e:
                self.desk.answer(sender, Reply(error=str(e), ref=ref))

    def _obey(self, command: wire.Command) -> Reply | Snapshot:
        if isinstance(command, SetWeights):
            self.set_weights(({} if command.replace else self._weights()) | command.weights)
            self._moved = True  # a moved hand is seen at once
        elif isinstance(command, SetRate):
            if not command.cps >= 0:  # NaN neither
                raise EnsembleError("a rate is 0 (stand still) or more characters a second, infinity is all it can")
            self.rate_cps = command.cps
            self.journal.rate(command.cps)
        elif isinstance(command, Join):
            self.join(command.card, command.node)
        elif isinstance(command, NodeIsHere):
            self._meet(command)
        elif isinstance(command, NodeIsGone):
            self._miss(command.node)
        elif isinstance(command, Leave):
            self.leave(command.slug)
        elif isinstance(command, GetSnapshot):
            return self._snapshot(command.since)
        return Reply(ref=command.ref)

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
        voices = self._voices[positions % KEPT][:, self.chairs]
        voices[positions < self.sections.tape.length - KEPT] = 0  # whose letters these are is forgotten
        return self.sections.tape.read(start, stop).tobytes(), voices.tobytes()

    def _publish(self, last: bool = False) -> None:
        now = time.monotonic()
        if now - self._health_at > 1 / HEALTH_HZ:
            self._health_at = now
            self.desk.publish(self._health())
        length = self.sections.tape.length
        fresh = length > self.written or self._moved
        if now - self._frame_at < 1 / (FRAMES_HZ if fresh else STILL_HZ) and not last:
            return
        self._frame_at, self._moved = now, False
        start = max(self.written, length - KEPT)
        chars, voices = self._text(start, length)
        newest = self.newest or Heard([], np.zeros((0, 128), np.float32), np.zeros(0))
        styles = list(self.roster.members)
        here = [k for k, slug in enumerate(newest.slugs) if slug in self.roster.members]
        self.desk.publish(
            Frame(
                epoch=self.epoch,
                t=start,
                chars=chars,
                voices=voices,
                styles=styles,
                pi=self.pi[self.chairs].tolist(),
                active=[styles.index(newest.slugs[k]) for k in here],
                omega=newest.omega[here].astype("<f4").tobytes(),
                rho=newest.rho.astype("<f4").tobytes(),
                rate_cps=self.rate_cps,
                measured_cps=self._measured.cps(now),
                ended=self.ended,
            )
        )
        self.written = length

    def _health(self) -> Health:
        active = set(mixture.active(self.pi).tolist())
        styles = []
        for member in self.roster.members.values():
            seat = self.sections.seat(member.chair)
            late = seat.state == "ready" and member.chair in active and seat.behind > LATE
            state = "late" if late else seat.state
            how = (seat.behind, seat.step_s * 1000, seat.pid, seat.message, seat.restarts)
            styles.append(StyleHealth(member.slug, state, *how))
        return Health(
            epoch=self.epoch,
            pid=os.getpid(),
            styles=styles,
            position=self.sections.tape.length,
            journal=self.journal.trouble,
            roster=list(self.roster),
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


class _Speed:
    """Characters per second over the last moments, and the longest wait for one."""

    def __init__(self) -> None:
        self._count = 0
        self._since = time.monotonic()
        self._cps = 0.0
        self._last = 0.0
        self._longest = 0.0

    def count(self) -> None:
        now = time.monotonic()
        if self._last:
            self._longest = max(self._longest, now - self._last)
        self._count, self._last = self._count + 1, now

    def pause(self) -> None:
        """The text stands still because it is told to."""
        self._last = 0.0

    def cps(self, now: float) -> float:
        if now - self._since > 1.0:
            self._cps = self._count / (now - self._since)
            self._count, self._since = 0, now
        return self._cps

    def longest_s(self) -> float:
        """The longest wait for a character since this was last asked."""
        longest, self._longest = self._longest, 0.0
        return longest
