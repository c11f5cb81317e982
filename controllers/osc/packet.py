"""Strict reading of OSC 1.0 packets: bytes in, messages out, no I/O.

A packet is checked to its last byte before it is parsed, because the library that parses it is lenient: it loops for ever
on an element of negative size, pads truncated floats, and drops unknown types, I among them. A packet that does not fit the
specification exactly is refused as a whole.
"""

import struct
from dataclasses import dataclass

from pythonosc.osc_message import OscMessage, ParseError

from controllers import ControllerError

BUNDLE = b"#bundle\0"
DEEPEST = 4  # bundles within bundles
MOST_MESSAGES = 512
LARGEST = 65_507  # bytes: what a UDP datagram can hold
LONGEST_ADDRESS = 1024  # a pattern of 60,000 characters takes a tenth of a second to follow
FIXED_SIZES = {"i": 4, "f": 4, "h": 8, "d": 8, "t": 8, "T": 0, "F": 0, "N": 0}
NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970

Argument = int | float | str | bytes | bool | None


@dataclass(frozen=True)
class Message:
    """One OSC message. `due` is the Unix time of its bundle, 0 for at once."""

    address: str
    arguments: tuple[Argument, ...]
    due: float = 0.0


def parse(packet: bytes) -> list[Message]:
    """The messages of a packet in order. Raises ControllerError when any byte of it breaks OSC 1.0."""
    if len(packet) > LARGEST:
        raise ControllerError(f"a packet has at most {LARGEST} bytes")
    messages: list[Message] = []
    _parse(packet, 0.0, 0, messages)
    return messages


def _parse(packet: bytes, due: float, depth: int, messages: list[Message]) -> None:
    if len(packet) % 4 or not packet:
        raise ControllerError(f"a packet's size is a multiple of 4 above zero, not {len(packet)}")
    if not packet.startswith(BUNDLE):
        messages.append(_message(packet, due))
        if len(messages) > MOST_MESSAGES:
            raise ControllerError(f"a packet holds at most {MOST_MESSAGES} messages")
        return
    if depth >= DEEPEST:
        raise ControllerError(f"bundles nest at most {DEEPEST} deep")
    if len(packet) < 16:
        raise ControllerError("a bundle has a time tag of 8 bytes")
    (tag,) = struct.unpack(">Q", packet[8:16])
    due = max(due, tag / 2**32 - NTP_EPOCH)  # "immediately" is long ago; no bundle is due before the one around it
    at = 16
    while at < len(packet):
        if at + 4 > len(packet):
            raise ControllerError("a bundle ends within an element's size")
        (size,) = struct.unpack(">i", packet[at : at + 4])
        at += 4
        if size <= 0 or size % 4 or at + size > len(packet):
            raise ControllerError(f"a bundle's element has size {size} where {len(packet) - at} bytes are left")
        _parse(packet[at : at + size], due, depth + 1, messages)
        at += size


def _message(packet: bytes, due: float) -> Message:
    address, at = _string(packet, 0, "an address")
    if not address.startswith("/") or not address.isascii() or not address.isprintable() or " " in address:
        raise ControllerError("an address begins with / and holds printable ASCII")
    if len(address) > LONGEST_ADDRESS:
        raise ControllerError(f"an address has at most {LONGEST_ADDRESS} characters, this one {len(address)}")
    tags, at = _string(packet, at, "the type tags")
    if not tags.startswith(","):
        raise ControllerError("the type tags begin with a comma")
    for tag in tags[1:]:
        if tag in FIXED_SIZES:
            at += FIXED_SIZES[tag]
        elif tag == "s":
            _, at = _string(packet, at, "a string")
        elif tag == "b":
            at = _blob_end(packet, at)
        else:
            raise ControllerError(f"arguments of type {tag!r} are not understood here: send i, f, d or s")
    if at != len(packet):
        raise ControllerError(f"the arguments end at byte {at} of {len(packet)}")
    try:
        return Message(address, tuple(OscMessage(packet).params), due)
    except (ParseError, ValueError, OverflowError) as e:
        raise ControllerError(f"the arguments cannot be read: {e}") from e


def _string(packet: bytes, at: int, what: str) -> tuple[str, int]:
    """The string at `at` and the position after its padding."""
    end = packet.find(b"\0", at)
    if end < 0:
        raise ControllerError(f"{what} is not terminated")
    stop = end // 4 * 4 + 4
    if packet[end:stop].strip(b"\0"):
        raise ControllerError(f"{what} is not padded with zeros")
    try:
        return packet[at:end].decode("utf-8"), stop
    except UnicodeDecodeError as e:
        raise ControllerError(f"{what} is not UTF-8") from e


def _blob_end(packet: bytes, at: int) -> int:
    if at + 4 > len(packet):
        raise ControllerError("a blob's size is cut off")
    (size,) = struct.unpack(">i", packet[at : at + 4])
    if size < 0 or at + 4 + size > len(packet):
        raise ControllerError(f"a blob of {size} bytes does not fit the packet")
    return int(at + 4 + (size + 3) // 4 * 4)
