"""MIDI 1.0 messages: a parser that takes bytes as they come and returns messages, and the way back. No I/O.

KINDS has every message by its status; parsing and encoding are derived from it. The parser keeps running status, lets
real-time bytes pass through the middle of other messages, and goes on after anything: bytes of no message are dropped and
counted. Channels count from 1 to 16, as devices print them.
"""

import msgspec

LONGEST_SYSEX = 4096  # bytes between F0 and F7: the longest our devices send has some dozen

SYSEX, SYSEX_END = 0xF0, 0xF7
SYSTEM = 0xF0  # a status from here on belongs to no channel
REAL_TIME = 0xF8  # and from here on it may stand anywhere


class Message(msgspec.Struct, frozen=True):
    """Any message: its fields are its data bytes, after the channel where it belongs to one."""


class NoteOff(Message, frozen=True):
    channel: int
    note: int
    velocity: int = 0


class NoteOn(Message, frozen=True):
    """With velocity 0 it ends the note, as NoteOff does."""

    channel: int
    note: int
    velocity: int


class PolyPressure(Message, frozen=True):
    channel: int
    note: int
    pressure: int


class ControlChange(Message, frozen=True):
    channel: int
    control: int
    value: int


class ProgramChange(Message, frozen=True):
    channel: int
    program: int


class ChannelPressure(Message, frozen=True):
    channel: int
    pressure: int


class PitchBend(Message, frozen=True):
    channel: int
    bend: int  # 0 to 16383, at rest 8192


class SysEx(Message, frozen=True):
    body: bytes  # without F0 and F7


class TimeCode(Message, frozen=True):
    quarter_frame: int


class SongPosition(Message, frozen=True):
    sixteenths: int


class SongSelect(Message, frozen=True):
    song: int


class TuneRequest(Message, frozen=True): ...


class Clock(Message, frozen=True):
    """One of 24 to a quarter note."""


class Start(Message, frozen=True): ...


class Continue(Message, frozen=True): ...


class Stop(Message, frozen=True): ...


class ActiveSensing(Message, frozen=True): ...


class Reset(Message, frozen=True): ...


CHANNEL_MESSAGES = (NoteOff, NoteOn, PolyPressure, ControlChange, ProgramChange, ChannelPressure, PitchBend)
KINDS: dict[int, type[Message]] = dict(zip(range(0x80, SYSTEM, 0x10), CHANNEL_MESSAGES, strict=True))
KINDS |= {0xF1: TimeCode, 0xF2: SongPosition, 0xF3: SongSelect, 0xF6: TuneRequest}
KINDS |= {0xF8: Clock, 0xFA: Start, 0xFB: Continue, 0xFC: Stop, 0xFE: ActiveSensing, 0xFF: Reset}
WIDE = (PitchBend, SongPosition)  # their two data bytes are one number, the lower seven bits first
_STATUS = {kind: status for status, kind in KINDS.items()}


class Parser:
    """Takes bytes in any portions, and returns messages. `dropped` counts the bytes of none."""

    def __init__(self) -> None:
        self.dropped = 0
        self._status = 0  # of the message being read or of the last channel message: its running status; 0: none
        self._read = bytearray()
        self._sysex: bytearray | None = None

    def feed(self, raw: bytes) -> list[Message]:
        """The messages that these bytes complete, in order."""
        messages: list[Message] = []
        for byte in raw:
            if byte >= REAL_TIME:
                if byte in KINDS:
                    messages.append(KINDS[byte]())
                else:
                    self.dropped += 1
            elif byte >= 0x80:
                self._new_status(byte, messages)
            elif self._sysex is not None:
                self._sysex.append(byte)
                if len(self._sysex) > LONGEST_SYSEX:
                    self.dropped += 1 + len(self._sysex)
                    self._sysex = None  # the rest of it is stray data
            elif self._status:
                self._read.append(byte)
                self._complete(messages)
            else:
                self.dropped += 1
        return messages

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
        if kind in KINDS:
            self._status = byte
            self._complete(messages)
        elif byte != SYSEX:
            self.dropped += 1

    def _complete(self, messages: list[Message]) -> None:
        of_a_channel = self._status < SYSTEM
        kind = KINDS[self._status & 0xF0 if of_a_channel else self._status]
        if len(self._read) < (2 if kind in WIDE else len(kind.__struct_fields__) - of_a_channel):
            return
        values = [self._read[0] | self._read[1] << 7] if kind in WIDE else list(self._read)
        self._read.clear()
        if of_a_channel:
            values.insert(0, (self._status & 0x0F) + 1)
        else:
            self._status = 0  # only channel messages run on
        messages.append(kind(*values))


def encode(message: Message) -> bytes:
    """The bytes of a message, always with its status. Raises ValueError for a number out of range."""
    if isinstance(message, SysEx):
        return bytes([SYSEX]) + _data(message.body) + bytes([SYSEX_END])
    status = _STATUS[type(message)]
    values: list[int] = list(msgspec.structs.astuple(message))
    if status < SYSTEM:
        channel = values.pop(0)
        if not 1 <= channel <= 16:
            raise ValueError(f"there are channels 1 to 16, none {channel}")
        status |= channel - 1
    if isinstance(message, WIDE):
        values = [values[0] & 0x7F, values[0] >> 7]
    return bytes([status]) + _data(values)


def _data(values: bytes | list[int]) -> bytes:
    if any(not 0 <= value < 128 for value in values):
        raise ValueError("MIDI carries numbers from 0 to 127")
    return bytes(values)
