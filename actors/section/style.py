"""The style actor: one process per style that reads the tape, steps its engine and writes its row of Ω.

Its life is that of `actors.section.worker`. If it is asked to explore, it writes hypotheses on from the end of the text, and
leaves a row for each. When the text goes on as one of them began, it goes on from that one, and has nothing to step.

What it holds is a function of the tape, so a style that was silent, killed or new speaks as if it had always read along.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from actors.section import worker
from actors.section.tape import RING, Tape
from actors.section.worker import PREFILL, Reader
from models import ModelsError, engines
from models.engines import Engine


class Style:
    """What Ray holds one of for every style."""

    def __init__(
        self, tape_name: str, slot: int, generation: int, graph: str, weights: str = "", unplayable: str = ""
    ) -> None:
        """`graph` is the step graph's file, `weights` for a GPU the package's; `unplayable` says why there is neither."""
        worker.in_a_thread(tape_name, slot, generation, StyleReader, _loading(graph, weights, unplayable))

    def pid(self) -> int:
        return os.getpid()


def live(tape_name: str, slot: int, generation: int, graph: str) -> None:
    """Attach to the tape and serve one slot with the engine of this graph, in this process, as long as it is ours."""
    worker.serve(worker.wait_for(tape_name), slot, generation, StyleReader, _loading(graph))


def _loading(graph: str, weights: str = "", unplayable: str = "") -> Callable[[], tuple[Engine, str]]:
    def load() -> tuple[Engine, str]:
        if unplayable:
            raise ModelsError(unplayable)
        return engines.load(Path(graph), Path(weights) if weights else None)

    return load


class StyleReader(Reader[Engine]):
    """A style's engine and how far along the tape it is."""

    def __init__(self, node: Tape, slot: int, generation: int) -> None:
        super().__init__(node, slot, generation)
        self.exploring: _Exploring | None = None

    def catch_up(self) -> None:
        node, slot, engine = self.node, self.slot, self.engine
        while (length := node.length) > self.at and self.ours:
            started = time.monotonic()
            if self.exploring:
                self._leave_hypotheses(length)
                continue
            if length - self.at > RING:  # so long away that the tape has forgotten: begin at the oldest it holds
                engine.reset()
                self.at = length - RING + PREFILL
            if length - self.at > 1:
                stop = min(length - 1, self.at + PREFILL)
                engine.consume(node.read(self.at, stop))
                self.at = stop
            if length - self.at == 1:
                y = engine.step((0,), (node.at(self.at),))
                self.at = length
                node.row[slot] = y[0]
                node.answered[slot] = length
            node.step_s[slot] = time.monotonic() - started

    def explore(self) -> None:
        """Write the hypotheses of the search's round on, and leave their rows, if this is where the text ends."""
        node, slot, engine = self.node, self.slot, self.engine
        asked = node.round()
        if asked is None or asked.number != node.sought[slot] or asked.length != self.at or node.length != self.at:
            return
        started = time.monotonic()
        now = self.exploring
        if now is None:
            now = self.exploring = _Exploring(engine.keep())
        if asked.level == 1 or asked.number != now.number + 1:  # from the text on, also after a round that was missed
            engine.back_to(now.text, 0)
            y = engine.step((0,) * len(asked.chars), asked.paths[:, 0].tolist())
            now.firsts, now.chars, now.rows = engine.keep(), asked.paths[:, 0].copy(), y.copy()
            everyone = range(len(asked.chars))
            for level in range(1, asked.level):
                y = engine.step(everyone, asked.paths[:, level].tolist())
        else:
            y = engine.step(asked.parents, asked.chars)
        now.number = asked.number
        node.hypotheses[slot, : len(y)] = y
        node.explored[slot] = asked.number
        node.step_s[slot] = time.monotonic() - started

    def _leave_hypotheses(self, length: int) -> None:
        """The text has gone on: as one of the hypotheses began, whose row is known already, or otherwise."""
        node, slot, engine, was = self.node, self.slot, self.engine, self.exploring
        assert was is not None
        self.exploring = None
        same = np.flatnonzero(was.chars == node.at(self.at)).tolist()
        if not same or length - self.at > RING:
            engine.back_to(was.text, 0)
            return
        engine.back_to(was.firsts, same[0])
        self.at += 1
        if self.at == length:
            node.row[slot] = was.rows[same[0]]
            node.answered[slot] = length


@dataclass
class _Exploring:
    """What a style keeps while its engine is with hypotheses: where the text ends, and their first characters."""

    text: Any  # the engine's state there,
    firsts: Any = None  # and after each of
    chars: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))  # these
    rows: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 128), np.float32))  # with these rows
    number: int = 0  # of the round that was explored last
