"""Every row of the table of devices: the bytes of each control and what they wish, and the bytes of each light.

The numbers are those of the devices' documentation, written down here a second time: the maps are what is tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from actors.wire.messages import Command, Hold, Preset, SetRate, SetTemperature, SetWeights, Solo
from controllers.hand import Seen
from controllers.midi import map as midi_map
from controllers.midi.messages import Parser, encode
from controllers.midi.scales import value_at
from controllers.midi.surface import Surface

STYLES = [f"s{k}" for k in range(130)]
SILENT = Seen(styles=STYLES, weights=dict.fromkeys(STYLES, 0.0), values={"temperature": 2.0})
LOUD = replace(SILENT, weights=dict.fromkeys(STYLES, 0.5), values={"rate": 20.0, "temperature": 2.0})
AT_THE_BOTTOM = replace(SILENT, values={"rate": 1.0, "temperature": 0.1})
STILL = replace(SILENT, values={"rate": 0.0, "temperature": 2.0})

CC = 0xB0
NOTE = 0x90


class Device:
    """A device in hands; time passes between two touches."""

    def __init__(self, name: str, seen: Seen = SILENT) -> None:
        self.surface, self.parser = Surface(midi_map.load(name)), Parser()
        self.seen, self.now = seen, 0.0
        self.hello = b"".join(map(encode, self.surface.plugged_in()))

    def send(self, *numbers: int) -> list[Command]:
        self.now += 10
        self.surface.look(self.seen, self.now)
        (message,) = self.parser.feed(bytes(numbers))
        return self.surface.heard(message)

    def lights(self) -> list[str]:
        """All that is sent until nothing changes any more."""
        sent: list[str] = []
        while True:
            self.now += 10
            self.surface.look(self.seen, self.now)
            changed = self.surface.lights()
            if not changed:
                return sent
            sent += [encode(message).hex(" ").upper() for message in changed]


@dataclass(frozen=True)
class Row:
    """Controls of a device that do the same, each for one style more than the one before."""

    device: str
    channel: int
    kind: int
    numbers: Sequence[int]
    does: str
    first: int = 0

    def __str__(self) -> str:
        return f"{self.device}-{self.kind:X}-{self.numbers[0]}-{self.does}"


def apc_mini(name: str, track: int, scene: int, shift: int) -> list[Row]:
    beside = ("bank-up", "bank-down", "faster", "slower", "warmer", "cooler", "still", "clear")
    return [
        Row(name, 1, CC, range(48, 56), "weight"),
        Row(name, 1, CC, [56], "rate"),
        *[Row(name, 1, NOTE, range(8 * r, 8 * r + 8), f"level {r}") for r in range(8)],
        Row(name, 1, NOTE, range(track, track + 8), "solo"),
        *[Row(name, 1, NOTE, [scene + k], does) for k, does in enumerate(beside)],
        Row(name, 1, NOTE, [shift], f"shift {track} hold"),
        Row(name, 1, NOTE, range(8), f"preset with 90 {shift}"),
        Row(name, 1, NOTE, range(8, 16), f"keep with 90 {shift}"),
    ]


def x_touch_layer(knobs: int, pushes: int, fader: int, moves: str, buttons: int, first: int) -> list[Row]:
    name = "x_touch_mini"
    below = ("bank-down", "bank-up", "slower", "faster", "cooler", "warmer", "clear", "still")
    return [
        Row(name, 11, CC, range(knobs, knobs + 8), "weight", first),
        Row(name, 11, NOTE, range(pushes, pushes + 8), "solo", first),
        Row(name, 11, CC, [fader], moves),
        Row(name, 11, NOTE, range(buttons, buttons + 8), "hold", first),
        *[Row(name, 11, NOTE, [buttons + 8 + k], does) for k, does in enumerate(below)],
    ]


ROWS = [
    Row("nanokontrol2", 1, CC, range(8), "weight"),
    Row("nanokontrol2", 1, CC, range(16, 22), "weight", 8),
    Row("nanokontrol2", 1, CC, [22], "rate"),
    Row("nanokontrol2", 1, CC, [23], "temperature"),
    Row("nanokontrol2", 1, CC, range(32, 40), "solo"),
    Row("nanokontrol2", 1, CC, range(48, 56), "mute"),
    Row("nanokontrol2", 1, CC, range(64, 72), "hold"),
    Row("nanokontrol2", 1, CC, [60], "shift 64 keep"),
    Row("nanokontrol2", 1, CC, range(32, 40), "preset with B0 60"),
    Row("nanokontrol2", 1, CC, range(64, 72), "keep with B0 60"),
    Row("nanokontrol2", 1, CC, [41], "go"),
    Row("nanokontrol2", 1, CC, [42], "stop"),
    Row("nanokontrol2", 1, CC, [43], "slower"),
    Row("nanokontrol2", 1, CC, [44], "faster"),
    Row("nanokontrol2", 1, CC, [45], "clear"),
    Row("nanokontrol2", 1, CC, [46], "plain"),
    Row("nanokontrol2", 1, CC, [58], "bank-down"),
    Row("nanokontrol2", 1, CC, [59], "bank-up"),
    Row("midimix", 1, CC, [19, 23, 27, 31, 49, 53, 57, 61], "weight"),
    Row("midimix", 1, CC, [62], "rate"),
    Row("midimix", 1, CC, [16, 20, 24, 28, 46, 50, 54, 58], "weight", 8),
    Row("midimix", 1, CC, [17, 21, 25, 29, 47, 51, 55, 59], "weight", 16),
    Row("midimix", 1, CC, [18, 22, 26, 30, 48, 52, 56], "weight", 24),
    Row("midimix", 1, CC, [60], "temperature"),
    Row("midimix", 1, NOTE, range(1, 23, 3), "mute"),
    Row("midimix", 1, NOTE, range(3, 25, 3), "hold"),
    Row("midimix", 1, NOTE, range(2, 24, 3), "solo"),
    Row("midimix", 1, NOTE, [27], "shift 3 preset"),
    Row("midimix", 1, NOTE, range(3, 25, 3), "preset with 90 27"),
    Row("midimix", 1, NOTE, [25], "bank-down"),
    Row("midimix", 1, NOTE, [26], "bank-up"),
    *apc_mini("apc_mini", 64, 82, 98),
    *apc_mini("apc_mini_mk2", 100, 112, 122),
    Row("launch_control_xl", 9, CC, range(77, 85), "weight"),
    Row("launch_control_xl", 9, CC, range(13, 21), "weight", 8),
    Row("launch_control_xl", 9, CC, range(29, 37), "weight", 16),
    Row("launch_control_xl", 9, CC, range(49, 55), "weight", 24),
    Row("launch_control_xl", 9, CC, [55], "rate"),
    Row("launch_control_xl", 9, CC, [56], "temperature"),
    Row("launch_control_xl", 9, NOTE, [41, 42, 43, 44, 57, 58, 59, 60], "solo"),
    Row("launch_control_xl", 9, NOTE, [73, 74, 75, 76, 89, 90, 91, 92], "mute"),
    Row("launch_control_xl", 9, NOTE, [105], "shift 73 hold"),
    Row("launch_control_xl", 9, NOTE, [41, 42, 43, 44, 57, 58, 59, 60], "preset with 98 105"),
    Row("launch_control_xl", 9, NOTE, [106], "still"),
    Row("launch_control_xl", 9, NOTE, [107], "clear"),
    Row("launch_control_xl", 9, NOTE, [108], "plain"),
    Row("launch_control_xl", 9, CC, [104], "faster"),
    Row("launch_control_xl", 9, CC, [105], "slower"),
    Row("launch_control_xl", 9, CC, [106], "bank-down"),
    Row("launch_control_xl", 9, CC, [107], "bank-up"),
    *x_touch_layer(1, 0, 9, "rate", 8, 0),
    *x_touch_layer(11, 24, 10, "temperature", 32, 8),
    Row("midi_fighter_twister", 1, CC, range(60), "weight"),
    Row("midi_fighter_twister", 1, CC, [60], "rate"),
    Row("midi_fighter_twister", 1, CC, [61], "temperature"),
    Row("midi_fighter_twister", 2, CC, range(60), "solo"),
    Row("midi_fighter_twister", 2, CC, [60], "still"),
    Row("midi_fighter_twister", 2, CC, [61], "plain"),
    Row("midi_fighter_twister", 2, CC, [62], "bank-down"),
    Row("midi_fighter_twister", 2, CC, [63], "bank-up"),
    Row("generic", 7, CC, range(1, 32), "weight"),
    Row("generic", 7, NOTE, range(36, 44), "preset"),
]

BUTTONS: dict[str, tuple[Seen, list[Command]]] = {
    "stop": (LOUD, [SetRate(cps=0.0)]),
    "still": (LOUD, [SetRate(cps=0.0)]),
    "go": (STILL, [SetRate(cps=15.0)]),
    "faster": (LOUD, [SetRate(cps=25.0)]),
    "slower": (LOUD, [SetRate(cps=16.0)]),
    "warmer": (LOUD, [SetTemperature(temperature=2.5)]),
    "cooler": (LOUD, [SetTemperature(temperature=1.6)]),
    "plain": (LOUD, [SetTemperature(temperature=1.0)]),
    "clear": (LOUD, [Solo()]),
}


def recalled(number: int) -> Preset:
    """As the screen's keys do."""
    return Preset(name=f"F{number}", over_s=2.0, falls="word")


