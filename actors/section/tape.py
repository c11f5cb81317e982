"""The tape: shared memory between the section and the styles of one node. Nothing else knows its layout.

    +--------+-----------------------------+--------+--------+------------+----------+------+
    | header | slot 0 ... slot 63, slot 64 | memory | search | hypotheses | monolith | ring |
    +--------+-----------------------------+--------+--------+------------+----------+------+

The ring holds the last 1 048 576 characters. Its single writer is the process that holds the section: it stores the
character, then the new `length`. The text's first character stands at position 1; position 0 holds the newline every
text opens with. Every style has a slot to itself:

    field      written by   means
    generation     section      who the slot is for: a style waits for the number it was given, and ends when it is passed
    wanted     section      the length at which a row is asked for
    pid        style        the process that serves the slot now
    state      style        EMPTY -> LOADING -> READING -> READY; FAILED with `message`. The section alone writes LOST.
    answered   style        the length that `row` is the distribution after; stored after the row
    row        style        y^i, 128 float32
    step_s     style        how long its last step took
    sought     section      the round for which hypotheses are to be written on
    explored   style        the round that its rows of `hypotheses` are of; stored after the rows

The memory is the coordinator's own: what hand-over pooling knows of the word so far, by slot id, so that a coordinator that
is made again in the middle of a word goes on as it would have. Two of them take turns: the one for a text of even length
and the one for odd, each with the length it is true of, as the other must be whole when this one is being written.

A search (`actors.mixing.lookahead`) writes hypotheses beyond the text, a round for each of their characters. The
section writes the round: its `number` is 0 while it does, so that a style that is late does not read half of one and
half of another. Every style leaves a row for each hypothesis, then the number it has `explored`. `paths` are all
characters of the hypotheses so far, from which a style that has missed a round begins again.

Slot 64 is the monolith's, one network that has many styles: it reads a character together with the weights that the next
one is drawn with. Its part holds those of the last 262 144 characters, `pis`, by its own order of styles, 255 for the
loudest: the section writes those for position `length` before it asks for the row after that many characters. With its row
the monolith leaves `alone`: what it says when it reads the text with each of its styles alone.

Each slot has two semaphores, `wake` for its style and `done` for the section. Order: a style stores `row`, then
`answered`, then posts `done`; the section waits on `done`, reads `answered`, then `row`. It does not move the tape on
before it has read, so a row it reads is never being written. Stores are seen in order because x86 keeps it and
semaphores enforce it. A wake-up may be lost with the process that took it: every wait is capped, and whoever wakes up
looks at the slot and not at the count. A slot that is given away gets a new generation and begins EMPTY; whoever served
it before sees that at its next wake-up, and ends.
"""

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import posix_ipc
from numpy.typing import NDArray

from actors import EnsembleError
from actors.wire.parameters import DEEPEST, WIDEST
from models.alphabet import CODES, OPENING
from models.monolith import MOST_VOICES

SLOTS = 64
MONOLITH = SLOTS  # its slot, after those of the styles
MOST_NODES = 16
SLOT_IDS = MOST_NODES * SLOTS  # of the installation, see actors.coordinator.cluster
RING = 1 << 20
PIS = 1 << 18  # characters whose weights are kept

# plain numbers: numpy compares one of its own with an IntEnum in 4 µs instead of 0.1, and every wake-up compares
EMPTY, LOADING, READING, READY, FAILED, LOST = range(6)
STATES = ("loading", "loading", "reading", "ready", "failed", "lost")  # as clients see them

MAGIC = 0x43484F525553_05  # "CHORUS", layout 5

_HEADER = np.dtype([("magic", "u8"), ("length", "u8"), ("stopped", "u4"), ("pad", "V44")])
_SLOT = np.dtype(
    [
        ("message", "S160"),
        ("state", "u4"),
        ("pid", "u4"),
        ("wanted", "u8"),
        ("answered", "u8"),
        ("step_s", "f8"),
        ("generation", "u8"),
        ("sought", "u8"),
        ("explored", "u8"),
        ("row", "f4", (CODES,)),
    ]
)
_MEMORY = np.dtype([("length", "u8"), ("evidence", "f8", (SLOT_IDS,))])
_MEMORY_AT = _HEADER.itemsize + (SLOTS + 1) * _SLOT.itemsize
_SEARCH = np.dtype(
    [
        ("number", "u8"),
        ("length", "u8"),
        ("level", "u4"),
        ("width", "u4"),
        ("parents", "u1", (WIDEST,)),
        ("chars", "u1", (WIDEST,)),
        ("paths", "u1", (WIDEST, DEEPEST)),
    ]
)
_SEARCH_AT = _MEMORY_AT + 2 * _MEMORY.itemsize
_HYPOTHESES_AT = _SEARCH_AT + _SEARCH.itemsize
_ALONE_AT = _HYPOTHESES_AT + SLOTS * WIDEST * CODES * 4
_PIS_AT = _ALONE_AT + MOST_VOICES * CODES * 4
_RING_AT = _PIS_AT + PIS * MOST_VOICES
SIZE = _RING_AT + RING


