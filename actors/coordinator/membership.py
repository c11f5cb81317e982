"""Membership: which style has which slot; joins, swaps and leaves; nodes that come and go.

The roster changes between two characters only. Every change is written into the journal and said as an event. Arrays are by
slot id, node * 64 + slot.
"""

import contextlib
import math
import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from actors import EnsembleError
from actors.coordinator.cluster import Cluster
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.events import Events
from actors.coordinator.monolith_client import MonolithClient
from actors.hands.controls import Controls
from actors.journal.format import Change
from actors.journal.roster import Roster, roomiest
from actors.journal.writer import Journal
from actors.section.remote import Post, RemoteSection
from actors.section.tape import MOST_NODES, SLOT_IDS, SLOTS
from actors.wire.messages import Card, Member, NodeIsHere
from actors.wire.plane import lying_at
from models import ModelsError, package
from models.architecture import Architecture

KEPT = 1 << 16  # characters whose authors are kept for late joiners
SWAPS_WITHIN = 1  # characters that newer weights may be behind when they take the place of the older
LONGEST_PATH, LONGEST_DIGEST = 4096, 64

Connect = Callable[[str], Post]


class Membership:
    """The roster, and the arrays by slot that follow it."""

    def __init__(
        self,
        config: CoordinatorConfig,
        cluster: Cluster,
        monolith: MonolithClient,
        controls: Controls,
        journal: Journal,
        events: Events,
        connect: Connect | None,
    ) -> None:
        """`connect` finds a section of another node by its name and may take a while; without it there is one node."""
        self._cluster, self._monolith, self._controls = cluster, monolith, controls
        self._journal, self._events = journal, events
        self._cpus, self._connect = config.cpus, connect
        self._connected: queue.SimpleQueue[tuple[NodeIsHere, Post | None]] = queue.SimpleQueue()
        self.nodes: dict[int, NodeIsHere] = {}  # those that the ensemble's process has introduced, connected or not
        self.roster = Roster(config.cards, SLOTS, config.nodes)
        for change in journal.past.changes if journal.past else ():
            self.roster.follow(change)
        self._generations: dict[int, int] = {}
        self.slot_ids: NDArray[np.intp]  # of the members, in their order
        self.names: dict[int, str]  # slug of the member in a slot
        self.pi = np.zeros(SLOT_IDS)  # the weights in force
        self.evidence = np.zeros(SLOT_IDS)  # of hand-over pooling, see `actors.mixing.pooling`
        self.voices = np.zeros((KEPT, SLOTS), np.uint8)  # by position % KEPT and slot id, as wide as there are nodes
        self._give_slots()

    def ready(self) -> list[int]:
        """Slot ids of the members that are ready."""
        slot_ids: list[int] = self.slot_ids[self._cluster.ready()[self.slot_ids]].tolist()
        return slot_ids

    def reading_along(self) -> list[int]:
        """Slot ids of newer weights that have read the text but for the last characters."""
        ready = self._cluster.ready()
        return [member.slot_id for member in self.roster.waiting.values() if ready[member.slot_id]]

    def weigh(self, mix: Mapping[str, float]) -> None:
        """The weights of members are these from now on; who is not named has none."""
        self.pi = np.zeros(SLOT_IDS)
        for slug, weight in mix.items():
            if slug in self.roster.members:
                self.pi[self.roster.members[slug].slot_id] = weight

    def join(self, card: Card, node: int = -1) -> None:
        """A style joins with weight 0; one that plays already is replaced as soon as its newer weights are ready.

        On `node`, or where there is most room: so a style moves, too. Raises EnsembleError for a card that cannot join.
        """
        node = self._roomiest() if node < 0 else node
        if node and node not in self.nodes:
            raise EnsembleError(f"node {node} is not here")
        _check_card(card)
        known = self.roster.members.get(card.slug)
        card = msgspec.structs.replace(card, at=known.card.at if known else card.at or self._widest_gap())
        if known and known.card == card and known.slot_id // SLOTS == node:
            raise EnsembleError(f"{card.slug} plays these weights already")
        if card.slug in self.roster.waiting:  # those newer weights are outdated
            self._change(Change(gives_up=card.slug))
        self._change(Change(joins=self.roster.member_for(card, node)))
        if known is None:
            self._events.say(f"{card.title} joins")
        else:
            self._events.say(f"{card.title} moves" if known.card == card else f"{card.title} is learning the text")

    def leave(self, slug: str) -> None:
        """A style leaves. Raises EnsembleError for the only one that has weight: the text must go on."""
        rest = {other: weight for other, weight in self._controls.mix.items() if other != slug}
        speaks = any(weight > 0 for weight in rest.values())
        if self._controls.mix.get(slug) and not speaks:
            raise EnsembleError(f"{slug} alone speaks: give another style weight before it leaves")
        title = self.roster.members[slug].card.title if slug in self.roster.members else slug
        self._change(Change(leaves=slug))
        if speaks:
            self._journal.weights(self._controls.mix)
        self._events.say(f"{title} has left")

    def swap(self) -> None:
        """Newer weights that have read all but the last character take the place of the older; broken ones are given up."""
        for slug, newer in list(self.roster.waiting.items()):
            status = self._cluster.status(newer.slot_id)
            if status.state == "ready" and status.behind <= SWAPS_WITHIN:
                older = self.roster.members[slug]
                voices = self.voices[:, older.slot_id].copy()
                self._change(Change(swaps=slug))
                self.voices[:, newer.slot_id] = voices
                self.evidence[newer.slot_id] = self.evidence[older.slot_id]
                self._events.say(f"{newer.card.title} has {'moved' if older.card == newer.card else 'learnt more'}")
            elif status.state == "failed":
                self._change(Change(gives_up=slug))
                self._events.say(f"the newer weights of {newer.card.title} cannot be played: {status.message}")

    def meet_node(self, node: NodeIsHere) -> None:
        """Another node is there: its section is found without making the text wait. Raises EnsembleError."""
        if self._connect is None or not 1 <= node.node < MOST_NODES:
            raise EnsembleError(f"node {node.node} cannot be reached from here")
        if not (math.isfinite(node.cpus) and node.cpus > 0):
            raise EnsembleError(f"node {node.node} cannot have {node.cpus} processors")
        self.nodes[node.node] = node
        connect = self._connect

        def find() -> None:
            try:
                self._connected.put((node, connect(node.section)))
            except OSError:  # the ensemble's process introduces it again
                self._connected.put((node, None))

        threading.Thread(target=find, daemon=True).start()

    def miss_node(self, index: int) -> None:
        """A node is gone for good; its styles are lost until they play elsewhere."""
        self._cluster.others.pop(index, None)
        node = self.nodes.pop(index, None)
        if node:
            self._events.say(f"{node.host} is gone")

    def admit_nodes(self) -> None:
        """Take in the sections that have been found meanwhile."""
        with contextlib.suppress(queue.Empty):
            while True:
                node, post = self._connected.get_nowait()
                if post is None or self.nodes.get(node.node) != node:
                    continue
                self._cluster.others[node.node] = RemoteSection(node.section, self._cluster.tape, post)
                self._give_slots()
                self._events.say(f"{node.host} is here")

    def _widest_gap(self) -> tuple[float, float] | None:
        """The point of a style that has none, once and for all; None while no style has one."""
        taken = [member.card.at for member in self.roster.members.values()]
        return lying_at([*taken, None])[-1] if any(taken) else None

    def _roomiest(self) -> int:
        """The node with the fewest styles a processor."""
        styles = Counter(member.slot_id // SLOTS for member in self.roster)
        here = {k: node for k, node in self.nodes.items() if k in self._cluster.others}
        cpus = {0: self._cpus} | {k: node.cpus for k, node in here.items() if not self._cluster.others[k].lost}
        return roomiest(styles, cpus)

    def _change(self, change: Change) -> None:
        self.roster.follow(change)
        self._journal.change(change)
        self._give_slots()
        self._controls.meet(self.roster.members)
        self.weigh(self._controls.mix)
        self._events.moved = True

    def _give_slots(self) -> None:
        """Give the slots to those the roster names."""
        members: list[Member] = list(self.roster.members.values())
        self.slot_ids = np.array([member.slot_id for member in members], np.intp)
        self.names = {member.slot_id: member.slug for member in members}
        self._monolith.meet(self.names)
        generations = self.roster.generations()
        wide = SLOTS * (1 + max(generations, default=0) // SLOTS)
        if wide > self.voices.shape[1]:
            self.voices = np.pad(self.voices, ((0, 0), (0, wide - self.voices.shape[1])))
        for slot_id, generation in generations.items():
            if self._generations.get(slot_id) != generation:
                self._generations[slot_id] = generation
                self.voices[:, slot_id] = 0  # an earlier style of this slot wrote those letters
            self._cluster.give(slot_id, generation)


def _check_card(card: Card) -> None:
    """Raises EnsembleError for a card that cannot be shown or loaded."""
    try:
        package.check_card(package.Style(card.slug, card.title, card.colour, Architecture(1, 8)), card.slug)
    except ModelsError as e:
        raise EnsembleError(str(e)) from e
    if len(card.package) > LONGEST_PATH or len(card.weights_sha256) > LONGEST_DIGEST or "\0" in card.package:
        raise EnsembleError("the package's path or digest is too long, or none")
    if card.at is not None and not all(abs(coordinate) <= 1 for coordinate in card.at):  # NaN neither
        raise EnsembleError("a style lies at a point from -1 to 1")
