"""The map of a device: what its controls do, and how its lights are lit. Data, read from `controllers/maps/*.toml`.

A map has a `title`, the fragments of port names by which its device is known (`ports`), the device's `channel` (0: any),
the number of styles by which a bank moves (`step`), messages that are sent when it is plugged in (`hello`), and `rows` of
like controls:

    cc | note | bend | nrpn   the numbers, "0-7 16 18"; `bend = true`
    does                      one of Does below, or the name of a live parameter that is a number, such as rate
    slot                      of a control for one style: the style's number in the bank, from 0; the row counts on
    channel                   where it is not the device's
    shifted                   what it does while a `shift` button is held
    level                     the weight that a `level` pad sets
    preset                    the number of the preset that is recalled or kept; the row counts on
    fine                      a 14-bit controller: cc n, and n + 32 for the lower bits
    follows                   the device moves it to where it is sent: no take-over is needed
    layer                     the control is there while this layer of the device is on, which a touch shows
    light                     what shows its state: {cc | note | sysex, numbers, channel, values}

A light has as many steps as `values`, dark first: "0-127" for a motor fader, [0, 127] for on and off. `numbers` are the
row's own where none are given. `sysex` is a message in hexadecimal in which NN and VV stand for number and value.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from actors.wire.parameters import PARAMETERS, Number
from controllers import ControllerError
from controllers.midi.messages import ControlChange, Message, NoteOn, Parser, SysEx
from controllers.midi.touch import ANY_CHANNEL, LSB, MOST, Address, Kind

MAPS = Path(__file__).parents[1] / "maps"
GENERIC = "generic"
MOST_SLOTS = 1024
MOST_PRESETS = 128  # a program change has so many numbers


class Does(Enum):
    """The functions of a control, beside setting a live parameter. The first group is for the style in its slot."""

    WEIGHT = "weight"
    LEVEL = "level"
    SOLO = "solo"
    MUTE = "mute"
    HOLD = "hold"

    BANK_UP = "bank-up"
    BANK_DOWN = "bank-down"
    STILL = "still"  # stand still, and go on
    STOP = "stop"
    GO = "go"
    FASTER = "faster"
    SLOWER = "slower"
    WARMER = "warmer"
    COOLER = "cooler"
    PLAIN = "plain"  # temperature 1
    CLEAR = "clear"  # no solo, no hold, no mute
    SHIFT = "shift"

    PRESET = "preset"  # recall it
    KEEP = "keep"  # keep the mix as this preset


OF_A_STYLE = {Does.WEIGHT, Does.LEVEL, Does.SOLO, Does.MUTE, Does.HOLD}
NUMBERS = {parameter.name: parameter for parameter in PARAMETERS if isinstance(parameter, Number)}


@dataclass(frozen=True)
class Light:
    """One light: `values` from dark to full."""

    kind: str  # cc, note or sysex
    channel: int
    number: int
    values: tuple[int, ...]
    sysex: tuple[str, ...] = ()

    def message(self, brightness: float) -> Message:
        """The message for a brightness from 0 to 1; above 0 it is never dark."""
        steps = len(self.values) - 1
        step = min(steps, round(brightness * steps)) if brightness > 0 else 0
        value = self.values[max(step, 1) if brightness > 0 else 0]
        if self.kind == "sysex":
            numbers = {"NN": self.number, "VV": value}
            return SysEx(bytes(numbers[byte] if byte in numbers else int(byte, 16) for byte in self.sysex))
        if self.kind == "note":
            return NoteOn(self.channel, self.number, value)
        return ControlChange(self.channel, self.number, value)


@dataclass(frozen=True)
class Control:
    """One fader, knob, button or pad."""

    address: Address
    does: Does | Number  # a live parameter is set by a continuous control
    slot: int = 0
    shifted: Does | Number | None = None
    level: float = 0.0
    preset: int = 1
    fine: bool = False
    follows: bool = False
    layer: str = ""
    light: Light | None = None


@dataclass(frozen=True)
class DeviceMap:
    """A device as its map describes it."""

    name: str
    title: str
    ports: tuple[str, ...] = ()
    step: int = 8
    hello: tuple[Message, ...] = ()
    controls: dict[Address, Control] = field(default_factory=dict)
    layers: tuple[str, ...] = ()

    def knows(self, port: str) -> int:
        """How well the name of a port fits: the length of the fragment in it; 0: not at all."""
        return max((len(f) for f in self.ports if f.casefold() in port.casefold()), default=0)

    def find(self, address: Address) -> Control | None:
        return self.controls.get(address) or self.controls.get(address.on_any_channel())


def names() -> list[str]:
    """The names of all maps, the generic one last."""
    return sorted((path.stem for path in MAPS.glob("*.toml")), key=lambda name: (name == GENERIC, name))


def load(name: str) -> DeviceMap:
    """One of the maps that come with Chorus. Raises ControllerError."""
    if name not in names():
        raise ControllerError(f"there is no MIDI map {name!r}: there are {', '.join(names())}")
    return read((MAPS / f"{name}.toml").read_text("utf-8"), name)


def which_knows(port: str) -> DeviceMap | None:
    """The map of the device at this port: the one with the longest fragment, "APC mini mk2" before "APC mini"."""
    best = max(map(load, names()), key=lambda device: device.knows(port))
    return best if best.knows(port) else None


Numbers = int | str | list[int]  # 3, "0-7 16" or [3, 4]
Channel = Annotated[int, Meta(ge=ANY_CHANNEL, le=16)]


class _Light(msgspec.Struct, forbid_unknown_fields=True):
    values: Numbers
    cc: Numbers | None = None
    note: Numbers | None = None
    sysex: str | None = None
    numbers: Numbers | None = None
    channel: Channel | None = None


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    does: str
    cc: Numbers | None = None
    note: Numbers | None = None
    bend: bool | None = None
    nrpn: Numbers | None = None
    slot: Annotated[int, Meta(ge=0, le=MOST_SLOTS)] = 0
    channel: Channel | None = None
    shifted: str = ""
    level: Annotated[float, Meta(ge=0, le=1)] = 0.0
    preset: Annotated[int, Meta(ge=1, le=MOST_PRESETS)] = 1
    fine: bool = False
    follows: bool = False
    layer: str = ""
    light: _Light | None = None


class _Map(msgspec.Struct, forbid_unknown_fields=True):
    title: str = ""
    channel: Channel = ANY_CHANNEL
    step: Annotated[int, Meta(ge=1, le=128)] = 8
    ports: tuple[str, ...] = ()
    hello: tuple[str, ...] = ()
    rows: list[dict[str, Any]] = []


def read(text: str, name: str) -> DeviceMap:
    """A map from its TOML. Raises ControllerError that names the map, the row and the mistake."""
    where = f"MIDI map {name}"
    controls: dict[Address, Control] = {}
    taken: set[Address] = set()
    try:
        top = msgspec.toml.decode(text, type=_Map)
        hello = _messages(top.hello)
        for number, row in enumerate(top.rows, 1):
            where = f"MIDI map {name}, row {number}"
            for control in _controls(msgspec.convert(row, _Row), top.channel):
                address = control.address
                uses = [address, *([Address(Kind.CC, address.channel, address.number + LSB)] if control.fine else [])]
                if used := taken.intersection(uses):
                    raise ValueError(f"{used.pop()} is used twice")
                taken.update(uses)
                controls[address] = control
    except (msgspec.MsgspecError, ValueError) as e:
        raise ControllerError(f"{where}: {e}") from e
    layers = tuple(dict.fromkeys(control.layer for control in controls.values() if control.layer))
    return DeviceMap(name, top.title or name, top.ports, top.step, hello, controls, layers)


def _controls(row: _Row, channel: int) -> Iterator[Control]:
    kinds = [kind for kind in Kind if getattr(row, kind.value) is not None]
    if len(kinds) != 1:
        raise ValueError("it takes exactly one of cc, note, bend and nrpn")
    kind = kinds[0]
    numbers = [0] if kind is Kind.BEND else _numbers(kind.value, getattr(row, kind.value), MOST[kind])
    if row.fine and (kind is not Kind.CC or max(numbers) >= LSB):
        raise ValueError("fine is for controllers 0 to 31")
    channel = channel if row.channel is None else row.channel
    does, shifted = _does(row.does), _does(row.shifted) if row.shifted else None
    for k, (number, light) in enumerate(zip(numbers, _lights(row.light, kind, numbers, channel), strict=True)):
        slot = row.slot + k if does in OF_A_STYLE else 0
        address, preset = Address(kind, channel, number), row.preset + k
        yield Control(address, does, slot, shifted, row.level, preset, row.fine, row.follows, row.layer, light)


def _does(word: str) -> Does | Number:
    known: dict[str, Does | Number] = {does.value: does for does in Does} | NUMBERS
    if word not in known:
        raise ValueError(f"does and shifted are one of {', '.join(known)}, not {word!r}")
    return known[word]


def _lights(light: _Light | None, kind: Kind, own: list[int], channel: int) -> list[Light] | list[None]:
    if light is None:
        return [None] * len(own)
    kinds = [kind for kind in ("cc", "note", "sysex") if getattr(light, kind) is not None]
    if not kinds and kind in (Kind.CC, Kind.NOTE):
        kinds, numbers = [kind.value], own
    elif len(kinds) == 1:
        given = light.numbers if kinds == ["sysex"] else getattr(light, kinds[0])
        numbers = _numbers("numbers" if kinds == ["sysex"] else kinds[0], given, 127)
    else:
        raise ValueError("light takes one of cc, note and sysex")
    values = tuple(_numbers("values", light.values, 127))
    if len(numbers) != len(own):
        raise ValueError(f"light has {len(numbers)} numbers for {len(own)} controls")
    if len(values) < 2:
        raise ValueError("values are two or more, the dark one first")
    template = _template(light.sysex) if light.sysex is not None else ()
    channel = (channel if light.channel is None else light.channel) or 1
    return [Light(kinds[0], channel, number, values, template) for number in numbers]


def _numbers(key: str, value: Numbers | None, most: int) -> list[int]:
    """The numbers of a key, each from 0 to `most`."""
    numbers = [value] if isinstance(value, int) else value or []
    if isinstance(numbers, str):
        ranges = [re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", word) for word in numbers.split()]
        pairs = [(int(found[1]), int(found[2] or found[1])) if found else (-1, -1) for found in ranges]
        numbers = [number for first, last in pairs for number in (range(first, last + 1) or [-1])]
    if not numbers or not all(0 <= number <= most for number in numbers):
        raise ValueError(f'{key} is numbers from 0 to {most}, as in "0-7 16"')
    return numbers


def _template(sysex: str) -> tuple[str, ...]:
    words = sysex.split()
    inner = words[1:-1]
    if words[:1] != ["F0"] or words[-1:] != ["F7"] or not all(re.fullmatch("[0-7][0-9A-F]|NN|VV", w) for w in inner):
        raise ValueError("sysex is F0, bytes from 00 to 7F or NN or VV, and F7")
    return tuple(inner)


def _messages(hello: tuple[str, ...]) -> tuple[Message, ...]:
    parser, messages = Parser(), []
    for line in hello:
        try:
            messages += parser.feed(bytes.fromhex(line))
        except ValueError as e:
            raise ValueError(f"{line!r} in hello is not hexadecimal") from e
    if parser.dropped or len(messages) < len(hello):
        raise ValueError("a line of hello is no whole MIDI message")
    return tuple(messages)
