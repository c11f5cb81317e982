"""Who sits where, and with what weight: the part of the coordinator that the roster is about.

Styles join, leave, move and are replaced between two characters; other nodes come and go. Arrays are by slot id.
"""

import contextlib
import math
import queue
import threading
from collections import Counter
from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from actors import EnsembleError
from actors.coordinator.cluster import Cluster
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.monolith_client import MonolithClient
from actors.hands.fusion import Fusion
from actors.journal.roster import Change, Roster
from actors.journal.writer import Journal
from actors.mixing import mixture, pooling
from actors.section.remote import Post, RemoteSection
from actors.section.section import Section
from actors.section.tape import MOST_NODES, SLOT_IDS, SLOTS
from actors.wire import parameters
from actors.wire.messages import Card, NodeIsHere
from actors.wire.plane import lying_at
from models import ModelsError, package
from models.architecture import Architecture

KEPT = 1 << 16  # characters whose voices are kept for late joiners
SWAPS_WITHIN = 1  # characters that newer weights may be behind when they take the place of the older
LONGEST_PATH, LONGEST_DIGEST = 4096, 64


class Seating:
    """Members, their slot ids and weights; what changes is written into the journal and said in `event`."""

    def __init__(self, score: CoordinatorConfig, journal: Journal, connect: Callable[[str], Post] | None) -> None:
        self.score, self.journal = score, journal
        self.sections = Cluster(Section(score.tape))
        self.monolith = MonolithClient(self.sections.own, score.monolith)
        self._connect = connect
        self._connected: queue.SimpleQueue[tuple[NodeIsHere, Post | None]] = queue.SimpleQueue()
        self._nodes: dict[int, NodeIsHere] = {}  # those that were told of, connected or not
        self.event, self.event_at = "", 0
        self._moved = False  # something is to be seen at once
        self._health_at = 0.0  # when everyone's health was last told
        self.roster = Roster(score.cards, SLOTS, score.nodes)
        for change in journal.past.changes if journal.past else ():
            self.roster.follow(change)
        self.slot_ids: NDArray[np.intp]  # of the members, in their order
        self._names: dict[int, str]  # of the members, by slot id
        self._generations: dict[int, int] = {}
        self.settings, self.ahead = score.settings, score.ahead
        self.pi = np.zeros(SLOT_IDS)  # by slot id
        self.evidence = np.zeros(
            SLOT_IDS
        )  # by slot id: how likely each finds the word so far, see actors.mixing.pooling
        self._voices = np.zeros((KEPT, SLOTS), np.uint8)  # by slot id too, as wide as there are nodes
        self.fusion = Fusion(score.release_s)
        self._be_seated()
        self.pi = self._vector(score.mix)
        self.fusion.stand(self._weights())

    def ready(self) -> list[int]:
        """Chairs of the members who are ready."""
        slot_ids: list[int] = self.slot_ids[self.sections.ready()[self.slot_ids]].tolist()
        return slot_ids

    @property
    def effective_weights(self) -> NDArray[np.float64]:
        """π as it counts in this manner of pooling."""
        return pooling.effective_weights(self.settings, self.pi)

    def _silent(self) -> list[int]:
        active = set(
            self._own(
                self.effective_weights, self.monolith.speaks_for(self.effective_weights) if self.monolith.ready else []
            )
        )
        return [slot_id for slot_id in self.ready() if slot_id not in active]

    def _own(self, pi: NDArray[np.float64], crossed: list[int]) -> list[int]:
        """The slot ids whose own actors are to be heard: those with weight that have not given all of it to the monolith."""
        active: list[int] = mixture.active(pi).tolist()
        if not crossed or self.settings.cross < 1:
            return active
        return [slot_id for slot_id in active if slot_id not in crossed]

    def _reading_along(self) -> list[int]:
        """Chairs of those who are ready to take another's place but for the last characters."""
        waiting = [member.slot_id for member in self.roster.waiting.values()]
        return [slot_id for slot_id in waiting if self.sections.ready()[slot_id]]

    def _vector(self, weights: dict[str, float]) -> NDArray[np.float64]:
        pi = np.zeros(SLOT_IDS)
        for slug, weight in weights.items():
            if slug in self.roster.members:
                pi[self.roster.members[slug].slot_id] = weight
        return pi

    def _weights(self) -> dict[str, float]:
        return dict(zip(self.roster.members, self.pi[self.slot_ids].tolist(), strict=True))

    def set_weights(self, weights: dict[str, float]) -> None:
        """π from the next character on. Raises EnsembleError, and keeps the last good weights, for what is none."""
        self.check_weights(weights)
        self.pi = self._vector(weights)
        self.fusion.stand(self._weights())
        self.journal.weights(self._weights())

    def check_weights(self, weights: dict[str, float], whole: bool = True) -> None:
        """Raises EnsembleError for what cannot be weights of members, or of a `whole` mix, in this manner of pooling."""
        below_zero = self.settings.pooling == parameters.LOG_LINEAR
        mixture.check_weights(weights, self.roster.members, whole, below_zero)

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
        if len(card.package) > LONGEST_PATH or len(card.weights_sha256) > LONGEST_DIGEST or "\0" in card.package:
            raise EnsembleError("the package's path or digest is too long, or none")
        if card.at is not None and not all(abs(coordinate) <= 1 for coordinate in card.at):  # NaN neither
            raise EnsembleError("a style lies at a place from -1 to 1")
        known = self.roster.members.get(card.slug)
        card = msgspec.structs.replace(card, at=known.card.at if known else card.at or self._widest_gap())
        if known and known.card == card and known.slot_id // SLOTS == node:
            raise EnsembleError(f"{card.slug} plays these weights already")
        if card.slug in self.roster.waiting:  # what was waiting is outdated
            self._change(Change(gives_up=card.slug))
        self._change(Change(joins=self.roster.seat(card, node)))
        self._tell(
            f"{card.title} moves"
            if known and known.card == card
            else f"{card.title} is learning the text"
            if known
            else f"{card.title} joins"
        )

    def _widest_gap(self) -> tuple[float, float] | None:
        """Where one lies that nobody has found a place for, once and for all; None while nobody has one."""
        taken = [member.card.at for member in self.roster.members.values()]
        return lying_at([*taken, None])[-1] if any(taken) else None

    def _roomiest(self) -> int:
        """The node with the fewest styles a processor."""
        sits = Counter(member.slot_id // SLOTS for member in self.roster)
        cpus = {0: self.score.cpus} | {k: node.cpus for k, node in self._nodes.items() if self._hears(k)}
        return min(cpus, key=lambda k: ((sits[k] + 1) / cpus[k], k))

    def _hears(self, node: int) -> bool:
        return node in self.sections.others and not self.sections.others[node].lost

    def _meet(self, told: NodeIsHere) -> None:
        """Another node is there: find its section without making the text wait."""
        if self._connect is None or not 1 <= told.node < MOST_NODES:
            raise EnsembleError(f"node {told.node} cannot be reached from here")
        if not (math.isfinite(told.cpus) and told.cpus > 0):
            raise EnsembleError(f"node {told.node} has {told.cpus} processors: that cannot be")
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
                self.sections.others[told.node] = RemoteSection(told.section, self.sections.tape, post)
                self._be_seated()
                self._tell(f"{told.host} is here")

    def leave(self, slug: str) -> None:
        """A style goes. Raises EnsembleError for one that speaks alone: the text must go on."""
        weights = self._weights()
        if weights.pop(slug, 0.0) and not any(weight > 0 for weight in weights.values()):
            raise EnsembleError(f"{slug} alone speaks: give another style weight before it leaves")
        title = self.roster.members[slug].card.title if slug in self.roster.members else slug
        self._change(Change(leaves=slug))
        if any(weight > 0 for weight in weights.values()):
            self.journal.weights(self._weights())
        self._tell(f"{title} has left")

    def _change(self, change: Change) -> None:
        weights = self._weights()
        self.roster.follow(change)
        self.journal.change(change)
        self._be_seated()
        self.pi = self._vector(weights)
        self.fusion.meet(self.roster.members)
        self._moved = True

    def _be_seated(self) -> None:
        """Give the slot ids out as the roster says."""
        members = self.roster.members.values()
        self.slot_ids = np.array([member.slot_id for member in members], np.intp)
        self._names = {member.slot_id: member.slug for member in members}
        self.monolith.meet(self._names)
        generations = self.roster.generations()
        wide = SLOTS * (1 + max(generations, default=0) // SLOTS)
        if wide > self._voices.shape[1]:
            self._voices = np.pad(self._voices, ((0, 0), (0, wide - self._voices.shape[1])))
        for slot_id, generation in generations.items():
            if self._generations.get(slot_id) != generation:
                self._generations[slot_id] = generation
                self._voices[:, slot_id] = 0  # what was said from this slot id was another's
            self.sections.give(slot_id, generation)

    def _swap(self) -> None:
        """Whoever waits and has read all but the last character takes its place now."""
        for slug, member in list(self.roster.waiting.items()):
            seat = self.sections.seat(member.slot_id)
            if seat.state == "ready" and seat.behind <= SWAPS_WITHIN:
                older = self.roster.members[slug]
                before = self._voices[:, older.slot_id].copy()
                self._change(Change(swaps=slug))
                self._voices[:, member.slot_id] = before
                self.evidence[member.slot_id] = self.evidence[older.slot_id]
                self._tell(f"{member.card.title} has {'moved' if older.card == member.card else 'learnt more'}")
            elif seat.state == "failed":
                self._change(Change(gives_up=slug))
                self._tell(f"the newer weights of {member.card.title} cannot be played: {seat.message}")

    def _tell(self, event: str) -> None:
        self.event, self.event_at = event, self.event_at + 1
        self._health_at = 0.0  # at once
