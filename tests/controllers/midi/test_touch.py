import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.midi.messages import Clock, ControlChange, NoteOff, NoteOn, PitchBend, SysEx
from controllers.midi.touch import ANY_CHANNEL, Address, Kind, Touch, Touches

FADER = Address(Kind.CC, 1, 7)


def test_messages_are_touches() -> None:
    touches = Touches()
    assert touches.read(ControlChange(1, 7, 127)) == Touch(FADER, 1.0)
    assert touches.read(NoteOn(2, 60, 127)) == Touch(Address(Kind.NOTE, 2, 60), 1.0)
    assert touches.read(NoteOn(2, 60, 0)) == Touch(Address(Kind.NOTE, 2, 60), 0.0)
    assert touches.read(NoteOff(2, 60, 64)) == Touch(Address(Kind.NOTE, 2, 60), 0.0)
    assert touches.read(PitchBend(3, 16383)) == Touch(Address(Kind.BEND, 3), 1.0)
    assert touches.read(Clock()) is None
    assert touches.read(SysEx(b"\x01")) is None


def position(touches: Touches, control: int, value: int) -> float | None:
    touch = touches.read(ControlChange(1, control, value))
    return touch.position if touch else None


def test_fine_controllers_are_one_number() -> None:
    touches = Touches({FADER})
    position(touches, 7, 64)
    assert position(touches, 39, 0) == (64 << 7) / 16383
    assert position(touches, 39, 127) == (64 << 7 | 127) / 16383
    assert position(touches, 7, 127) == 1.0


def test_without_lower_bits_the_upper_ones_reach_both_ends() -> None:
    touches = Touches({FADER})
    assert [position(touches, 7, value) for value in (0, 1, 127)] == [0.0, 1 / 127, 1.0]


def test_lower_bits_that_stopped_coming_are_forgotten() -> None:
    touches = Touches({FADER})
    position(touches, 7, 1)
    position(touches, 39, 3)
    position(touches, 7, 2)
    assert position(touches, 7, 127) == 1.0


def test_lower_bits_alone_are_no_touch() -> None:
    assert position(Touches({FADER}), 39, 3) is None


def test_elsewhere_the_lower_controllers_are_controls_of_their_own() -> None:
    """The S buttons of a nanoKONTROL2 are the lower bits of its faders, did anybody ask for those."""
    assert Touches().read(ControlChange(1, 39, 127)) == Touch(Address(Kind.CC, 1, 39), 1.0)
    assert Touches({FADER}).read(ControlChange(2, 39, 127)) == Touch(Address(Kind.CC, 2, 39), 1.0)
    fine_anywhere = Touches({Address(Kind.CC, ANY_CHANNEL, 7)})
    assert fine_anywhere.read(ControlChange(2, 39, 127)) is None


@given(st.integers(0, 16383), st.booleans(), st.lists(st.integers(0, 16383), max_size=5))
def test_both_orders_of_the_two_bytes_end_at_the_same_place(to: int, high_first: bool, before: list[int]) -> None:
    touches = Touches({FADER})
    last = None
    for value in (*before, to):
        halves = [(7, value >> 7), (39, value & 127)]
        for control, half in halves if high_first else halves[::-1]:
            last = position(touches, control, half)
    assert last == pytest.approx(to / 16383)


def test_nrpn_is_read_where_a_map_asks_for_it() -> None:
    wanted = Address(Kind.NRPN, 1, 300)
    touches = Touches(nrpn={wanted})
    assert position(touches, 6, 5) is None  # nothing is selected yet
    assert position(touches, 99, 2) is None
    assert position(touches, 98, 44) is None
    assert touches.read(ControlChange(1, 6, 127)) == Touch(wanted, 1.0)
    assert touches.read(ControlChange(1, 38, 0)) == Touch(wanted, (127 << 7) / 16383)
    position(touches, 101, 0)  # a registered parameter: what follows is not ours
    assert position(touches, 6, 5) is None
    assert Touches().read(ControlChange(1, 6, 127)) == Touch(Address(Kind.CC, 1, 6), 1.0)
