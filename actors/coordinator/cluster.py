"""All sections of the installation as one: the coordinator's own node, and those on other nodes.

A slot id is node * 64 + slot: the slot ids of node 0 are the slots of the coordinator's own tape. Arrays of the coordinator are
by slot id. The own section is called in process, every other node by one call a step.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from actors.section.remote import RemoteSection
from actors.section.section import Section, SlotStatus
from actors.section.tape import SLOT_IDS, SLOTS, Tape
from models.alphabet import CODES


class Cluster:
    """`own` is node 0; the others come and go."""

    def __init__(self, own: Section) -> None:
        self.own = own
        self.others: dict[int, RemoteSection] = {}

    @property
    def tape(self) -> Tape:
        return self.own.tape

    def ready(self) -> NDArray[np.bool_]:
        """Of every slot id, whether its style can be asked: shape (1024,)."""
        ready = np.zeros(SLOT_IDS, np.bool_)
        ready[:SLOTS] = self.own.ready()
        for node, other in self.others.items():
            ready[node * SLOTS : (node + 1) * SLOTS] = other.ready()
        return ready

    def rows(self, slot_ids: Sequence[int]) -> NDArray[np.float32]:
        """What the styles in `slot_ids` said last, copied: shape (len(slot ids), 128)."""
        if not self.others:
            own: NDArray[np.float32] = self.own.omega[list(slot_ids)]
            return own
        rows = np.empty((len(slot_ids), CODES), np.float32)
        for k, slot_id in enumerate(slot_ids):
            node, slot = divmod(slot_id, SLOTS)
            rows[k] = self.own.omega[slot] if node == 0 else self.others[node].row[slot]
        return rows

    def gather(self, wanted: Sequence[int], deadline_s: float | None) -> list[int]:
        """Ask the slot ids `wanted` for their rows after the whole tape; returns those that answered, in that order."""
        if not self.others:
            return self.own.gather(_here(wanted), deadline_s)
        started = time.monotonic()
        parts = _by_node(wanted)
        for node, other in self.others.items():
            if parts[node]:
                other.ask(parts[node], deadline_s)
        heard = set(self.own.gather(parts[0], deadline_s))
        for node, other in self.others.items():
            if parts[node]:
                heard |= {node * SLOTS + slot for slot in other.gather(parts[node], deadline_s, started)}
        return [slot_id for slot_id in wanted if slot_id in heard]

    def explores(self, slot_ids: Sequence[int]) -> bool:
        """Whether hypotheses can be explored with these: all sit on the own node; elsewhere each round would be a call."""
        return all(slot_id < SLOTS for slot_id in slot_ids)

    def ask(self, wanted: Sequence[int]) -> None:
        """Let the slot ids `wanted` begin to step, and do not wait."""
        if not self.others:
            self.own.ask(_here(wanted))
            return
        parts = _by_node(wanted)
        for node, other in self.others.items():  # theirs is the longer way
            if parts[node]:
                other.ask(parts[node])
        self.own.ask(parts[0])

    def append(self, code: int) -> None:
        """The text goes on by one character; other nodes hear it with their next call."""
        self.own.append(code)

    def keep_up(self, silent: Sequence[int], at_most: int) -> None:
        """Let silent styles read on in idle time: up to `at_most` here, all of them on other nodes."""
        parts = _by_node(silent)
        self.own.keep_up(parts[0], at_most)
        for node, other in self.others.items():
            other.keep_up(parts[node])

    def look_in(self) -> None:
        """At every node, now and then, even if none of its styles speaks."""
        for other in self.others.values():
            other.look_in()

    def seat(self, slot_id: int) -> SlotStatus:
        """How the style in a slot id is."""
        node, slot = divmod(slot_id, SLOTS)
        if node == 0:
            return self.own.seat(slot)
        if node not in self.others:
            return SlotStatus("lost", self.tape.length, 0.0, 0, f"node {node} is not here")
        return self.others[node].seat(slot)

    def give(self, slot_id: int, generation: int) -> None:
        """The slot id is for the style with this generation."""
        node, slot = divmod(slot_id, SLOTS)
        if node == 0:
            self.own.give(slot, generation)
        elif node in self.others:
            self.others[node].give(slot, generation)


def _here(slot_ids: Sequence[int]) -> list[int]:
    """Those on the own node: who sits elsewhere is not heard while no other node is."""
    return [slot_id for slot_id in slot_ids if slot_id < SLOTS]


def _by_node(slot_ids: Iterable[int]) -> dict[int, list[int]]:
    parts: dict[int, list[int]] = defaultdict(list)
    for slot_id in slot_ids:
        node, slot = divmod(slot_id, SLOTS)
        parts[node].append(slot)
    return parts
