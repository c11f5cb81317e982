"""MIDI 1.0 messages: a parser that takes bytes as they come and returns messages, and the way back. No I/O.

SHAPES defines every message; parsing and encoding are derived from it. The parser keeps running status, lets real-time
bytes pass through the middle of other messages, and goes on after anything: bytes of no message are dropped and counted.
Channels count from 1 to 16, as devices print them.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any, NamedTuple

LONGEST_SYSEX = 4096  # bytes between F0 and F7: the longest our devices send has some dozen
CENTRE = 8192  # a pitch wheel at rest

SYSEX, SYSEX_END = 0xF0, 0xF7
SYSTEM = 0xF0  # a status from here on belongs to no channel
REAL_TIME = 0xF8  # and from here on it may stand anywhere


@dataclass(frozen=True, slots=True)
class NoteOff:
    channel: int
    note: int
    velocity: int = 0


@dataclass(frozen=True, slots=True)
class NoteOn:
    """With velocity 0 it ends the note, as NoteOff does."""

    channel: int
    note: int
    velocity: int


@dataclass(frozen=True, slots=True)
class PolyPressure:
    channel: int
    note: int
    pressure: int


@dataclass(frozen=True, slots=True)
class ControlChange:
    channel: int
    control: int
    value: int


@dataclass(frozen=True, slots=True)
class ProgramChange:
    channel: int
    program: int


@dataclass(frozen=True, slots=True)
class ChannelPressure:
    channel: int
    pressure: int


@dataclass(frozen=True, slots=True)
class PitchBend:
    channel: int
    bend: int  # 0 to 16383, CENTRE at rest


@dataclass(frozen=True, slots=True)
class SysEx:
    body: bytes  # without F0 and F7


@dataclass(frozen=True, slots=True)
class TimeCode:
    quarter_frame: int


@dataclass(frozen=True, slots=True)
class SongPosition:
    sixteenths: int


@dataclass(frozen=True, slots=True)
class SongSelect:
    song: int


@dataclass(frozen=True, slots=True)
class TuneRequest:
    pass


@dataclass(frozen=True, slots=True)
class Clock:
    """One of 24 to a quarter note."""


@dataclass(frozen=True, slots=True)
class Start:
    pass


@dataclass(frozen=True, slots=True)
class Continue:
    pass


@dataclass(frozen=True, slots=True)
class Stop:
    pass


@dataclass(frozen=True, slots=True)
class ActiveSensing:
    pass


@dataclass(frozen=True, slots=True)
class Reset:
    pass


ChannelMessage = NoteOff | NoteOn | PolyPressure | ControlChange | ProgramChange | ChannelPressure | PitchBend
SystemMessage = SysEx | TimeCode | SongPosition | SongSelect | TuneRequest
RealTime = Clock | Start | Continue | Stop | ActiveSensing | Reset
Message = ChannelMessage | SystemMessage | RealTime


class Shape(NamedTuple):
    """The number of data bytes of a message. `wide`: two of them are one number, the lower seven bits first."""

    made: Callable[..., Message]
    size: int
    wide: bool = False


SHAPES: dict[int, Shape] = {
    0x80: Shape(NoteOff, 2),
    0x90: Shape(NoteOn, 2),
    0xA0: Shape(PolyPressure, 2),
    0xB0: Shape(ControlChange, 2),
    0xC0: Shape(ProgramChange, 1),
    0xD0: Shape(ChannelPressure, 1),
    0xE0: Shape(PitchBend, 2, wide=True),
    0xF1: Shape(TimeCode, 1),
    0xF2: Shape(SongPosition, 2, wide=True),
    0xF3: Shape(SongSelect, 1),
    0xF6: Shape(TuneRequest, 0),
    0xF8: Shape(Clock, 0),
    0xFA: Shape(Start, 0),
    0xFB: Shape(Continue, 0),
    0xFC: Shape(Stop, 0),
    0xFE: Shape(ActiveSensing, 0),
    0xFF: Shape(Reset, 0),
}
_STATUS: dict[Any, int] = {shape.made: status for status, shape in SHAPES.items()}


class Parser:
    """Takes bytes in any portions, and returns messages.

    `dropped` counts the bytes of no message, `too_long` the SysEx longer than LONGEST_SYSEX.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self.too_long = 0
        self._status = 0  # of the message being read or of the last channel message: its running status; 0: none
        self._read = bytearray()
        self._sysex: bytearray | None = None

    def feed(self, raw: bytes) -> list[Message]:
        """The messages that these bytes complete, in order."""
        messages: list[Message] = []
        for byte in raw:
            if byte >= REAL_TIME:
                self._real_time(byte, messages)
            elif byte >= 0x80:
                self._new_status(byte, messages)
            elif self._sysex is not None:
                self._sysex.append(byte)
                self._check_length()
            elif self._status:
                self._read.append(byte)
                self._complete(messages)
            else:
                self.dropped += 1
        return messages

    def _real_time(self, byte: int, messages: list[Message]) -> None:
        if byte in SHAPES:
            messages.append(SHAPES[byte].made())
        else:
            self.dropped += 1

    def _new_status(self, byte: int, messages: list[Message]) -> None:
        if byte == SYSEX_END and self._sysex is not None:
            messages.append(SysEx(bytes(self._sysex)))
            self._sysex = None
            return
        self.dropped += len(self._read) + (1 + len(self._sysex) if self._sysex is not None else 0)
        self._read.clear()
        self._sysex = bytearray() if byte == SYSEX else None
        self._status = 0
        kind = byte & 0xF0 if byte < SYSTEM else byte
        if kind in SHAPES:
            self._status = byte
            self._complete(messages)
        elif byte != SYSEX:
            self.dropped += 1

    def _check_length(self) -> None:
        if self._sysex is not None and len(self._sysex) > LONGEST_SYSEX:
            self.too_long += 1
            self.dropped += 1 + len(self._sysex)
            self._sysex = None  # the rest of it is stray data

    def _complete(self, messages: list[Message]) -> None:
        of_a_channel = self._status < SYSTEM
        shape = SHAPES[self._status & 0xF0 if of_a_channel else self._status]
        if len(self._read) < shape.size:
            return
        values = [self._read[0] | self._read[1] << 7] if shape.wide else list(self._read)
        self._read.clear()
        if of_a_channel:
            messages.append(shape.made((self._status & 0x0F) + 1, *values))
        else:
            messages.append(shape.made(*values))
            self._status = 0  # only channel messages run on


def encode(message: Message) -> bytes:
    """The bytes of a message, always with its status. Raises ValueError for a number out of range."""
    if isinstance(message, SysEx):
        return bytes([SYSEX]) + _data(message.body) + bytes([SYSEX_END])
    status = _STATUS[type(message)]
    values: list[int] = list(astuple(message))
    if status < SYSTEM:
        channel = values.pop(0)
        if not 1 <= channel <= 16:
            raise ValueError(f"there are channels 1 to 16, none {channel}")
        status |= channel - 1
    if SHAPES[status & 0xF0 if status < SYSTEM else status].wide:
        values = [values[0] & 0x7F, values[0] >> 7]
    return bytes([status]) + _data(values)


def _data(values: bytes | list[int]) -> bytes:
    if any(not 0 <= value < 128 for value in values):
        raise ValueError("MIDI carries numbers from 0 to 127")
    return bytes(values)
