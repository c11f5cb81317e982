"""Serves a slot of the tape: the life that the actors of styles and of the monolith share.

Ray makes it, names it and makes it again when it dies. Its life, also after a restart:

1. `__init__` notes slot, generation and files and starts the loop in a thread of its own (Ray re-runs `__init__` alone).
2. The loop attaches to the tape and waits for its generation. In a thread of low priority it loads the engine (LOADING) and
   reads the whole tape (READING); then it is READY.
3. Woken, it reads on to the end of the tape and leaves its row there, whether it speaks or only keeps up.
4. When the slot gets a new generation it stops, and waits to be taken away.
"""

import os
import sys
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import posix_ipc

from actors import EnsembleError
from actors.section.tape import FAILED, LOADING, READING, READY, Tape
from models import ModelsError

PREFILL = 512  # characters read in one go
WAKE_UP_S = 0.5  # without being woken, to see whether the tape was stopped
JOINING_NICE = 10  # a tenth of the processor time of those that speak, when there is not enough

E = TypeVar("E")


class Worker(ABC, Generic[E]):
    """An engine and its position on the tape."""

    def __init__(self, tape: Tape, slot: int, generation: int) -> None:
        self.tape, self.slot, self.generation = tape, slot, generation
        self.at = 0
        self.loaded: E | None = None

    @property
    def engine(self) -> E:
        assert self.loaded is not None
        return self.loaded

    @property
    def ours(self) -> bool:
        """True while the slot is of this generation."""
        return not self.tape.stopped and bool(self.tape.generation[self.slot] == self.generation)

    def begin(self, load: Callable[[], tuple[E, str]]) -> None:
        """Load the engine and read the whole tape: READY, or FAILED with the reason."""
        tape, slot = self.tape, self.slot
        try:
            self.loaded, said = load()
        except ModelsError as e:
            tape.message[slot] = str(e).encode()[:159]
            tape.state[slot] = FAILED
            return
        tape.message[slot] = said.encode()[:159]
        tape.state[slot] = READING
        self.catch_up()
        if self.ours:
            tape.state[slot] = READY
            tape.done[slot].release()

    @abstractmethod
    def catch_up(self) -> None:
        """Read on to the end of the tape and leave the row, if there is anything new."""

    def explore(self) -> None:
        """Leave the rows that a lookahead asks for."""


class MakeWorker(Protocol[E]):
    """Makes the worker of a slot."""

    def __call__(self, tape: Tape, slot: int, generation: int) -> Worker[E]: ...


def in_a_thread(
    tape_name: str, slot: int, generation: int, make: MakeWorker[E], load: Callable[[], tuple[E, str]]
) -> None:
    """Serve a slot for the rest of this actor's life, in another thread than the one on which Ray calls it."""
    arguments = (tape_name, slot, generation, make, load)
    threading.Thread(target=_until_the_end, args=arguments, daemon=True).start()


def _until_the_end(
    tape_name: str, slot: int, generation: int, make: MakeWorker[E], load: Callable[[], tuple[E, str]]
) -> None:
    try:
        serve(wait_for(tape_name), slot, generation, make, load)
    except BaseException:
        traceback.print_exc()
        os._exit(1)  # Ray starts a fresh one
    try:
        stopped = wait_for(tape_name, 0.0).stopped
    except EnsembleError:  # the tape is gone, and the performance with it
        stopped = True
    if stopped:
        os._exit(0)


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


def serve(tape: Tape, slot: int, generation: int, make: MakeWorker[E], load: Callable[[], tuple[E, str]]) -> None:
    """Serve a slot until the tape is stopped or the slot is another's.

    `load` makes the engine, with a remark that `chorus status` shows. A package that cannot be played leaves the slot
    FAILED with the reason.
    """
    while tape.generation[slot] < generation and not tape.stopped:
        time.sleep(0.01)  # the section has made the tape and not yet given the slots
    worker = make(tape, slot, generation)
    if not worker.ours:
        return
    tape.pid[slot] = os.getpid()
    tape.answered[slot] = 0
    tape.message[slot] = b""
    tape.state[slot] = LOADING
    _in_the_background(lambda: worker.begin(load))
    wake = tape.wake[slot]
    while worker.ours:
        try:
            wake.acquire(WAKE_UP_S)
        except posix_ipc.BusyError:
            continue
        if tape.state[slot] == READY:
            worker.catch_up()
            if tape.sought[slot] != tape.explored[slot]:
                worker.explore()
            if tape.wanted[slot] == tape.answered[slot]:
                tape.done[slot].release()


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