SHIFTED: dict[str, Command] = {
    "hold": Hold(slugs=["s0"]),
    "keep": Preset(name="F1", what="keep"),
    "preset": recalled(1),
}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_control_of_a_device_sends_its_command(row: Row) -> None:
    status = row.kind | row.channel - 1
    for k, number in enumerate(row.numbers):
        slug = f"s{row.first + k}"
        match row.does.split():
            case ["weight"]:
                device = Device(row.device)
                for value in (0, 1, 64, 127, 0):
                    wish = SetWeights(weights={slug: value / 127}, replace=False)
                    assert device.send(status, number, value) == [wish]
                    device.seen = replace(SILENT, weights={**SILENT.weights, **wish.weights})
            case [name] if name in midi_map.NUMBERS:
                device, parameter = Device(row.device, AT_THE_BOTTOM), midi_map.NUMBERS[name]
                for position in (0.0, 64 / 127, 1.0):
                    wished = value_at(parameter, position)
                    assert device.send(status, number, round(127 * position)) == [parameter.command(wished)]
                    device.seen = replace(device.seen, values={**device.seen.values, name: wished})
            case ["level", level]:
                (set_to,) = press(row, number)
                assert isinstance(set_to, SetWeights)
                assert set_to.weights == pytest.approx({slug: int(level) / 7}, abs=0.001)
                assert not set_to.replace
            case ["solo"]:
                assert press(row, number) == [Solo(slugs=[slug])]
            case ["hold"]:
                assert press(row, number) == [Hold(slugs=[slug])]
            case ["mute"]:
                assert press(row, number) == [SetWeights(weights={slug: 0.0}, replace=False)]
            case ["shift", button, what]:
                device = Device(row.device)
                shifted = SHIFTED[what]
                assert device.send(status, number, 127) == []
                assert device.send(status, int(button), 127) == [shifted]
                assert device.send(status, int(button), 0) == []
                assert device.send(status, number, 0) == []
                assert shifted not in device.send(status, int(button), 127)
            case ["preset"]:
                assert Device(row.device).send(status, number, 1) == [recalled(k + 1)]
            case ["preset" | "keep" as what, "with", held, shift]:
                device = Device(row.device)
                device.send(int(held, 16), int(shift), 127)
                named = recalled(k + 1) if what == "preset" else Preset(name=f"F{k + 1}", what="keep")
                assert device.send(status, number, 127) == [named]
                assert device.send(status, number, 0) == []
            case ["bank-up" | "bank-down" as way]:
                device = Device(row.device)
                device.surface.first = start = 60 if row.device == "midi_fighter_twister" else 16
                assert device.send(status, number, 127) == device.send(status, number, 0) == []
                step = device.surface.device.step
                assert device.surface.bank()[0] == f"s{start + (step if way == 'bank-up' else -step)}"
            case [what]:
                seen, wishes = BUTTONS[what]
                assert press(row, number, seen) == wishes


