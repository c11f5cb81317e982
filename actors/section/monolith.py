"""The monolith's actor: one network with many styles, whose row is of all of them at their weights.

Its life is that of `actors.section.worker`. Its state is a function of the tape and of the weights on it: it reads a
character together with the weights that the next one is drawn with. So it can step only when it is asked for the next
row, and those weights are known; till then it reads to the last character but one.

It also reads the text with each of its styles alone, all in one batch, and leaves those rows: they show which style speaks,
and whose a letter is.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from actors.section import worker
from actors.section.tape import MONOLITH, PIS
from actors.section.worker import PREFILL, Worker
from models.engines import monolith_engine
from models.engines.monolith_engine import Voices


class MonolithActor:
    """Ray's actor: one an installation, where there is a monolith."""

    def __init__(self, tape_name: str, generation: int, graph: str, weights: str) -> None:
        """`graph` is the step graph's file, `weights` the package's."""

        worker.in_a_thread(tape_name, MONOLITH, generation, MonolithWorker, loading(graph, weights))

    def pid(self) -> int:
        return os.getpid()


def loading(graph: str, weights: str) -> Callable[[], tuple[Voices, str]]:
    return lambda: (Voices(monolith_engine.load(Path(graph), Path(weights))), "")


class MonolithWorker(Worker[Voices]):
    """The monolith's engine and its position on the tape."""

    def catch_up(self) -> None:
        tape, slot, voices = self.tape, self.slot, self.engine
        while self.ours:
            started, length = time.monotonic(), tape.length
            if length - self.at > PIS - PREFILL:  # the tape is about to forget those weights: begin later
                voices.reset()
                self.at = length - PIS // 2
            if self.at < length - 1:
                stop = min(length - 1, self.at + PREFILL)
                pis = tape.weights(self.at + 1, stop + 1)[:, : voices.styles].astype(np.float32)
                voices.consume(tape.read(self.at, stop), pis)
                self.at = tape.answered[slot] = stop
            elif self.at < length and tape.wanted[slot] == length:
                pi = tape.weights(length, length + 1)[0, : voices.styles].astype(np.float32)
                y = voices.step(tape.at(self.at), pi)
                tape.row[slot], tape.alone[: voices.styles] = y[0], y[1:]
                self.at = tape.answered[slot] = length
            else:
                return
            tape.step_s[slot] = time.monotonic() - started
