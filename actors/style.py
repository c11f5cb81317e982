"""The style actor: one process per style that reads the tape, steps its engine and writes its row of Ω.

Ray makes it, names it and makes it again when it dies. Its life, also after a restart:

1. `__init__` notes slot and package and starts the loop in a thread of its own (Ray re-runs `__init__` alone).
2. The loop attaches to the tape, loads the engine (LOADING), reads the whole tape (READING) and is READY.
3. Woken, it reads on to the end of the tape and leaves its row there, whether it was asked to speak or only to keep up.

What it holds is a function of the tape, so a style that was silent, killed or new speaks as if it had always read along.
"""

import os
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import posix_ipc

from actors import EnsembleError
from actors.tape import FAILED, LOADING, READING, READY, RING, Tape
from models import ModelsError
from models.engines import Engine

PREFILL = 512  # characters read in one go
WAKE_UP_S = 0.5  # without being woken, to see whether the tape was stopped


class Style:
    """What Ray holds one of for every style."""

    def __init__(self, tape_name: str, slot: int, graph: str, unplayable: str = "") -> None:
        """`graph` is the step graph's file; `unplayable` says why there is none."""
        told = (tape_name, slot, graph, unplayable)
        self._thread = threading.Thread(target=_until_the_end, args=told, daemon=True)
        self._thread.start()

    def pid(self) -> int:
        return os.getpid()


def _until_the_end(tape_name: str, slot: int, graph: str, unplayable: str) -> None:
    try:
        live(tape_name, slot, graph, unplayable)
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # Ray starts a fresh one
    os._exit(0)


def live(tape_name: str, slot: int, graph: str, unplayable: str = "") -> None:
    """Attach to the tape and serve one slot with the engine of `graph`, in this process, until the tape is stopped."""

    def engine() -> Engine:
        if unplayable:
            raise ModelsError(unplayable)
        from models.engines.onnx_engine import OnnxEngine

        return OnnxEngine(Path(graph))

    serve(wait_for(tape_name), slot, engine)


def wait_for(name: str, patience_s: float = 60.0) -> Tape:
    """The tape of that name, as soon as its section has made it. Raises EnsembleError after `patience_s`."""
    end = time.monotonic() + patience_s
    while True:
        try:
            return Tape.attach(name)
        except EnsembleError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def serve(node: Tape, slot: int, make_engine: Callable[[], Engine]) -> None:
    """Serve a slot until the tape is stopped. A package that cannot be played leaves the slot FAILED with the reason."""
    node.pid[slot] = os.getpid()
    node.answered[slot] = 0
    node.message[slot] = b""
    node.state[slot] = LOADING
    try:
        engine = make_engine()
    except ModelsError as e:
        node.message[slot] = str(e).encode()[:159]
        node.state[slot] = FAILED
        while not node.stopped:
            time.sleep(WAKE_UP_S)
        return
    node.state[slot] = READING
    reader = _Reader(node, slot, engine)
    reader.catch_up()
    node.state[slot] = READY
    node.done[slot].release()
    wake = node.wake[slot]
    while not node.stopped:
        try:
            wake.acquire(WAKE_UP_S)
        except posix_ipc.BusyError:
            continue
        reader.catch_up()
        if node.wanted[slot] == node.answered[slot]:
            node.done[slot].release()


class _Reader:
    """An engine and how far along the tape it is."""

    def __init__(self, node: Tape, slot: int, engine: Engine) -> None:
        self.node, self.slot, self.engine = node, slot, engine
        self.at = 0

    def catch_up(self) -> None:
        """Read on to the end of the tape and write the row, if there is anything new."""
        node, slot = self.node, self.slot
        while (length := node.length) > self.at:
            started = time.monotonic()
            if length - self.at > RING:  # so long away that the tape has forgotten: begin at the oldest it holds
                self.engine.reset()
                self.at = length - RING + PREFILL
            if length - self.at > 1:
                stop = min(length - 1, self.at + PREFILL)
                self.engine.consume(node.read(self.at, stop))
                self.at = stop
            if length - self.at == 1:
                y = self.engine.step((0,), (node.at(self.at),))
                self.at = length
                node.row[slot] = y[0]
                node.answered[slot] = length
            node.step_s[slot] = time.monotonic() - started
