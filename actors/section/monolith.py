"""The monolith's actor: one process that has many styles, and says what all of them say at their weights.

Its life is that of `actors.section.worker`. What it holds is a function of the tape and of the weights on it: the weights that a
character is drawn with are heard with the one before. So it can begin to step only when it is asked for the next row, and
those weights are known; till then it reads on to the last character but one.

Beside that it reads the text with each of its styles alone, all in one batch, and leaves those rows, too: they show who
speaks, and whose a letter is.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from actors.section import worker
from actors.section.tape import MONOLITH, PIS
from actors.section.worker import PREFILL, Reader
from models.engines import monolith_engine
from models.engines.monolith_engine import Voices


class Monolith:
    """What Ray holds the one of, where there is one."""

    def __init__(self, tape_name: str, generation: int, graph: str, weights: str) -> None:
        """`graph` is the step graph's file, `weights` the package's."""

        worker.in_a_thread(tape_name, MONOLITH, generation, MonolithReader, _loading(graph, weights))

    def pid(self) -> int:
        return os.getpid()


def live(tape_name: str, generation: int, graph: str, weights: str) -> None:
    """Attach to the tape and serve the monolith's slot, in this process, as long as it is ours."""
    worker.serve(worker.wait_for(tape_name), MONOLITH, generation, MonolithReader, _loading(graph, weights))


def _loading(graph: str, weights: str) -> Callable[[], tuple[Voices, str]]:
    return lambda: (Voices(monolith_engine.load(Path(graph), Path(weights))), "")


class MonolithReader(Reader[Voices]):
    """The monolith's engine and how far along the tape it is."""

    def catch_up(self) -> None:
        node, slot, voices = self.node, self.slot, self.engine
        while self.ours:
            started, length = time.monotonic(), node.length
            if (
                length - self.at > PIS - PREFILL
            ):  # so long away that the tape forgets: begin where it will not for a while
                voices.reset()
                self.at = length - PIS // 2
            if self.at < length - 1:
                stop = min(length - 1, self.at + PREFILL)
                pis = node.weights(self.at + 1, stop + 1)[:, : voices.styles].astype(np.float32)
                voices.consume(node.read(self.at, stop), pis)
                self.at = node.answered[slot] = stop
            elif self.at < length and node.wanted[slot] == length:
                pi = node.weights(length, length + 1)[0, : voices.styles].astype(np.float32)
                y = voices.step(node.at(self.at), pi)
                node.row[slot], node.alone[: voices.styles] = y[0], y[1:]
                self.at = node.answered[slot] = length
            else:
                return
            node.step_s[slot] = time.monotonic() - started
