"""Messages from a page: a few dozen bytes of JSON, read strictly. Anything else ends the connection, with a reason.

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
    """A page asks for the text from this position on, if it is of this performance."""

    position: int
    of: str


@dataclass(frozen=True)
class Touch:
    """A visitor pulls at a point of the plane; None: no more."""

    at: Point | None


class _Raw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    since: int | None = None
    of: str | None = None
    at: tuple[float, float] | None = None
    gone: bool | None = None


_decode = msgspec.json.Decoder(_Raw).decode


def parse(raw: str | bytes) -> Since | Touch:
    """The message in `raw`. Raises PageError."""
    if isinstance(raw, bytes):
        raise PageError("a page sends text")
    if len(raw) > LARGEST:
        raise PageError("this message is too long")
    try:
        message = _decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as e:
        raise PageError("this is no message of a page") from e
    if message.since is not None and message.at is None and message.gone is None and 0 <= message.since <= FARTHEST:
        return Since(message.since, message.of or "")
    if message.since is None and message.of is None:
        if message.gone and message.at is None:
            return Touch(None)
        if message.gone is None and message.at and all(-1 <= part <= 1 for part in message.at):
            return Touch(message.at)
    raise PageError("this is no message of a page")