def press(row: Row, number: int, seen: Seen = LOUD) -> list[Command]:
    """A press and what it wishes; letting go wishes nothing."""
    device, status = Device(row.device, seen), row.kind | row.channel - 1
    wishes = device.send(status, number, 127)
    assert device.send(status, number, 0) == []
    assert Device(row.device, seen).send(status ^ 4, number, 127) == []  # on another channel it is nobody
    return wishes


@pytest.mark.parametrize("name", midi_map.names())
def test_the_table_above_has_every_control_of_the_map(name: str) -> None:
    rows = [row for row in ROWS if row.device == name]
    tested = {("cc" if row.kind == CC else "note", row.channel, number) for row in rows for number in row.numbers}
    controls = midi_map.load(name).controls
    assert {(a.kind.value, a.channel or 7, a.number) for a in controls} == tested


@dataclass(frozen=True)
class Lit:
    """The messages for lights when the performance changes so, or something was pressed."""

    device: str
    lit: list[str]
    weights: dict[str, float] = field(default_factory=dict)
    changes: dict[str, float] = field(default_factory=dict)  # of live parameters
    pressed: list[int] = field(default_factory=list)


def xl(number: int, value: int) -> str:
    return f"F0 00 20 29 02 11 78 08 {number:02X} {value:02X} F7"


