"""The journal: everything that decided a text, one JSON line after the other, written before it is shown.

    {"chorus": 1, "seed": 7, "styles": {"shakespeare": "<sha256 of its weights>", …}, "began": "2026-…"}
                                              and, if there is one, "monolith": {"styles": [slug, …], "weights_sha256": …}
    {"weights": {"shakespeare": 0.6, …}}      from the next character on
    {"moves": {"latex": 0.2, …}}              likewise, of some styles; the others stay
    {"ahead": {"width": 8, "depth": 8, …}}    likewise: what has changed of the lookahead
    {"rate": 15.0}                            likewise; "max" is as fast as it goes
    {"manner": {"temperature": 1.2, …}}       likewise: what has changed of temperature and pooling
    {"at": 83.25}                             the next character came so many seconds after the beginning
    {"admitted": 0.3}                         the share of the mix that visitors may have; what they pull is in the weights
    {"epoch": 2}                              a coordinator took over here
    {"joins": {"card": {…}, "chair": 4, …}}   a style is here from now on; or its newer weights are being read
    {"swaps": "latex"}                        the newer weights play from the next character on
    {"leaves": "latex"}                       a style is gone
    [t, c]                                    the character with code c at position t
    [t, c, ["latex"]]                         the same, and who alone was heard, when someone active was not
    [t, c, null, 0]                           the same, when it was not looked ahead though that was wished
    [t, c, null, 1, 0]                        the same, when the monolith did not speak though that was wished
    [t, c, [], 1, 2]                          the same, when it alone spoke, in the place of everyone

A process that is killed loses nothing it has written, so the next coordinator continues from here; a last line that was
cut off is dropped. A full disk does not stop the text: the journal says so and tries again.
"""

import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from actors import EnsembleError
from actors.journal.format import MonolithCard
from actors.journal.roster import Change
from actors.wire.parameters import Lookahead, MixSettings

SILENT, MIXED, ALONE = (
    0,
    1,
    2,
)  # how the monolith spoke: not though it was wished, as it was wished, in everyone's place
RETRY_S = 1.0
STAMPED_S = 0.04  # of the characters that come sooner after another it is not noted when
UNWRITTEN = 1 << 24  # bytes kept while the disk is full

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass
class Past:
    """What a journal tells: enough to continue."""

    seed: int
    styles: dict[str, str]
    monolith: MonolithCard | None = None
    weights: dict[str, float] = field(default_factory=dict)
    rate_cps: float | None = None
    settings: MixSettings = field(default_factory=MixSettings)
    ahead: Lookahead = field(default_factory=Lookahead)
    admitted: float | None = None
    at_s: float = 0.0  # when the last stamped character came
    epoch: int = 1
    changes: list[Change] = field(default_factory=list)  # of the roster, since the performance began
    text: bytearray = field(default_factory=bytearray)
    ends_at: int = 0  # bytes of whole lines


def entries(path: Path) -> Iterator[Any]:
    """The lines of a journal one after the other, as they are in the file. Raises EnsembleError when it cannot be read."""
    for entry, _ in _lines(path):
        yield entry


def _lines(path: Path) -> Iterator[tuple[Any, int]]:
    """Every whole line, and where it ends."""
    try:
        raw = path.read_bytes()
    except OSError as e:
        raise EnsembleError(f"cannot read the journal {path}: {e.strerror}") from e
    at = 0
    for line in raw.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        try:
            entry: Any = _decode(line)
        except msgspec.DecodeError as e:
            raise EnsembleError(f"{path} is damaged at byte {at}: {e}") from e
        at += len(line)
        yield entry, at


def read(path: Path) -> Past:
    """Read a journal back. Raises EnsembleError when it is none, or when characters are missing in it."""
    past: Past | None = None
    ends_at = 0
    for entry, after in _lines(path):
        try:
            past = _told(past, entry)
        except (msgspec.ValidationError, KeyError, ValueError, TypeError, IndexError, AttributeError) as e:
            raise EnsembleError(f"{path} is damaged at byte {ends_at}: {e}") from e
        ends_at = after
    if past is None:
        raise EnsembleError(f"{path} is no journal")
    past.ends_at = ends_at
    return past


