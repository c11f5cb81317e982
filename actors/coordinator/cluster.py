"""The sections of all nodes as one: that of the coordinator's own node, and those of other nodes.

A slot id is node * 64 + slot, so those of node 0 are the slots of the coordinator's own tape. The own section is called in
process, every other node by one call a step.
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
    """`own` is node 0; `others`, by their index, come and go."""

    def __init__(self, own: Section) -> None:
        self.own = own
        self.others: dict[int, RemoteSection] = {}

    @property
    def tape(self) -> Tape:
        return self.own.tape

    def ready(self) -> NDArray[np.bool_]:
        """Slots whose style can be asked: shape (1024,)."""
        ready = np.zeros(SLOT_IDS, np.bool_)
        ready[:SLOTS] = self.own.ready()
        for node, other in self.others.items():
            ready[node * SLOTS : (node + 1) * SLOTS] = other.ready()
        return ready

    def _rows(self, slot_ids: Sequence[int]) -> NDArray[np.float32]:
        if not self.others:
            own: NDArray[np.float32] = self.own.omega[list(slot_ids)]
            return own
        rows = np.empty((len(slot_ids), CODES), np.float32)
        for k, slot_id in enumerate(slot_ids):
            node, slot = divmod(slot_id, SLOTS)
            rows[k] = self.own.omega[slot] if node == 0 else self.others[node].row[slot]
        return rows

    def gather(self, wanted: Sequence[int], deadline_s: float | None) -> tuple[list[int], NDArray[np.float32]]:
        """Ask the styles in `wanted` for their rows after the whole tape; returns those that answered, in that order.

        With them comes Ω: their rows, copied, shape (k, 128).
        """
        slot_ids = self._gather(wanted, deadline_s)
        return slot_ids, self._rows(slot_ids)

    def _gather(self, wanted: Sequence[int], deadline_s: float | None) -> list[int]:
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
        """True when these styles can explore hypotheses: all are on the own node; elsewhere each round would be a call."""
        return all(slot_id < SLOTS for slot_id in slot_ids)

    def ask(self, wanted: Sequence[int]) -> None:
        """Wakes the styles in `wanted` so that they begin to step, and does not wait."""
        if not self.others:
            self.own.ask(_here(wanted))
            return
        parts = _by_node(wanted)
        for node, other in self.others.items():  # their answers take longer
            if parts[node]:
                other.ask(parts[node])
        self.own.ask(parts[0])

    def keep_up(self, silent: Sequence[int], at_most: int) -> None:
        """Lets silent styles read on in idle time: up to `at_most` here, all of them on other nodes."""
        parts = _by_node(silent)
        self.own.keep_up(parts[0], at_most)
        for node, other in self.others.items():
            other.keep_up(parts[node])

    def look_in(self) -> None:
        """Call every other node now and then, even if none of its styles speaks."""
        for other in self.others.values():
            other.look_in()

    def status(self, slot_id: int) -> SlotStatus:
        """The status of the style in a slot."""
        node, slot = divmod(slot_id, SLOTS)
        if node == 0:
            return self.own.status(slot)
        if node not in self.others:
            return SlotStatus("lost", self.tape.length, 0.0, 0, f"node {node} is not here")
        return self.others[node].status(slot)

    def give(self, slot_id: int, generation: int) -> None:
        """Give the slot to the style of this generation."""
        node, slot = divmod(slot_id, SLOTS)
        if node == 0:
            self.own.give(slot, generation)
        elif node in self.others:
            self.others[node].give(slot, generation)


def _here(slot_ids: Sequence[int]) -> list[int]:
    """The slots of the own node; while there is no other node, no other style is heard."""
    return [slot_id for slot_id in slot_ids if slot_id < SLOTS]


def _by_node(slot_ids: Iterable[int]) -> dict[int, list[int]]:
    parts: dict[int, list[int]] = defaultdict(list)
    for slot_id in slot_ids:
        node, slot = divmod(slot_id, SLOTS)
        parts[node].append(slot)
    return parts