LIGHTS = [
    *[Lit("nanokontrol2", [f"B0 {32 + k:02X} 7F", "B0 2D 7F"], pressed=[CC, 32 + k, 127]) for k in range(8)],
    *[Lit("nanokontrol2", [f"B0 {64 + k:02X} 7F", "B0 2D 7F"], pressed=[CC, 64 + k, 127]) for k in range(8)],
    *[
        Lit("nanokontrol2", [f"B0 {48 + k:02X} 7F", "B0 2D 7F"], {f"s{k}": 0.5}, pressed=[CC, 48 + k, 127])
        for k in range(8)
    ],
    Lit("nanokontrol2", ["B0 29 00", "B0 2A 7F"], changes={"rate": 0.0}),
    Lit("nanokontrol2", ["B0 2E 7F"], changes={"temperature": 1.0}),
    *[Lit("midimix", [f"90 {1 + 3 * k:02X} 7F"], {f"s{k}": 0.5}, pressed=[NOTE, 1 + 3 * k, 127]) for k in range(8)],
    *[Lit("midimix", [f"90 {3 + 3 * k:02X} 7F"], pressed=[NOTE, 3 + 3 * k, 127]) for k in range(8)],
    *[Lit("midimix", [f"90 {2 + 3 * k:02X} 7F"], pressed=[NOTE, 2 + 3 * k, 127]) for k in range(8)],
    Lit("midimix", ["90 19 7F"], pressed=[NOTE, 26, 127]),
    Lit("apc_mini", ["90 0A 01", "90 12 01", "90 1A 01", "90 22 05"], {"s2": 0.6}),
    Lit("apc_mini", [f"90 {8 * r + 7:02X} {(1, 1, 1, 1, 5, 5, 3, 3)[r]:02X}" for r in range(1, 8)], {"s7": 1.0}),
    Lit("apc_mini", ["90 41 01", "90 59 01"], pressed=[NOTE, 65, 127]),
    Lit("apc_mini", ["90 58 01"], changes={"rate": 0.0}),
    Lit("apc_mini_mk2", ["96 0A 15", "96 12 15", "96 1A 15", "96 22 0D"], {"s2": 0.6}),
    Lit(
        "apc_mini_mk2", [f"96 {8 * r + 7:02X} {(0, 21, 21, 21, 13, 13, 5, 5)[r]:02X}" for r in range(1, 8)], {"s7": 1.0}
    ),
    Lit("apc_mini_mk2", ["90 65 01", "90 77 01"], pressed=[NOTE, 101, 127]),
    Lit("apc_mini_mk2", ["90 76 01"], changes={"rate": 0.0}),
    *[Lit("launch_control_xl", [xl(k, 63)], {f"s{8 + k}": 1.0}) for k in range(22)],
    Lit("launch_control_xl", [xl(0, 29), xl(21, 46)], {"s8": 0.01, "s29": 0.6}),
    Lit("launch_control_xl", [xl(22, 60)], changes={"rate": 100.0}),
    Lit("launch_control_xl", [xl(23, 15)], changes={"temperature": 4.0}),
    Lit("launch_control_xl", [xl(29, 63), xl(42, 63)], pressed=[0x98, 58, 127]),
    Lit("launch_control_xl", [xl(39, 15), xl(42, 63)], {"s7": 0.5}, pressed=[0x98, 92, 127]),
    Lit("launch_control_xl", [xl(40, 63)], pressed=[0x98, 105, 127]),
    Lit("launch_control_xl", [xl(41, 63), xl(22, 12)], changes={"rate": 0.0}),
    Lit("launch_control_xl", [xl(46, 15)], pressed=[0xB8, 107, 127]),
    *[Lit("x_touch_mini", [f"B0 {9 + k:02X} 0D"], {f"s{k}": 1.0}) for k in range(8)],
    Lit("x_touch_mini", ["B0 09 01", "B0 10 08"], {"s0": 0.001, "s7": 0.6}),
    *[Lit("x_touch_mini", [f"90 {k:02X} 01", "90 0E 01"], pressed=[0x9A, 8 + k, 127]) for k in range(8)],
    Lit("x_touch_mini", ["90 0F 01"], changes={"rate": 0.0}),
    *[Lit("midi_fighter_twister", [f"B0 {k:02X} 40"], {f"s{k}": 64 / 127}) for k in range(60)],
    *[Lit("midi_fighter_twister", [f"B1 {k:02X} 40"], pressed=[0xB1, k, 127]) for k in range(60)],
    Lit("midi_fighter_twister", ["B0 3C 7F"], changes={"rate": 100.0}),
    Lit("midi_fighter_twister", ["B0 3D 40", "B1 3D 40"], changes={"temperature": 1.0}),
    Lit("midi_fighter_twister", ["B1 3E 40"], pressed=[0xB1, 63, 127]),
]


