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
import tomllib
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from actors.wire.parameters import PARAMETERS, Number
from controllers import ControllerError
from controllers.midi.messages import ControlChange, Message, NoteOn, Parser, SysEx
from controllers.midi.toml_table import Table
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


def read(text: str, name: str) -> DeviceMap:
    """A map from its TOML. Raises ControllerError that names the map, the row and the mistake."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise ControllerError(f"MIDI map {name}: {e}") from e
    top = Table(table, f"MIDI map {name}")
    title, channel = top.text("title", name), top.whole("channel", ANY_CHANNEL, 0, 16)
    step = top.whole("step", 8, 1, 128)
    ports, hello, rows = top.texts("ports"), top.texts("hello"), top.tables("rows")
    top.nothing_else()
    controls: dict[Address, Control] = {}
    taken: set[Address] = set()
    for row in rows:
        for control in _row(row, channel):
            uses = [control.address]
            if control.fine:
                uses.append(Address(Kind.CC, control.address.channel, control.address.number + LSB))
            for use in uses:
                if use in taken:
                    raise row.wrong(f"{use} is used twice")
                taken.add(use)
            controls[control.address] = control
    layers = tuple(dict.fromkeys(control.layer for control in controls.values() if control.layer))
    return DeviceMap(name, title, ports, step, _messages(hello, top), controls, layers)


def _row(row: Table, channel: int) -> list[Control]:
    kinds = [kind for kind in Kind if row.has(kind.value)]
    if len(kinds) != 1:
        raise row.wrong("it takes exactly one of cc, note, bend and nrpn")
    kind = kinds[0]
    if kind is Kind.BEND:
        row.flag(kind.value)
        numbers: tuple[int, ...] = (0,)
    else:
        numbers = row.numbers(kind.value, MOST[kind])
    channel = row.whole("channel", channel, 0, 16)
    does, shifted = _does(row, "does"), _does(row, "shifted")
    if does is None:
        raise row.wrong("it lacks does")
    slot = row.whole("slot", 0, 0, MOST_SLOTS)
    level = row.number("level", 0.0, 0.0, 1.0)
    preset = row.whole("preset", 1, 1, MOST_PRESETS)
    fine, follows, layer = row.flag("fine"), row.flag("follows"), row.text("layer", "")
    if fine and (kind is not Kind.CC or max(numbers) >= LSB):
        raise row.wrong("fine is for controllers 0 to 31")
    lights = _lights(row, kind, numbers, channel)
    row.nothing_else()
    slots = [slot + k if does in OF_A_STYLE else 0 for k in range(len(numbers))]
    return [
        Control(
            Address(kind, channel, number), does, slots[k], shifted, level, preset + k, fine, follows, layer, lights[k]
        )
        for k, number in enumerate(numbers)
    ]


def _does(row: Table, key: str) -> Does | Number | None:
    word = row.word(key, [*(does.value for does in Does), *NUMBERS])
    return NUMBERS.get(word) or (Does(word) if word else None)


def _lights(row: Table, kind: Kind, own: tuple[int, ...], channel: int) -> list[Light] | list[None]:
    if not row.has("light"):
        return [None] * len(own)
    light = row.table("light")
    kinds = [kind for kind in ("cc", "note", "sysex") if light.has(kind)]
    if len(kinds) > 1:
        raise light.wrong("it takes one of cc, note and sysex")
    template: tuple[str, ...] = ()
    if kinds == ["sysex"]:
        template = _template(light)
        numbers = light.numbers("numbers", 127)
    elif kinds:
        numbers = light.numbers(kinds[0], 127)
    elif kind in (Kind.CC, Kind.NOTE):
        kinds, numbers = [kind.value], own
    else:
        raise light.wrong("it takes one of cc, note and sysex")
    channel = light.whole("channel", channel, 0, 16) or 1
    values = light.numbers("values", 127)
    light.nothing_else()
    if len(numbers) != len(own):
        raise light.wrong(f"it has {len(numbers)} numbers for {len(own)} controls")
    if len(values) < 2:
        raise light.wrong("values are two or more, the dark one first")
    return [Light(kinds[0], channel, number, values, template) for number in numbers]


def _template(light: Table) -> tuple[str, ...]:
    words = light.text("sysex", "").split()
    inner = words[1:-1]
    if words[:1] != ["F0"] or words[-1:] != ["F7"] or not all(re.fullmatch("[0-7][0-9A-F]|NN|VV", w) for w in inner):
        raise light.wrong("sysex is F0, bytes from 00 to 7F or NN or VV, and F7")
    return tuple(inner)


def _messages(hello: tuple[str, ...], top: Table) -> tuple[Message, ...]:
    parser, messages = Parser(), []
    for line in hello:
        try:
            messages += parser.feed(bytes.fromhex(line))
        except ValueError as e:
            raise top.wrong(f"{line!r} in hello is not hexadecimal") from e
    if parser.dropped or len(messages) < len(hello):
        raise top.wrong("a line of hello is no whole MIDI message")
    return tuple(messages)
