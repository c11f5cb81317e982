"""Encodes and decodes the messages of `actors.wire.messages`: msgpack, one tagged struct each, checked on receipt."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from actors import EnsembleError
from actors.wire.messages import MOST_STYLES, VERSION, Command, Frame, Health, Message, News, Snapshot
from models.alphabet import CODES as CODES  # display and controllers see the wire alone

LARGEST_COMMAND = 1 << 16  # bytes


_encode = msgspec.msgpack.Encoder().encode


_commands: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)


_news: msgspec.msgpack.Decoder[News] = msgspec.msgpack.Decoder(News)


def encode(message: Command | News) -> bytes:
    return _encode(message)


def decode_command(raw: bytes) -> Command:
    """Raises EnsembleError, with a line for its sender, for anything that is no command of this version."""
    if len(raw) > LARGEST_COMMAND:
        raise EnsembleError(f"a command has at most {LARGEST_COMMAND} bytes, this one {len(raw)}")
    try:
        command = _commands.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as e:
        raise EnsembleError(f"this is no Chorus command: {e}") from e
    _check_version(command)
    return command


def decode_news(raw: bytes) -> News:
    """Raises EnsembleError for anything that is no message of this version, or whose arrays do not fit its styles."""
    try:
        news = _news.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as e:
        raise EnsembleError(f"this is no Chorus message: {e}") from e
    _check_version(news)
    if isinstance(news, Frame | Snapshot):
        n = len(news.styles)
        if n > MOST_STYLES or len(news.voices) != n * len(news.chars):
            raise EnsembleError("a message's arrays do not fit its styles")
    if isinstance(news, Health) and len(news.roster) < len(news.styles):
        raise EnsembleError("a roster does not fit its styles")
    if isinstance(news, Frame):
        fits = len(news.pi) == n and len(news.omega) == len(news.active) * CODES * 4
        if not fits or len(news.rho) not in (0, CODES * 4) or not all(0 <= i < n for i in news.active):
            raise EnsembleError("a frame's arrays do not fit its styles")
    return news


def _check_version(message: Message) -> None:
    if message.v != VERSION:
        raise EnsembleError(f"this message is of wire version {message.v}, here is {VERSION}: update the older side")


def rows(raw: bytes) -> NDArray[np.float32]:
    """`omega` or `rho` as (rows, 128)."""
    return np.frombuffer(raw, "<f4").reshape(-1, CODES)


def voices(raw: bytes, styles: int) -> NDArray[np.uint8]:
    """`voices` as (characters, styles)."""
    return np.frombuffer(raw, np.uint8).reshape(-1, styles)
