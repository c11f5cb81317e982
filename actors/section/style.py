"""The style actor: one process per style that reads the tape, steps its engine and writes its row of Ω.

Its life is that of `actors.section.worker`. A lookahead lets it write hypotheses on from the end of the text and leave
a row for each. When the text goes on as one of them began, it continues from that one, and has nothing to step.

Its state is a function of the tape, so a style that was silent, killed or new speaks as if it had always read along.
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
from actors.section.worker import PREFILL, Worker
from models import ModelsError, engines
from models.engines import Engine


class StyleActor:
    """Ray's actor: one for every style."""

    def __init__(
        self, tape_name: str, slot: int, generation: int, graph: str, weights: str = "", unplayable: str = ""
    ) -> None:
        """`graph`: the step graph's file; `weights`: the package's, for a GPU; `unplayable`: why there is neither."""
        worker.in_a_thread(tape_name, slot, generation, StyleWorker, loading(graph, weights, unplayable))

    def pid(self) -> int:
        return os.getpid()


def loading(graph: str, weights: str = "", unplayable: str = "") -> Callable[[], tuple[Engine, str]]:
    def load() -> tuple[Engine, str]:
        if unplayable:
            raise ModelsError(unplayable)
        return engines.load(Path(graph), Path(weights) if weights else None)

    return load


class StyleWorker(Worker[Engine]):
    """A style's engine and its position on the tape."""

    def __init__(self, tape: Tape, slot: int, generation: int) -> None:
        super().__init__(tape, slot, generation)
        self.exploring: _Exploring | None = None

    def catch_up(self) -> None:
        tape, slot, engine = self.tape, self.slot, self.engine
        while (length := tape.length) > self.at and self.ours:
            started = time.monotonic()
            if self.exploring:
                self._leave_hypotheses(length)
                continue
            if length - self.at > RING:  # so long away that the tape has forgotten: begin at the oldest it holds
                engine.reset()
                self.at = length - RING + PREFILL
            if length - self.at > 1:
                stop = min(length - 1, self.at + PREFILL)
                engine.consume(tape.read(self.at, stop))
                self.at = stop
            if length - self.at == 1:
                y = engine.step((0,), (tape.at(self.at),))
                self.at = length
                tape.row[slot] = y[0]
                tape.answered[slot] = length
            tape.step_s[slot] = time.monotonic() - started

    def explore(self) -> None:
        """Leave the rows of the round's hypotheses, if the text ends where they begin."""
        tape, slot, engine = self.tape, self.slot, self.engine
        asked = tape.round()
        if asked is None or asked.number != tape.sought[slot] or asked.length != self.at or tape.length != self.at:
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
        tape.hypotheses[slot, : len(y)] = y
        tape.explored[slot] = asked.number
        tape.step_s[slot] = time.monotonic() - started

    def _leave_hypotheses(self, length: int) -> None:
        """Return to the text: to the hypothesis it went on with, whose row is known already, or to its end before."""
        tape, slot, engine, was = self.tape, self.slot, self.engine, self.exploring
        assert was is not None
        self.exploring = None
        same = np.flatnonzero(was.chars == tape.at(self.at)).tolist()
        if not same or length - self.at > RING:
            engine.back_to(was.text, 0)
            return
        engine.back_to(was.firsts, same[0])
        self.at += 1
        if self.at == length:
            tape.row[slot] = was.rows[same[0]]
            tape.answered[slot] = length


@dataclass
class _Exploring:
    """The state kept while the engine explores hypotheses: at the end of the text, and after their first characters."""

    text: Any  # the engine's state there,
    firsts: Any = None  # and after each of
    chars: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))  # these
    rows: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 128), np.float32))  # with these rows
    number: int = 0  # of the round that was explored last
