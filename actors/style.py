"""The style actor: one process per style that reads the tape, steps its engine and writes its row of Ω.

Ray makes it, names it and makes it again when it dies. Its life, also after a restart:

1. `__init__` notes slot, ticket and graph and starts the loop in a thread of its own (Ray re-runs `__init__` alone).
2. The loop attaches to the tape and waits for its ticket. In a thread of low priority it loads the engine (LOADING) and
   reads the whole tape (READING); then it is READY.
3. Woken, it reads on to the end of the tape and leaves its row there, whether it was asked to speak or only to keep up. If
   it is asked to explore, it writes hypotheses on from there, and leaves a row for each. When the text goes on as one of
   them began, it goes on from that one, and has nothing to step.
4. When the slot is given to another, it stops reading, and waits to be taken away.

What it holds is a function of the tape, so a style that was silent, killed or new speaks as if it had always read along.
"""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import posix_ipc
from numpy.typing import NDArray

from actors import EnsembleError
from actors.tape import FAILED, LOADING, READING, READY, RING, Tape
from models import ModelsError, engines
from models.engines import Engine

PREFILL = 512  # characters read in one go
WAKE_UP_S = 0.5  # without being woken, to see whether the tape was stopped
JOINING_NICE = 10  # a tenth of the processor time of those that speak, when there is not enough


class Style:
    """What Ray holds one of for every style."""

    def __init__(
        self, tape_name: str, slot: int, ticket: int, graph: str, weights: str = "", unplayable: str = ""
    ) -> None:
        """`graph` is the step graph's file, `weights` for a GPU the package's; `unplayable` says why there is neither."""
        told = (tape_name, slot, ticket, graph, weights, unplayable)
        self._thread = threading.Thread(target=_until_the_end, args=told, daemon=True)
        self._thread.start()

    def pid(self) -> int:
        return os.getpid()


def _until_the_end(tape_name: str, slot: int, ticket: int, graph: str, weights: str, unplayable: str) -> None:
    try:
        live(tape_name, slot, ticket, graph, weights, unplayable)
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # Ray starts a fresh one
    try:
        stopped = wait_for(tape_name, 0.0).stopped
    except EnsembleError:  # the tape is gone, and the performance with it
        stopped = True
    if stopped:
        os._exit(0)
    # its slot was given to another: whoever made this actor takes it away, and Ray does not make it again


def live(tape_name: str, slot: int, ticket: int, graph: str, weights: str = "", unplayable: str = "") -> None:
    """Attach to the tape and serve one slot with the engine of these files, in this process, as long as it is ours."""

    def engine() -> tuple[Engine, str]:
        if unplayable:
            raise ModelsError(unplayable)
        return engines.load(Path(graph), Path(weights) if weights else None)

    serve(wait_for(tape_name), slot, ticket, engine)


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


def serve(node: Tape, slot: int, ticket: int, make_engine: Callable[[], tuple[Engine, str]]) -> None:
    """Serve a slot until the tape is stopped or the slot is another's.

    `make_engine` makes it, with a word on it for whoever looks. A package that cannot be played leaves the slot FAILED with
    the reason.
    """
    while node.ticket[slot] < ticket and not node.stopped:
        time.sleep(0.01)  # the section has made the tape and not yet given the slots
    reader = _Reader(node, slot, ticket)
    if not reader.ours:
        return
    node.pid[slot] = os.getpid()
    node.answered[slot] = 0
    node.message[slot] = b""
    node.state[slot] = LOADING
    _in_the_background(lambda: reader.begin(make_engine))
    wake = node.wake[slot]
    while reader.ours:
        try:
            wake.acquire(WAKE_UP_S)
        except posix_ipc.BusyError:
            continue
        if node.state[slot] == READY:
            reader.catch_up()
            if node.sought[slot] != node.explored[slot]:
                reader.explore()
            if node.wanted[slot] == node.answered[slot]:
                node.done[slot].release()


def _in_the_background(task: Callable[[], None]) -> None:
    """Run `task` to its end in a thread of low priority: a style that joins must not slow those that speak.

    On Linux a thread has a priority of its own; it can't be raised again without privileges, so the thread ends with it.
    """
    failed: list[BaseException] = []

    def run() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), JOINING_NICE)
        try:
            task()
        except BaseException as e:  # raised again where the actor's life ends with it
            failed.append(e)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


class _Reader:
    """An engine and how far along the tape it is."""

    def __init__(self, node: Tape, slot: int, ticket: int) -> None:
        self.node, self.slot, self.ticket = node, slot, ticket
        self.at = 0
        self.engine: Engine | None = None
        self.exploring: _Exploring | None = None

    @property
    def ours(self) -> bool:
        """Whether the slot is to be served by us, still."""
        return not self.node.stopped and bool(self.node.ticket[self.slot] == self.ticket)

    def begin(self, make_engine: Callable[[], tuple[Engine, str]]) -> None:
        """Load the engine and read the whole tape: READY, or FAILED with the reason."""
        node, slot = self.node, self.slot
        try:
            self.engine, said = make_engine()
        except ModelsError as e:
            node.message[slot] = str(e).encode()[:159]
            node.state[slot] = FAILED
            return
        node.message[slot] = said.encode()[:159]
        node.state[slot] = READING
        self.catch_up()
        if self.ours:
            node.state[slot] = READY
            node.done[slot].release()

    def catch_up(self) -> None:
        """Read on to the end of the tape and write the row, if there is anything new."""
        node, slot, engine = self.node, self.slot, self.engine
        assert engine is not None
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
        assert engine is not None
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
        assert engine is not None
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
