"""The monolith's actor: one process that has many styles, and says what all of them say at their weights.

Its life is that of `actors.serving`. What it holds is a function of the tape and of the weights on it: the weights that a
character is drawn with are heard with the one before. So it can begin to step only when it is asked for the next row, and
those weights are known; till then it reads on to the last character but one.

With its row it leaves what it would say if each style with weight was heard alone *now*, after the same text at the same
weights: rows of the very same memory, which show who speaks, and whose a letter is.
"""

import os
import time
from pathlib import Path

import numpy as np

from actors import serving
from actors.serving import PREFILL, Reader
from actors.tape import MONOLITH, PIS
from models.engines import monolith_engine
from models.engines.monolith_engine import MonolithEngine
from models.monolith import MOST_VOICES


class Monolith:
    """What Ray holds the one of, where there is one."""

    def __init__(self, tape_name: str, ticket: int, graph: str, weights: str) -> None:
        """`graph` is the step graph's file, `weights` the package's."""

        def load() -> tuple[MonolithEngine, str]:
            return monolith_engine.load(Path(graph), Path(weights)), ""

        serving.in_a_thread(tape_name, MONOLITH, ticket, MonolithReader, load)

    def pid(self) -> int:
        return os.getpid()


def live(tape_name: str, ticket: int, graph: str, weights: str) -> None:
    """Attach to the tape and serve the monolith's slot, in this process, as long as it is ours."""
    reads = serving.wait_for(tape_name), MONOLITH, ticket, MonolithReader
    serving.serve(*reads, lambda: (monolith_engine.load(Path(graph), Path(weights)), ""))


class MonolithReader(Reader[MonolithEngine]):
    """The monolith's engine and how far along the tape it is."""

    def catch_up(self) -> None:
        node, slot, engine = self.node, self.slot, self.engine
        one = np.eye(MOST_VOICES, engine.styles, dtype=np.float32)
        while self.ours:
            started, length = time.monotonic(), node.length
            if length - self.at > PIS:  # so long away that the tape has forgotten: begin at the oldest weights it holds
                engine.reset()
                self.at = length - PIS + PREFILL
            if self.at < length - 1:
                stop = min(length - 1, self.at + PREFILL)
                engine.consume(node.read(self.at, stop), _shares(node.weights(self.at + 1, stop + 1), engine.styles))
                self.at = node.answered[slot] = stop
            elif self.at < length and node.wanted[slot] == length:
                pi = _shares(node.weights(length, length + 1), engine.styles)  # (1, styles)
                alone = np.flatnonzero(pi[0])
                batch = 1 + len(alone)
                y = engine.step((0,) * batch, (node.at(self.at),) * batch, np.concatenate([pi, one[alone]]))
                engine.back_to(engine.keep(), 0)
                node.row[slot], node.alone[alone] = y[0], y[1:]
                self.at = node.answered[slot] = length
            else:
                return
            node.step_s[slot] = time.monotonic() - started


def _shares(
    pis: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], styles: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Weights as they are on the tape, (T, 64), for the engine: (T, styles)."""
    return pis[:, :styles].astype(np.float32)
