import pytest

from controllers import ControllerError
from controllers.midi import map as midi_map
from controllers.midi.map import Does, read
from controllers.midi.messages import ControlChange, NoteOn, SysEx
from controllers.midi.touch import Address, Kind


def test_every_map_that_comes_with_chorus_is_read() -> None:
    maps = [midi_map.load(name) for name in midi_map.names()]
    assert len(maps) == 8
    assert maps[-1].name == midi_map.GENERIC
    assert all(any(c.does is Does.WEIGHT for c in device.controls.values()) for device in maps)


@pytest.mark.parametrize(
    ("port", "name"),
    [
        ("nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTR 20:0", "nanokontrol2"),
        ("nanoKONTROL2 SLIDER/KNOB", "nanokontrol2"),
        ("MIDI Mix:MIDI Mix MIDI 1 24:0", "midimix"),
        ("APC MINI:APC MINI MIDI 1 24:0", "apc_mini"),
        ("APC mini mk2:APC mini mk2 APC mini mk2 Contr 28:0", "apc_mini_mk2"),
        ("Launch Control XL 0", "launch_control_xl"),
        ("X-TOUCH MINI 1", "x_touch_mini"),
        ("Midi Fighter Twister:Midi Fighter Twister MIDI 1 20:0", "midi_fighter_twister"),
        ("Midi Through:Midi Through Port-0 14:0", None),
    ],
)
def test_a_port_is_known_by_its_name(port: str, name: str | None) -> None:
    device = midi_map.which_knows(port)
    assert (device.name if device else None) == name


def test_a_row_is_as_many_controls_as_it_has_numbers() -> None:
    device = read('channel = 3\n[[rows]]\ncc = "4-5 9"\ndoes = "weight"\nslot = 2\nlight = { values = "0-127" }', "x")
    assert [(a.number, a.channel, c.slot) for a, c in device.controls.items()] == [(4, 3, 2), (5, 3, 3), (9, 3, 4)]
    light = device.controls[Address(Kind.CC, 3, 9)].light
    assert light is not None
    assert light.message(1.0) == ControlChange(3, 9, 127)


def test_a_light_has_as_many_steps_as_values_and_is_dark_at_nothing_alone() -> None:
    row = '[[rows]]\nnote = 7\ndoes = "solo"\nlight = { note = 8, channel = 2, values = [0, 5, 3] }'
    light = read(row, "x").controls[Address(Kind.NOTE, 0, 7)].light
    assert light is not None
    shown = [light.message(brightness) for brightness in (0.0, 0.001, 0.5, 0.8, 1.0)]
    assert shown == [NoteOn(2, 8, 0), NoteOn(2, 8, 5), NoteOn(2, 8, 5), NoteOn(2, 8, 3), NoteOn(2, 8, 3)]


def test_a_sysex_light_carries_its_number_and_value() -> None:
    row = '[[rows]]\nbend = true\ndoes = "weight"\nlight = { sysex = "F0 01 NN VV F7", numbers = 9, values = [12, 60] }'
    light = read(row, "x").controls[Address(Kind.BEND, 0)].light
    assert light is not None
    assert light.message(1.0) == SysEx(b"\x01\x09\x3c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("channel = ", "MIDI map x: "),
        ("colour = 1", "unknown field `colour`"),
        ("channel = 17", "`int` <= 16 - at `.*channel`"),
        ("channel = true", "Expected `int`, got `bool` - at `.*channel`"),
        ("step = 0", "step"),
        ('ports = "nano"', "Expected `array`, got `str` - at `.*ports`"),
        ("title = 1", "Expected `str`, got `int` - at `.*title`"),
        ('hello = ["B0 0"]', "hello"),
        ('hello = ["B0 00"]', "no whole MIDI message"),
        ("rows = 1", "Expected `array`, got `int` - at `.*rows`"),
        ("[[rows]]\ncc = 1", "row 1: .*missing required field `does`"),
        ('[[rows]]\ndoes = "weight"', "row 1: it takes exactly one of cc, note"),
        ('[[rows]]\ncc = 1\nnote = 1\ndoes = "weight"', "exactly one of cc, note"),
        ('[[rows]]\ncc = 1\ndoes = "sing"', "one of weight, level"),
        ('[[rows]]\ncc = 1\ndoes = "weight"\nfaste = true', "row 1: .*unknown field `faste`"),
        ('[[rows]]\ncc = 1\ndoes = "preset"\npreset = 0', "`int` >= 1 - at `.*preset`"),
        ('[[rows]]\ncc = 128\ndoes = "weight"', "from 0 to 127"),
        ('[[rows]]\ncc = -1\ndoes = "weight"', "from 0 to 127"),
        ('[[rows]]\ncc = "8-1"\ndoes = "weight"', "from 0 to 127"),
        ('[[rows]]\ncc = "1,2"\ndoes = "weight"', "from 0 to 127"),
        ('[[rows]]\ncc = "0-99999"\ndoes = "weight"', "from 0 to 127"),
        ("[[rows]]\ncc = []\ndoes = 'weight'", "from 0 to 127"),
        ("[[rows]]\ncc = 1\ndoes = 'level'\nlevel = 2", "`float` <= 1.0 - at `.*level`"),
        (
            '[[rows]]\ncc = 1\ndoes = "solo"\n[[rows]]\ncc = "0-1"\ndoes = "hold"',
            "row 2: cc 1 on any channel is used twice",
        ),
        ('[[rows]]\ncc = "1 1"\ndoes = "solo"', "used twice"),
        ('[[rows]]\ncc = "0-7"\nfine = true\ndoes = "weight"\n[[rows]]\ncc = 32\ndoes = "solo"', "cc 32 .* used twice"),
        ('[[rows]]\ncc = 32\nfine = true\ndoes = "weight"', "fine is for controllers 0 to 31"),
        ('[[rows]]\nnote = 3\nfine = true\ndoes = "weight"', "fine is for"),
        ('[[rows]]\ncc = 1\ndoes = "solo"\nlight = 5', "Expected `object . null`, got `int` - at `.*light`"),
        ('[[rows]]\ncc = 1\ndoes = "solo"\nlight = { values = [1] }', "two or more"),
        ('[[rows]]\ncc = 1\ndoes = "solo"\nlight = { values = [0, 200] }', "values is numbers from 0 to 127"),
        ('[[rows]]\ncc = 1\ndoes = "solo"\nlight = { cc = "1-2", values = [0, 1] }', "2 numbers for 1 controls"),
        ('[[rows]]\ncc = 1\ndoes = "solo"\nlight = { cc = 1, note = 1, values = [0, 1] }', "one of cc, note and sysex"),
        ('[[rows]]\ncc = 1\ndoes = "solo"\nlight = { on = 1, values = [0, 1] }', "unknown field `on` - at `.*light`"),
        ('[[rows]]\nbend = true\ndoes = "weight"\nlight = { values = [0, 1] }', "one of cc, note and sysex"),
        (
            '[[rows]]\ncc = 1\ndoes = "solo"\nlight = { sysex = "F0 80 F7", numbers = 1, values = [0, 1] }',
            "sysex is F0",
        ),
    ],
)
def test_a_mistake_in_a_map_is_an_error_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ControllerError, match=said) as error:
        read(text, "x")
    assert "\n" not in str(error.value)


def test_a_map_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(ControllerError, match="midimix"):
        midi_map.load("../midi")
