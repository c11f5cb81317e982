"""The section: owns one node's tape, wakes the styles that are to speak and collects their rows.

The coordinator of the installation holds the section of its own node and calls it in process; no Ray call is made in a
step. A section can be killed and made again: the tape stays, and the new one takes it over.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import posix_ipc
from numpy.typing import NDArray

from actors import EnsembleError
from actors.tape import EMPTY, LOST, READY, SLOTS, STATES, Tape

RECHECK_S = 0.02  # a lost wake-up costs this much
LATE_PATIENCE_S = 0.002  # what a step waits for a style known to be behind: it reads faster than that is spent
CAUGHT_UP = 2  # characters behind at which a late style is waited for again


@dataclass(frozen=True)
class Seat:
    """How one style is: `state` is one of the words of `tape.STATES`, `behind` counts characters."""

    slug: str
    state: str
    behind: int
    step_s: float
    pid: int
    message: str


class Section:
    """The conductor's desk of one node; style i sits in slot i."""

    def __init__(self, name: str, slugs: Sequence[str]) -> None:
        """Make the tape, or take over what an earlier section left. Raises EnsembleError for too many styles."""
        if len(slugs) > SLOTS:
            raise EnsembleError(f"{len(slugs)} styles are more than the {SLOTS} a node has room for")
        self.slugs = tuple(slugs)
        self.tape = Tape.create(name)
        for slot, slug in enumerate(slugs):
            self.tape.slug[slot] = slug.encode()
        self._late: set[int] = set()
        self._turn = 0

    @property
    def omega(self) -> NDArray[np.float32]:
        """Every slot's row, shape (64, 128), as it lies in shared memory: copy what is to outlive the step."""
        rows: NDArray[np.float32] = self.tape.row
        return rows

    def ready(self) -> NDArray[np.bool_]:
        """Which styles have read the whole tape and serve it."""
        ready: NDArray[np.bool_] = self.tape.state[: len(self.slugs)] == READY
        return ready

    def gather(self, wanted: Sequence[int], deadline_s: float | None) -> list[int]:
        """Ask the styles `wanted` for their rows after the whole tape; returns those that answered, in that order.

        With a deadline, whoever does not answer in time is left out and no longer waited for until it has caught up.
        Without one, waits for all: also for a style that is being started again.
        """
        tape, length = self.tape, self.tape.length
        asked = tape.wanted
        answered = tape.answered
        missing = [slot for slot in wanted if answered[slot] != length]
        for slot in missing:
            asked[slot] = length
            tape.wake[slot].release()
        if missing:
            started = time.monotonic()
            self._late = {s for s in self._late if length - int(answered[s]) > CAUGHT_UP}
            while missing := [slot for slot in missing if answered[slot] != length]:
                if deadline_s is None:
                    patience = RECHECK_S
                else:
                    only_late = self._late.issuperset(missing)
                    allowed = min(deadline_s, LATE_PATIENCE_S) if only_late else deadline_s
                    patience = min(RECHECK_S, allowed - (time.monotonic() - started))
                    if patience <= 0:
                        break
                self._wait(missing, patience)
            self._late.update(missing)
        return [slot for slot in wanted if answered[slot] == length]

    def _wait(self, missing: Sequence[int], patience_s: float) -> None:
        try:
            self.tape.done.acquire(patience_s)
        except posix_ipc.BusyError:
            for slot in missing:  # the process that took the wake-up may be gone
                if self.tape.wake[slot].value == 0:
                    self.tape.wake[slot].release()

    def append(self, code: int) -> None:
        """The text goes on by one character."""
        self.tape.append(code)

    def keep_up(self, silent: Sequence[int], at_most: int) -> None:
        """Let up to `at_most` of the `silent` styles read on in idle time, in turn, so that joining costs one step."""
        length = self.tape.length
        behind = [slot for slot in silent if self.tape.answered[slot] < length]
        for _ in range(min(at_most, len(behind))):
            self._turn += 1
            slot = behind[self._turn % len(behind)]
            if self.tape.wake[slot].value == 0:
                self.tape.wake[slot].release()

    def seats(self) -> list[Seat]:
        """How every style is. A style whose process is gone is marked lost here, until its successor signs in."""
        tape, length = self.tape, self.tape.length
        seats = []
        for slot, slug in enumerate(self.slugs):
            if tape.state[slot] not in (EMPTY, LOST) and tape.pid[slot] and not _alive(int(tape.pid[slot])):
                tape.state[slot] = LOST
            seats.append(
                Seat(
                    slug=slug,
                    state=STATES[int(tape.state[slot])],
                    behind=length - int(tape.answered[slot]),
                    step_s=float(tape.step_s[slot]),
                    pid=int(tape.pid[slot]),
                    message=bytes(tape.message[slot]).decode("utf-8", "replace"),
                )
            )
        return seats


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
