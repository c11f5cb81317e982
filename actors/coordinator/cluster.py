"""All sections of the installation as one: the coordinator's own node, and those on other nodes.

A chair is node * 64 + slot: the chairs of node 0 are the slots of the coordinator's own tape. Arrays of the coordinator are
by chair. The own section is called in process, every other node by one call a step.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from actors.section.remote import Distant
from actors.section.section import Seat, Section
from actors.section.tape import CHAIRS, SLOTS, Tape
from models.alphabet import CODES


class Sections:
    """`own` is node 0; the others come and go."""

    def __init__(self, own: Section) -> None:
        self.own = own
        self.others: dict[int, Distant] = {}

    @property
    def tape(self) -> Tape:
        return self.own.tape

    def ready(self) -> NDArray[np.bool_]:
        """Of every chair, whether its style can be asked: shape (1024,)."""
        ready = np.zeros(CHAIRS, np.bool_)
        ready[:SLOTS] = self.own.ready()
        for node, other in self.others.items():
            ready[node * SLOTS : (node + 1) * SLOTS] = other.ready()
        return ready

    def rows(self, chairs: Sequence[int]) -> NDArray[np.float32]:
        """What the styles in `chairs` said last, copied: shape (len(chairs), 128)."""
        if not self.others:
            own: NDArray[np.float32] = self.own.omega[list(chairs)]
            return own
        rows = np.empty((len(chairs), CODES), np.float32)
        for k, chair in enumerate(chairs):
            node, slot = divmod(chair, SLOTS)
            rows[k] = self.own.omega[slot] if node == 0 else self.others[node].row[slot]
        return rows

    def gather(self, wanted: Sequence[int], deadline_s: float | None) -> list[int]:
        """Ask the chairs `wanted` for their rows after the whole tape; returns those that answered, in that order."""
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
        return [chair for chair in wanted if chair in heard]

    def explores(self, chairs: Sequence[int]) -> bool:
        """Whether hypotheses can be explored with these: all sit on the own node; elsewhere each round would be a call."""
        return all(chair < SLOTS for chair in chairs)

    def ask(self, wanted: Sequence[int]) -> None:
        """Let the chairs `wanted` begin to step, and do not wait."""
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

    def seat(self, chair: int) -> Seat:
        """How the style in a chair is."""
        node, slot = divmod(chair, SLOTS)
        if node == 0:
            return self.own.seat(slot)
        if node not in self.others:
            return Seat("lost", self.tape.length, 0.0, 0, f"node {node} is not here")
        return self.others[node].seat(slot)

    def give(self, chair: int, ticket: int) -> None:
        """The chair is for the style with this ticket."""
        node, slot = divmod(chair, SLOTS)
        if node == 0:
            self.own.give(slot, ticket)
        elif node in self.others:
            self.others[node].give(slot, ticket)


def _here(chairs: Sequence[int]) -> list[int]:
    """Those on the own node: who sits elsewhere is not heard while no other node is."""
    return [chair for chair in chairs if chair < SLOTS]


def _by_node(chairs: Iterable[int]) -> dict[int, list[int]]:
    parts: dict[int, list[int]] = defaultdict(list)
    for chair in chairs:
        node, slot = divmod(chair, SLOTS)
        parts[node].append(slot)
    return parts