def _told(past: Past | None, entry: Any) -> Past:
    if past is None:
        if entry["chorus"] != 1:
            raise ValueError(f"journal format {entry['chorus']}")
        monolith = MonolithCard(**entry["monolith"]) if "monolith" in entry else None
        return Past(seed=int(entry["seed"]), styles=dict(entry["styles"]), monolith=monolith)
    if isinstance(entry, list):
        if int(entry[0]) != len(past.text) + 1:
            raise ValueError(f"position {entry[0]} after {len(past.text)}")
        past.text.append(int(entry[1]))
    elif "weights" in entry:
        past.weights = {str(k): float(v) for k, v in entry["weights"].items()}
    elif "moves" in entry:
        past.weights |= {str(k): float(v) for k, v in entry["moves"].items()}
    elif "manner" in entry:
        past.settings = past.settings.changed(entry["manner"])
    elif "ahead" in entry:
        past.ahead = past.ahead.changed(entry["ahead"])
    elif "rate" in entry:
        past.rate_cps = float("inf" if entry["rate"] == "max" else entry["rate"])
    elif "at" in entry:
        past.at_s = float(entry["at"])
    elif "admitted" in entry:
        past.admitted = float(entry["admitted"])
    elif "epoch" in entry:
        past.epoch = int(entry["epoch"])
    else:
        past.changes.append(msgspec.convert(entry, Change))
    return past


class Journal:
    """A journal being written. Creating one on an existing file continues it; `past` is then what it told."""

    def __init__(self, path: Path, seed: int, styles: Mapping[str, str], monolith: MonolithCard | None = None) -> None:
        """Raises EnsembleError when the file cannot be opened, or is another ensemble's journal."""
        self.path = path
        self.trouble = ""
        self._waiting = bytearray()
        self._retry_at = 0.0
        self._weights: dict[str, float] = {}  # as they were written last
        self._began = time.monotonic()  # of the performance, as far as this life knows
        self._stamped_at = -STAMPED_S
        self.past: Past | None = None
        try:
            if path.exists() and path.stat().st_size:
                self.past = read(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            if self.past is not None:
                os.ftruncate(self._file, self.past.ends_at)
        except OSError as e:
            raise EnsembleError(f"cannot write the journal {path}: {e.strerror}") from e
        if self.past is None:
            began = time.strftime("%Y-%m-%dT%H:%M:%S%z")
            header = {"chorus": 1, "seed": seed, "styles": dict(styles), "began": began}
            self._write(header | ({"monolith": asdict(monolith)} if monolith else {}))
        else:
            if self.past.styles.keys() != styles.keys():
                raise EnsembleError(f"the journal {path} is of other styles: choose another file")
            if self.past.monolith != monolith:
                raise EnsembleError(f"the journal {path} is of another monolith: choose another file")
            self.past.epoch += 1
            self._began -= self.past.at_s  # while nobody was there no time has passed
            self._write({"epoch": self.past.epoch})

    def weights(self, weights: Mapping[str, float]) -> None:
        """All weights from the next character on; writes those that are others than before."""
        moves = {slug: weight for slug, weight in weights.items() if self._weights.get(slug) != weight}
        whole = len(moves) == len(weights) or self._weights.keys() != weights.keys()
        self._weights = dict(weights)
        if moves or whole:
            self._write({"weights": self._weights} if whole else {"moves": moves})

    def settings(self, before: MixSettings, now: MixSettings) -> None:
        if changed := now.since(before):
            self._write({"manner": changed})

    def ahead(self, before: Lookahead, now: Lookahead) -> None:
        if changed := now.since(before):
            self._write({"ahead": changed})

    def rate(self, cps: float) -> None:
        self._write({"rate": "max" if math.isinf(cps) else cps})

    def admitted(self, share: float) -> None:
        self._write({"admitted": share})

    def change(self, change: Change) -> None:
        self._write(change)

    def char(
        self, t: int, code: int, heard: Sequence[str] | None = None, looked: bool = True, spoke: int = MIXED
    ) -> None:
        """`heard`: who alone of the ensemble was mixed, when someone who was to be was not.

        `looked`: ahead, if that was wished; `spoke`: the monolith, in one of the three ways.
        """
        told = [t, code, None if heard is None else list(heard), int(looked), spoke]
        usual = [None, 1, MIXED]
        while len(told) > 2 and told[-1] == usual[len(told) - 3]:
            told.pop()
        now = time.monotonic()
        if now - self._stamped_at >= STAMPED_S:
            self._stamped_at = now
            self._write({"at": round(now - self._began, 3)}, told)
        else:
            self._write(told)

    def close(self) -> None:
        os.close(self._file)

    def _write(self, *entries: Any) -> None:
        """Lines, all in one go: a system call more would be paid with every character."""
        line = b"".join(_encode(entry) + b"\n" for entry in entries)
        if self._waiting:
            if len(self._waiting) < UNWRITTEN:
                self._waiting += line
            if time.monotonic() < self._retry_at:
                return
            line, self._waiting = bytes(self._waiting), bytearray()
        try:
            while line:
                line = line[os.write(self._file, line) :]
            self.trouble = ""
        except OSError as e:
            self.trouble = f"the journal cannot be written: {e.strerror}"
            self._waiting = bytearray(line)
            self._retry_at = time.monotonic() + RETRY_S
