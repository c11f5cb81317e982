"""The journal's grammar: everything that decided a text, one JSON line after the other, written before it is shown.

    {"chorus": 1, "seed": 7, "styles": {"shakespeare": "<sha256 of its weights>", …}, "began": "2026-…"}
                                              and, with a monolith, "monolith": {"styles": [slug, …], "weights_sha256": …}
    {"weights": {"shakespeare": 0.6, …}}      all weights, from the next character on
    {"moves": {"latex": 0.2, …}}              some weights, from the next character on; the others stay
    {"ahead": {"width": 8, "depth": 8, …}}    what has changed of the lookahead
    {"rate": 15.0}                            characters a second; "max" is as fast as possible
    {"manner": {"temperature": 1.2, …}}       what has changed of temperature and pooling
    {"at": 83.25}                             the next character came so many seconds after the beginning
    {"admitted": 0.3}                         the share of the mix that visitors may have; their pull is in the weights
    {"epoch": 2}                              a new life of the coordinator begins
    {"joins": {"card": {…}, "chair": 4, …}}   a style joins, or its newer weights begin to read
    {"swaps": "latex"}                        the newer weights play from the next character on
    {"leaves": "latex"}                       a style leaves
    {"gives_up": "latex"}                     newer weights are given up
    [t, c]                                    the character with code c at position t
    [t, c, ["latex"]]                         the same; only these styles answered in time
    [t, c, null, 0]                           the same, without the lookahead that was set
    [t, c, null, 1, 0]                        the same, without the monolith's answer
    [t, c, [], 1, 2]                          the same; the monolith alone answered

Format 1. A reader of format 1 ignores keys that it does not know.
"""

from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal

import msgspec

from actors import EnsembleError
from actors.wire.messages import Member

FORMAT = 1


class MonolithPart(IntEnum):
    """How the monolith took part in a character."""

    MISSING = 0  # it did not answer in time
    AS_SET = 1  # as the settings say
    ALONE = 2  # in the place of every style


class MonolithCard(msgspec.Struct, frozen=True):
    """A monolith as the coordinator knows it: the slugs of its styles, in its order, and the digest of its weights."""

    styles: list[str]
    weights_sha256: str


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    chorus: int
    seed: int
    styles: dict[str, str]  # slug: sha256 of its weights
    began: str = ""
    monolith: MonolithCard | None = None


class AllWeights(msgspec.Struct, frozen=True):
    weights: dict[str, float]


class SomeWeights(msgspec.Struct, frozen=True):
    moves: dict[str, float]


class SettingsChange(msgspec.Struct, frozen=True):
    manner: dict[str, Any]


class LookaheadChange(msgspec.Struct, frozen=True):
    ahead: dict[str, Any]


class Rate(msgspec.Struct, frozen=True):
    rate: float | Literal["max"]  # characters a second

    @property
    def cps(self) -> float:
        return float("inf") if self.rate == "max" else self.rate


class Came(msgspec.Struct, frozen=True):
    at: float  # seconds from the beginning of the performance to the next character


class Admitted(msgspec.Struct, frozen=True):
    admitted: float


class Epoch(msgspec.Struct, frozen=True):
    epoch: int


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of the roster: a style joins, its newer weights swap in, it leaves, or its newer weights are given up."""

    joins: Member | None = None
    swaps: str = ""
    leaves: str = ""
    gives_up: str = ""


class Character(msgspec.Struct, frozen=True, array_like=True):
    """One character, and what was otherwise than set."""

    t: int  # position, from 1 on
    code: int
    heard: list[str] | None = None  # the styles that answered in time; None: all that were asked
    looked: int = 1  # 0: drawn without the lookahead that was set
    monolith: int = MonolithPart.AS_SET


USUAL = Character(0, 0)
Line = (
    Header
    | AllWeights
    | SomeWeights
    | SettingsChange
    | LookaheadChange
    | Rate
    | Came
    | Admitted
    | Epoch
    | Change
    | Character
)
KINDS: dict[str, Any] = {
    kind.__struct_fields__[0]: kind
    for kind in (Header, AllWeights, SomeWeights, SettingsChange, LookaheadChange, Rate, Came, Admitted, Epoch)
}

_encode = msgspec.json.Encoder().encode
_record = msgspec.json.Decoder(dict[str, Any]).decode
_character = msgspec.json.Decoder(Character).decode


def encode(line: Line) -> bytes:
    """A line as it stands in the file, its newline included."""
    if not isinstance(line, Character):
        return _encode(line) + b"\n"
    record = [line.t, line.code, line.heard, line.looked, int(line.monolith)]
    usual = [0, 0, USUAL.heard, USUAL.looked, int(USUAL.monolith)]
    while len(record) > 2 and record[-1] == usual[len(record) - 1]:
        record.pop()
    return _encode(record) + b"\n"


def parse(raw: bytes) -> Line:
    """One line of the file. Raises msgspec.MsgspecError for anything that is no line of a journal."""
    if raw.startswith(b"["):
        return _character(raw)
    record = _record(raw)
    kind = next((KINDS[key] for key in record if key in KINDS), Change)
    line: Line = msgspec.convert(record, kind)
    return line


def lines(path: Path) -> Iterator[Line]:
    """Every whole line of a journal, the header first.

    Raises EnsembleError when the file cannot be read, is no journal, or is damaged.
    """
    for line, _ in lines_with_ends(path):
        yield line


def lines_with_ends(path: Path) -> Iterator[tuple[Line, int]]:
    """The same, and the offset in bytes at which each line ends. A last line that was cut off is left out."""
    try:
        raw = path.read_bytes()
    except OSError as e:
        raise EnsembleError(f"cannot read the journal {path}: {e.strerror}") from e
    at = 0
    for text in raw.splitlines(keepends=True):
        if not text.endswith(b"\n"):
            break
        try:
            line = parse(text)
        except (msgspec.MsgspecError, UnicodeDecodeError) as e:
            raise EnsembleError(f"{path} is damaged at byte {at}: {e}") from e
        if (at == 0) != isinstance(line, Header) or (isinstance(line, Header) and line.chorus != FORMAT):
            raise EnsembleError(f"{path} is damaged at byte {at}: not a journal of format {FORMAT}")
        at += len(text)
        yield line, at
    if at == 0:
        raise EnsembleError(f"{path} is no journal")