@pytest.mark.parametrize("lit", LIGHTS, ids=lambda lit: f"{lit.device}-{lit.lit[0]}")
def test_only_lights_that_change_are_sent(lit: Lit) -> None:
    device = Device(lit.device)
    device.seen = replace(SILENT, weights={**SILENT.weights, **lit.weights} if lit.pressed else SILENT.weights)
    at_first = device.lights()
    assert device.lights() == []
    if lit.pressed:
        wishes = device.send(*lit.pressed)
        solo = [slug for wish in wishes if isinstance(wish, Solo) for slug in wish.slugs]
        held = [slug for wish in wishes if isinstance(wish, Hold) for slug in wish.slugs]
        device.seen = replace(SILENT, solo=solo, held=held)
    else:
        device.seen = replace(
            SILENT, weights={**SILENT.weights, **lit.weights}, values={**SILENT.values, **lit.changes}
        )
    assert sorted(device.lights()) == sorted(lit.lit)
    if not lit.pressed:
        device.seen = SILENT
        back = device.lights()
        assert len(back) == len(lit.lit)
        assert set(back) <= set(at_first)


@pytest.mark.parametrize("name", midi_map.names())
def test_all_lights_that_were_lit_go_out_at_the_end(name: str) -> None:
    device = Device(name)
    dark = {light.message(0.0) for c in device.surface.device.controls.values() if (light := c.light)}
    device.seen = LOUD
    device.lights()
    device.surface.dark()
    assert all(message in dark for message in device.surface._lights.lit.values())


def test_the_x_touch_mini_has_its_rings_filled_and_the_launch_control_its_template_set() -> None:
    assert Device("x_touch_mini").hello == b"".join(bytes([0xB0, k, 2]) for k in range(1, 9))
    assert Device("launch_control_xl").hello == bytes.fromhex("F0 00 20 29 02 11 77 08 F7 B8 00 00")


def test_a_touch_tells_the_layer_of_the_x_touch_mini_and_its_lights_follow() -> None:
    device = Device("x_touch_mini", replace(SILENT, weights={**SILENT.weights, "s0": 1.0, "s8": 0.6}))
    assert "B0 09 0D" in device.lights()
    device.send(0xBA, 11, 64)
    assert "B0 09 08" in device.lights()
    device.send(0xBA, 1, 127)
    assert "B0 09 0D" in device.lights()


@pytest.mark.parametrize("name", midi_map.names())
def test_a_program_change_recalls_a_preset_on_any_device(name: str) -> None:
    device = Device(name)
    assert [device.send(0xC0 | channel, n) for channel, n in ((0, 0), (8, 7), (15, 127))] == [
        [recalled(1)],
        [recalled(8)],
        [recalled(128)],
    ]


def test_while_shift_is_held_an_apc_mini_shows_which_preset_was_recalled_and_which_are_kept() -> None:
    device = Device("apc_mini", replace(SILENT, styles=[], weights={}, presets=("F2", "F3", "dark forest")))
    device.lights()
    device.send(NOTE, 98, 127)
    assert device.lights() == ["90 09 01", "90 0A 01"]
    device.send(NOTE, 1, 127)
    assert device.lights() == ["90 01 01"]
    device.send(NOTE, 0, 127)  # there is no F1
    assert device.lights() == ["90 01 00"]
    device.send(NOTE, 2, 127)
    device.send(NOTE, 98, 0)
    assert sorted(device.lights()) == ["90 09 00", "90 0A 00"]


@pytest.mark.parametrize(("name", "light"), [("apc_mini", "90 {:02X} 01"), ("apc_mini_mk2", "96 {:02X} 15")])
def test_an_apc_mini_shows_at_its_lowest_pads_where_styles_are(name: str, light: str) -> None:
    sent = Device(name, replace(SILENT, styles=STYLES[:3], weights={})).lights()
    assert [light.format(k) in sent for k in range(8)] == [True] * 3 + [False] * 5
