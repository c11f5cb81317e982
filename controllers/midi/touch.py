"""Touches: the control of a device that a message has moved, and its position. Pure.

Some pairs of messages are one number: 14-bit controllers of the map (MSB n, LSB n + 32), and NRPN.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from controllers.midi.messages import ControlChange, Message, NoteOff, NoteOn, PitchBend

ANY_CHANNEL = 0
LSB = 32  # the controller with the lower seven bits of controller n is n + 32
NRPN_HIGH, NRPN_LOW, RPN_HIGH, RPN_LOW, ENTRY, ENTRY_LOW = 99, 98, 101, 100, 6, 38
OF_NRPN = {NRPN_HIGH, NRPN_LOW, RPN_HIGH, RPN_LOW, ENTRY, ENTRY_LOW}


class Kind(Enum):
    CC = "cc"
    NOTE = "note"
    BEND = "bend"
    NRPN = "nrpn"


MOST = {Kind.CC: 127, Kind.NOTE: 127, Kind.BEND: 0, Kind.NRPN: 16383}  # the highest number of each kind


@dataclass(frozen=True, slots=True)
class Address:
    """The MIDI address of a control."""

    kind: Kind
    channel: int  # 1 to 16, or ANY_CHANNEL
    number: int = 0

    def __str__(self) -> str:
        where = "any channel" if self.channel == ANY_CHANNEL else f"channel {self.channel}"
        return f"{self.kind.value} {self.number} on {where}"

    def on_any_channel(self) -> "Address":
        return Address(self.kind, ANY_CHANNEL, self.number)


@dataclass(frozen=True, slots=True)
class Touch:
    """A control is at `position` now, 0 to 1; a button above 0 is pressed, at 0 let go."""

    address: Address
    position: float


class Pair:
    """Two messages that are one number. The upper one acts; the lower may follow, precede, be late or never come."""

    def __init__(self) -> None:
        self._high: int | None = None
        self._low = 0
        self._high_alone = 2  # upper ones since the last lower one: from two on, lower ones do not come (any more)

    def high(self, value: int) -> float:
        self._high = value
        self._high_alone += 1
        return self._position(value)

    def low(self, value: int) -> float | None:
        """The position; None while no upper message has come."""
        self._low, self._high_alone = value, 0
        return None if self._high is None else self._position(self._high)

    def _position(self, high: int) -> float:
        return high / 127 if self._high_alone >= 2 else (high << 7 | self._low) / 16383


class Touches:
    """Reads the messages of one device. `fine` are its 14-bit controllers; NRPN is read where `nrpn` names some."""

    def __init__(self, fine: Collection[Address] = (), nrpn: Collection[Address] = ()) -> None:
        self._fine = frozenset(fine)
        self._nrpn_channels = {address.channel for address in nrpn}
        self._pairs: dict[Address, Pair] = {}
        self._selected: dict[int, tuple[int, int]] = {}  # by channel: the NRPN that data entry goes to

    def read(self, message: Message) -> Touch | None:
        """The touch of a message; None for others, and for half of one."""
        match message:
            case NoteOn(channel, note, velocity):
                return Touch(Address(Kind.NOTE, channel, note), velocity / 127)
            case NoteOff(channel, note, _):
                return Touch(Address(Kind.NOTE, channel, note), 0.0)
            case PitchBend(channel, bend):
                return Touch(Address(Kind.BEND, channel), bend / 16383)
            case ControlChange(channel, control, value):
                if control in OF_NRPN and self._nrpn_channels & {channel, ANY_CHANNEL}:
                    return self._entry(channel, control, value)
                return self._change(Address(Kind.CC, channel, control), value)
        return None

    def _change(self, address: Address, value: int) -> Touch | None:
        if self._is_fine(address):
            return Touch(address, self._pair(address).high(value))
        upper = Address(Kind.CC, address.channel, address.number - LSB)
        if self._is_fine(upper):
            return _touch(upper, self._pair(upper).low(value))
        return Touch(address, value / 127)

    def _entry(self, channel: int, control: int, value: int) -> Touch | None:
        high, low = self._selected.get(channel, (127, 127))
        if control in (RPN_HIGH, RPN_LOW):  # data for a registered parameter follows, which is not ours
            self._selected.pop(channel, None)
        elif control == NRPN_HIGH:
            self._selected[channel] = (value, low)
        elif control == NRPN_LOW:
            self._selected[channel] = (high, value)
        elif (high, low) != (127, 127):  # it stands for: none is selected
            address = Address(Kind.NRPN, channel, high << 7 | low)
            pair = self._pair(address)
            return _touch(address, pair.high(value) if control == ENTRY else pair.low(value))
        return None

    def _is_fine(self, address: Address) -> bool:
        return address in self._fine or address.on_any_channel() in self._fine

    def _pair(self, address: Address) -> Pair:
        return self._pairs.setdefault(address, Pair())


def _touch(address: Address, position: float | None) -> Touch | None:
    return None if position is None else Touch(address, position)
