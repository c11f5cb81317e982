"""A section on another node, as the coordinator sees it: one call a step, whatever the number of its styles.

A call carries the characters that node has not seen, and whose rows are wanted; the answer brings the rows, and how the
styles there are. The next call leaves as soon as a character is written, so that the node's styles step while the others
do. One call at a time is under way: a node that is late or cut off is left out, and what it missed goes with the next call.
What carries the calls is the caller's business (Ray, in `actors.section.actor`).
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from actors.section.section import CAUGHT_UP, LATE_PATIENCE_S, SlotStatus
from actors.section.tape import LOST, READY, RING, SLOTS, STATES, Tape
from models.alphabet import CODES

CHARS_A_CALL = 1 << 16
AGAIN_S = 0.5  # after a call that failed
LOST_AFTER_S = 1.0  # without an answer
LONGEST_TURN_S = 1.0  # a call without a deadline asks again after this long, so that the node hears of generations
IDLE_EVERY_S = 0.05  # silent styles are let read on this often
LOOK_IN_S = 0.25


class Ask(msgspec.Struct, frozen=True):
    """One call: `chars` stand on the tape from `start` on; the slots whose rows are wanted, and those that read along."""

    start: int
    chars: bytes
    whole: bool  # nothing more is on its way: now the rows, and the slots may be given out
    wanted: list[int]
    silent: list[int]
    generations: list[tuple[int, int]]  # slot, generation
    deadline_s: float


class Answer(msgspec.Struct, frozen=True):
    """`rows` (len(heard), 128) float32 are those of the slots `heard`; `state` is of all 64 slots."""

    length: int
    heard: list[int]
    rows: bytes
    state: bytes
    statuses: dict[int, SlotStatus]  # by slot; now and then


class Call(Protocol):
    """A call that is under way."""

    def wait(self, patience_s: float) -> bytes | None:
        """The answer, or None if it has not come in time. Raises OSError if it will never come."""
        ...


Post = Callable[[bytes], Call]

encode = msgspec.msgpack.Encoder().encode
decode_ask = msgspec.msgpack.Decoder(Ask).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode


class RemoteSection:
    """The coordinator's side. Interface as `Section`, except that the text is the coordinator's own `tape`."""

    def __init__(self, name: str, tape: Tape, post: Post) -> None:
        """`post` starts a call and does not wait; it may raise OSError."""
        self.name, self.tape, self._post = name, tape, post
        self.row = np.zeros((SLOTS, CODES), np.float32)
        self.state = np.zeros(SLOTS, np.uint8)
        self.trouble = ""
        self.answer_s = 0.0  # how long the last call took
        self._answered = np.zeros(SLOTS, np.int64)  # the length after which `row` was said
        self._statuses: dict[int, SlotStatus] = {}
        self._heard_at = 1  # the length of the node's tape when the statuses came
        self._generations: dict[int, int] = {}
        self._length = 1  # of the node's tape, as last heard
        self._call: Call | None = None
        self._posted = self._again = 0.0
        self._wished: list[int] = []
        self._late = False

    def ready(self) -> NDArray[np.bool_]:
        """Slots whose style is ready: shape (64,)."""
        ready: NDArray[np.bool_] = (self.state == READY) & (not self.lost)
        return ready

    @property
    def lost(self) -> bool:
        """True when the node does not answer."""
        if self.trouble:
            return True
        return self._call is not None and time.monotonic() - self._posted > LOST_AFTER_S

    def give(self, slot: int, generation: int) -> None:
        if self._generations.get(slot) != generation:
            self._generations[slot] = generation
            self.state[slot] = self._answered[slot] = 0
            self._statuses.pop(slot, None)

    def ask(self, wanted: Sequence[int], deadline_s: float | None = 0.1, silent: Sequence[int] = ()) -> None:
        """Call, if no call is under way, for the rows after the whole tape that are still missing."""
        self._collect(0.0)
        if self._call is not None or time.monotonic() < self._again:
            return
        length = self.tape.length
        missing = [slot for slot in wanted if self._answered[slot] != length]
        if not missing and not silent and self._length == length:
            return
        start = max(self._length, length - RING)
        stop = min(length, start + CHARS_A_CALL)
        ask = Ask(
            start=start,
            chars=self.tape.read(start, stop).tobytes(),
            whole=stop == length,
            wanted=missing,
            silent=list(silent),
            generations=list(self._generations.items()),
            deadline_s=LONGEST_TURN_S if deadline_s is None else deadline_s,
        )
        self._posted = time.monotonic()
        try:
            self._call = self._post(encode(ask))
        except OSError as e:
            self._fail(e)

    def gather(self, wanted: Sequence[int], deadline_s: float | None, started: float) -> list[int]:
        """The slots of `wanted` that have answered to the whole tape, waiting until `deadline_s` after `started`."""
        length = self.tape.length
        patience = deadline_s
        if patience is not None and self._late and length - self._length > CAUGHT_UP:
            patience = min(patience, LATE_PATIENCE_S)
        while True:
            missing = [slot for slot in wanted if self._answered[slot] != length]
            if not missing:
                self._late = False
                break
            if self._call is None:
                self.ask(missing, deadline_s)
            left = 1.0 if patience is None else started + patience - time.monotonic()
            if self._call is None or not (self._collect(max(0.0, left)) or patience is None):
                self._late = patience is not None
                break
        return [slot for slot in wanted if self._answered[slot] == length]

    def keep_up(self, silent: Sequence[int]) -> None:
        """In idle time: the silent styles there read on."""
        self._collect(0.0)
        behind = [slot for slot in silent if self._answered[slot] < self.tape.length]
        if behind and self._call is None and time.monotonic() - self._posted > IDLE_EVERY_S:
            self.ask((), silent=behind)

    def look_in(self) -> None:
        """Call now and then even if nothing is wanted: the node hears the text, and says how its styles are."""
        self._collect(0.0)
        if self._call is None and time.monotonic() - self._posted > LOOK_IN_S:
            self.ask((), silent=(SLOTS,))  # nobody sits in slot 64

    def status(self, slot: int) -> SlotStatus:
        last = self._statuses.get(slot) or SlotStatus("", self.tape.length, 0.0, 0, "")
        state = "lost" if self.lost else STATES[int(self.state[slot])]
        behind = last.behind + self.tape.length - self._heard_at  # characters written since
        if self._answered[slot] > self.tape.length - behind:
            behind = self.tape.length - int(self._answered[slot])
        message = last.message or self.trouble
        return msgspec.structs.replace(last, state=state, behind=behind, message=message)

    def _collect(self, patience_s: float) -> bool:
        """Take in the answer to the call under way, if it comes in time."""
        if self._call is None:
            return False
        try:
            raw = self._call.wait(patience_s)
        except OSError as e:
            self._fail(e)
            return False
        if raw is None:
            return False
        self._call = None
        self.trouble = ""
        self.answer_s = time.monotonic() - self._posted
        answer = decode_answer(raw)
        self._length = answer.length
        self.state[:] = np.frombuffer(answer.state, np.uint8)
        if answer.heard:
            self.row[answer.heard] = np.frombuffer(answer.rows, "<f4").reshape(-1, CODES)
            self._answered[answer.heard] = answer.length
        if answer.statuses:
            self._heard_at = answer.length
        self._statuses |= answer.statuses
        return True

    def _fail(self, e: OSError) -> None:
        self._call = None
        self._again = time.monotonic() + AGAIN_S
        self.trouble = str(e) or type(e).__name__
        self.state[:] = np.where(self.state == READY, LOST, self.state)
