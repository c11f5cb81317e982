"""The section: owns one node's tape, wakes the styles that speak and collects their rows.

The coordinator of the installation holds the section of its own node and calls it in process; no Ray call is made in a
step. A section can be killed and made again: the tape stays, and the new one takes it over.
"""

import contextlib
import os
import time
from collections.abc import Sequence

import msgspec
import numpy as np
import posix_ipc
from numpy.typing import NDArray

from actors.section.tape import EMPTY, LOST, READY, SLOTS, STATES, Round, Tape

RECHECK_S = 0.02  # a lost wake-up costs this much
LATE_PATIENCE_S = 0.002  # what a step waits for a style known to be behind: it reads faster than that is spent
CAUGHT_UP = 2  # characters behind at which a late style is waited for again


class SlotStatus(msgspec.Struct, frozen=True):
    """The status of the style in one slot: `state` is a word of `tape.STATES`, `behind` counts characters."""

    state: str
    behind: int
    step_s: float
    pid: int
    message: str
    restarts: int = 0


class Section:
    """Serves the styles of one node. The roster decides which style has which slot."""

    def __init__(self, name: str) -> None:
        """Make the tape, or take over what an earlier section left."""
        self.tape = Tape.create(name)
        self._late: set[int] = set()
        self._turn = 0
        self._round = 0  # of the search,
        self._paths: NDArray[np.uint8] | None = None  # and the hypotheses' characters as they are in it
        self._served: dict[int, tuple[int, int, int]] = {}  # slot: generation, the process that serves it, restarts

    def give(self, slot: int, generation: int) -> None:
        """Give the slot to the style of this generation; a slot that has it already stays as it is."""
        if self.tape.generation[slot] != generation:
            self.tape.give(slot, generation)

    @property
    def omega(self) -> NDArray[np.float32]:
        """Every slot's row, shape (65, 128), as it lies in shared memory: copy what is to outlive the step."""
        rows: NDArray[np.float32] = self.tape.row
        return rows

    def ready(self) -> NDArray[np.bool_]:
        """Slots whose style has read the whole tape and serves it: shape (64,)."""
        ready: NDArray[np.bool_] = self.tape.state[:SLOTS] == READY
        return ready

    def gather(self, wanted: Sequence[int], deadline_s: float | None) -> list[int]:
        """Ask the styles `wanted` for their rows after the whole tape; returns those that answered, in that order.

        With a deadline, a style that does not answer in time is left out, and no longer waited for until it has caught up.
        Without one, waits for all, a style that is being started again included.
        """
        tape, length = self.tape, self.tape.length
        answered = tape.answered
        self.ask(wanted)
        missing = [slot for slot in wanted if answered[slot] != length]
        if missing:
            started = time.monotonic()
            late = {slot for slot in self._late if length - int(answered[slot]) > CAUGHT_UP}
            # the one woken last is waited for first: when it has answered, most others have, without waking us each
            punctual = [slot for slot in reversed(missing) if slot not in late]
            for slot in (*punctual, *late.intersection(missing)):
                patience = deadline_s
                if deadline_s is not None and slot in late:
                    patience = min(deadline_s, LATE_PATIENCE_S)
                if not self._wait(slot, tape.answered, length, started, patience):
                    late.add(slot)
            self._late = late
        return [slot for slot in wanted if answered[slot] == length]

    def ask(self, wanted: Sequence[int]) -> None:
        """Wake those of `wanted` that have not been asked for a row after the whole tape, and do not wait."""
        tape, length = self.tape, self.tape.length
        for slot in wanted:
            if tape.wanted[slot] != length and tape.answered[slot] != length:
                tape.wanted[slot] = length
                tape.wake[slot].release()

    def _wait(self, slot: int, field: NDArray[np.uint64], value: int, started: float, patience_s: float | None) -> bool:
        """Wait until a slot's `field` of the tape has `value`, or `patience_s` from `started` are over."""
        tape = self.tape
        if field[slot] == value:
            with contextlib.suppress(posix_ipc.BusyError):
                tape.done[slot].acquire(0)  # posted already, or about to be: then the next wait is one turn longer
            return True
        while field[slot] != value:
            left_s = RECHECK_S if patience_s is None else min(RECHECK_S, started + patience_s - time.monotonic())
            if left_s <= 0:
                return False
            try:
                tape.done[slot].acquire(left_s)
            except posix_ipc.BusyError:  # the process that took the wake-up may be gone, or made again
                if tape.wake[slot].value == 0:
                    tape.wake[slot].release()
        return True

    def explore(
        self, wanted: Sequence[int], parents: Sequence[int], chars: Sequence[int], deadline_s: float | None
    ) -> NDArray[np.float32] | None:
        """The rows of hypotheses beyond the text, shape (len(chars), len(wanted), 128), of styles that answered `gather`.

        The round after `begin_search` begins at the text, with parents 0; every other goes on from the one before. None
        when a style does not answer in time; without a deadline all are waited for.
        """
        tape, length = self.tape, self.tape.length
        paths = np.array(chars, np.uint8)[:, None]
        if self._paths is not None:
            paths = np.concatenate([self._paths[list(parents)], paths], axis=1)
        self._paths = paths
        self._round = max(self._round, tape.last_round) + 1
        tape.seek(Round(self._round, length, tuple(parents), tuple(chars), paths))
        for slot in wanted:
            tape.sought[slot] = self._round
            tape.wake[slot].release()
        started = time.monotonic()
        for slot in reversed(wanted):
            if not self._wait(slot, tape.explored, self._round, started, deadline_s):
                return None
        return tape.hypotheses[list(wanted), : len(chars)].transpose(1, 0, 2)

    def begin_search(self) -> None:
        """The next round is a first one."""
        self._paths = None

    def keep_up(self, silent: Sequence[int], at_most: int) -> None:
        """Lets up to `at_most` of the `silent` styles read on in idle time, in turn, so that joining costs one step."""
        length = self.tape.length
        behind = [slot for slot in silent if self.tape.answered[slot] < length]
        for _ in range(min(at_most, len(behind))):
            self._turn += 1
            slot = behind[self._turn % len(behind)]
            if self.tape.wake[slot].value == 0:
                self.tape.wake[slot].release()

    def status(self, slot: int) -> SlotStatus:
        """The status of a slot. A style whose process is gone is marked lost here, until its successor signs in."""
        tape = self.tape
        if tape.state[slot] not in (EMPTY, LOST) and tape.pid[slot] and not _alive(int(tape.pid[slot])):
            tape.state[slot] = LOST
        return SlotStatus(
            state=STATES[int(tape.state[slot])],
            behind=tape.length - int(tape.answered[slot]),
            step_s=float(tape.step_s[slot]),
            pid=int(tape.pid[slot]),
            message=bytes(tape.message[slot]).decode("utf-8", "replace"),
            restarts=self._restarts(slot),
        )

    def _restarts(self, slot: int) -> int:
        """The number of times that a new process has taken over the slot in this generation."""
        generation, pid = int(self.tape.generation[slot]), int(self.tape.pid[slot])
        known, before, count = self._served.get(slot, (generation, 0, 0))
        if known != generation:
            before, count = 0, 0
        if pid and before not in (0, pid):
            count += 1
        self._served[slot] = (generation, pid or before, count)
        return count


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
