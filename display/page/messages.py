"""What a page may say to us: a few dozen bytes of JSON, read strictly. Anything else ends the connection, with a reason.

{"since": 4211, "of": "5f2c…"}     first, and once: the position up to which it has the text, and of which performance
{"at": [0.25, -0.5]}               the visitor pulls there on the plane
{"gone": true}                     the visitor pulls no more
"""

from dataclasses import dataclass

import msgspec

from actors.wire.plane import Point
from display.page import PageError

LARGEST = 256  # bytes
FARTHEST = 2**53  # position: JavaScript counts no further


@dataclass(frozen=True)
class Since:
    """Tell me the text from this position on, if it is of this performance."""

    position: int
    of: str


@dataclass(frozen=True)
class Touch:
    """A visitor pulls at a place on the plane; None: no more."""

    at: Point | None


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    since: int | None = None
    of: str | None = None
    at: tuple[float, float] | None = None
    gone: bool | None = None


_decode = msgspec.json.Decoder(_Said).decode


def parse(raw: str | bytes) -> Since | Touch:
    """Raises PageError."""
    if isinstance(raw, bytes):
        raise PageError("a page speaks text")
    if len(raw) > LARGEST:
        raise PageError("this is too long")
    try:
        said = _decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as e:
        raise PageError("this is not what a page says") from e
    if said.since is not None and said.at is None and said.gone is None and 0 <= said.since <= FARTHEST:
        return Since(said.since, said.of or "")
    if said.since is None and said.of is None:
        if said.gone and said.at is None:
            return Touch(None)
        if said.gone is None and said.at and all(-1 <= part <= 1 for part in said.at):
            return Touch(said.at)
    raise PageError("this is not what a page says")