@dataclass(frozen=True)
class Round:
    """A round of a search: hypothesis b is the old one `parents[b]` followed by `chars[b]`, all of it is `paths[b]`."""

    number: int
    length: int  # of the text that they all begin after
    parents: tuple[int, ...]
    chars: tuple[int, ...]
    paths: NDArray[np.uint8]  # (width, level)

    @property
    def level(self) -> int:
        """1 for the first character beyond the text."""
        return int(self.paths.shape[1])


class Tape:
    """A mapping of one node's tape. Create it as the section, attach to it as a style."""

    def __init__(self, name: str, memory: mmap.mmap) -> None:
        self.name = name
        self._memory = memory
        header = np.frombuffer(memory, _HEADER, 1)
        slots = np.frombuffer(memory, _SLOT, SLOTS + 1, _HEADER.itemsize)
        self._magic, self._length, self._stopped = header["magic"], header["length"], header["stopped"]
        self._ring = np.frombuffer(memory, np.uint8, RING, _RING_AT)
        self._memories = np.frombuffer(memory, _MEMORY, 2, _MEMORY_AT)
        self.message, self.state, self.pid = slots["message"], slots["state"], slots["pid"]
        self.wanted, self.answered, self.row = slots["wanted"], slots["answered"], slots["row"]
        self.step_s, self.generation = slots["step_s"], slots["generation"]
        self.sought, self.explored = slots["sought"], slots["explored"]
        self._search = np.frombuffer(memory, _SEARCH, 1, _SEARCH_AT)[0]
        rows = np.frombuffer(memory, np.float32, SLOTS * WIDEST * CODES, _HYPOTHESES_AT)
        self.hypotheses = rows.reshape(SLOTS, WIDEST, CODES)
        alone = np.frombuffer(memory, np.float32, MOST_VOICES * CODES, _ALONE_AT)
        self.alone = alone.reshape(MOST_VOICES, CODES)
        self._pis = np.frombuffer(memory, np.uint8, PIS * MOST_VOICES, _PIS_AT).reshape(PIS, MOST_VOICES)
        self.wake: list[posix_ipc.Semaphore] = []
        self.done: list[posix_ipc.Semaphore] = []

    @classmethod
    def create(cls, name: str) -> "Tape":
        """Make the tape with its semaphores, or take over the one that an earlier section of this name left."""
        try:
            return cls.attach(name)
        except EnsembleError:
            remove(name)
        shared = posix_ipc.SharedMemory(f"/{name}", posix_ipc.O_CREX, mode=0o600, size=SIZE)
        tape = cls(name, mmap.mmap(shared.fd, SIZE))
        shared.close_fd()
        tape._ring[0] = OPENING
        tape._length[0] = 1
        for semaphore in semaphores(name):
            posix_ipc.Semaphore(semaphore, posix_ipc.O_CREX, mode=0o600, initial_value=0)
        tape._magic[0] = MAGIC  # last: whoever sees it sees a whole tape
        tape._open_semaphores()
        return tape

    @classmethod
    def attach(cls, name: str) -> "Tape":
        """Raises EnsembleError while there is no whole tape of this name."""
        try:
            shared = posix_ipc.SharedMemory(f"/{name}")
        except posix_ipc.ExistentialError as e:
            raise EnsembleError(f"there is no tape {name}") from e
        try:
            if os.fstat(shared.fd).st_size != SIZE:
                raise EnsembleError(f"the tape {name} is being made")
            tape = cls(name, mmap.mmap(shared.fd, SIZE))
        finally:
            shared.close_fd()
        if tape._magic[0] != MAGIC:
            raise EnsembleError(f"the tape {name} is being made, or of another version of Chorus")
        tape._open_semaphores()
        return tape

    def _open_semaphores(self) -> None:
        opened = [posix_ipc.Semaphore(semaphore) for semaphore in semaphores(self.name)]
        self.wake, self.done = opened[: SLOTS + 1], opened[SLOTS + 1 :]

    @property
    def length(self) -> int:
        """The number of characters on the tape, the opening newline included."""
        return int(self._length[0])

    def append(self, code: int) -> None:
        """By the holder of the section: the text goes on by one character."""
        length = self._length[0]
        self._ring[length % RING] = code
        self._length[0] = length + 1

    def skip_to(self, position: int) -> None:
        """By the holder of the section, before anyone reads: the text begins here, what stood before is not known."""
        self._length[0] = position

    def at(self, position: int) -> int:
        """The one character at `position`, one of the last in the ring: the usual case, without an array."""
        return int(self._ring[position % RING])

    def read(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Characters `start` to `stop`. Raises EnsembleError when the ring has forgotten where they begin."""
        if start < self.length - RING:
            raise EnsembleError(f"position {start} has left the tape")
        return self._ring[np.arange(start, stop) % RING]

    def weigh(self, position: int, pi: NDArray[np.uint8]) -> None:
        """By the holder of the section: the weights (64,) that the monolith hears the last character with."""
        self._pis[position % PIS] = pi

    def weights(self, start: int, stop: int) -> NDArray[np.uint8]:
        """With which weights the characters at positions `start` to `stop` were drawn: (stop - start, 64)."""
        return self._pis[np.arange(start, stop) % PIS]

    def remember(self, length: int, evidence: NDArray[np.float64]) -> None:
        """Coordinator only, before the text is of that length: what it will have to know then, shape (1024,)."""
        memory = self._memories[length % 2]
        memory["length"] = 0
        memory["evidence"] = evidence
        memory["length"] = length

    def remembered(self) -> NDArray[np.float64] | None:
        """The evidence that `remember` left for the text as long as it is now; None when there is none."""
        memory = self._memories[self.length % 2]
        return np.array(memory["evidence"]) if memory["length"] == self.length else None

    def seek(self, round: Round) -> None:
        """By the holder of the section: this is what styles whose `sought` is its number are to explore."""
        search, width = self._search, len(round.chars)
        search["number"] = 0
        search["length"], search["level"], search["width"] = round.length, round.level, width
        search["parents"][:width], search["chars"][:width] = round.parents, round.chars
        search["paths"][:width, : round.level] = round.paths
        search["number"] = round.number

    def round(self) -> Round | None:
        """The round of the search that is under way; None while it is being written."""
        search = self._search
        number, width, level = int(search["number"]), int(search["width"]), int(search["level"])
        parents, chars = search["parents"][:width].tolist(), search["chars"][:width].tolist()
        made = Round(
            number, int(search["length"]), tuple(parents), tuple(chars), search["paths"][:width, :level].copy()
        )
        return made if number and number == search["number"] else None

    @property
    def last_round(self) -> int:
        """The highest number that any slot has been asked for."""
        return int(max(self.sought.max(), self.explored.max()))

    def give(self, slot: int, generation: int) -> None:
        """By the holder of the section: the slot is for this generation, higher than any before it, from EMPTY on."""
        self.generation[slot] = generation
        self.state[slot], self.pid[slot], self.message[slot] = EMPTY, 0, b""
        self.wanted[slot] = self.answered[slot] = self.sought[slot] = self.explored[slot] = 0
        self.wake[slot].release()  # whoever is there looks, and goes

    @property
    def stopped(self) -> bool:
        """True when the whole ensemble is asked to end."""
        return bool(self._stopped[0])

    def stop(self) -> None:
        self._stopped[0] = 1
        for semaphore in self.wake:
            semaphore.release()


def semaphores(name: str) -> Iterator[str]:
    """One to wake each slot's style, then those by which the section hears that it has answered."""
    yield from (f"/{name}.wake{slot}" for slot in range(SLOTS + 1))
    yield from (f"/{name}.done{slot}" for slot in range(SLOTS + 1))


def remove(name: str) -> None:
    """Take the tape and its semaphores out of the system, as far as they exist."""
    for semaphore in semaphores(name):
        try:
            posix_ipc.unlink_semaphore(semaphore)
        except posix_ipc.ExistentialError:
            continue
    try:
        posix_ipc.unlink_shared_memory(f"/{name}")
    except posix_ipc.ExistentialError:
        return
