"""The MIDI of this machine, with and without python-rtmidi."""

import select
import sys
from collections.abc import Callable

import pytest

from controllers import ControllerError, midi
from controllers.midi import rtmidi as midi_rtmidi
from controllers.midi.ports import DevicePort


def test_a_machine_without_midi_says_so_in_one_line() -> None:
    """Or it has some, and names its ports: whichever machine this is."""
    said = ""
    try:
        midi.list_ports(midi_rtmidi.RtMidi())
    except ControllerError as e:
        said = str(e)
    assert not said or said.startswith("there is no MIDI on this machine: ")
    assert "\n" not in said


def test_without_rtmidi_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi_rtmidi, "MISSING", "No module named 'rtmidi'")
    with pytest.raises(ControllerError, match=r"python-rtmidi is missing .* use --tcp"):
        midi.list_ports(midi_rtmidi.RtMidi())


class FakeRtMidi:
    """The part of python-rtmidi that is used."""

    def __init__(self) -> None:
        fake = self
        self.sent: list[bytes] = []
        self.messages = [[0xB0, 0, 1], [0xF8]]
        self.error: Exception | None = None
        self.callback: Callable[[tuple[list[int], float], object], None]

        class End:
            def __init__(self, **_: object) -> None:
                if fake.error:
                    raise fake.error

            def get_ports(self) -> list[str]:
                if fake.error:
                    raise fake.error
                return ["MIDI Mix"]

            def ignore_types(self, **kept: bool) -> None:
                assert kept == {"sysex": False, "timing": False, "active_sense": True}

            def open_port(self, number: int, name: str) -> None:
                assert number == 0
                if name == "Chorus in":
                    for message in fake.messages:
                        fake.callback((message, 0.0), None)

            def set_callback(self, callback: Callable[[tuple[list[int], float], object], None]) -> None:
                fake.callback = callback

            def cancel_callback(self) -> None:
                pass

            def send_message(self, raw: bytes) -> None:
                fake.sent.append(raw)

            def delete(self) -> None:
                pass

        self.MidiIn = self.MidiOut = End


def test_bytes_go_to_rtmidi_and_come_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRtMidi()
    monkeypatch.setattr(midi_rtmidi, "rtmidi", fake, raising=False)
    monkeypatch.setattr(midi_rtmidi, "MISSING", "")
    port = DevicePort(midi_rtmidi.RtMidi(), "MIDI Mix")
    assert port.read(0.0) == bytes([0xB0, 0, 1, 0xF8])
    assert port.read(0.1) == b""
    fake.callback(([0xFA], 0.0), None)
    assert select.select(port.files, [], [], 0)[0], "who waits for the device is woken"
    assert port.read(0.2) == bytes([0xFA])
    assert not select.select(port.files, [], [], 0)[0]
    port.write(bytes([0xB0, 0, 2]))
    assert fake.sent == [bytes([0xB0, 0, 2])]
    fake.error = RuntimeError("gone\nfor good")
    assert port.read(2.0) == b""
    assert "(gone for good)" in port.trouble
    port.close()
    with pytest.raises(ControllerError, match="there is no MIDI on this machine: gone for good"):
        midi.list_ports(midi_rtmidi.RtMidi())


def test_the_flags_of_rtmidi_exist() -> None:
    """The names that the fake above stands for."""
    rtmidi = pytest.importorskip("rtmidi")
    ours = {rtmidi.MidiIn: ("ignore_types", "set_callback", "cancel_callback"), rtmidi.MidiOut: ("send_message",)}
    for made, names in ours.items():
        assert all(hasattr(made, name) for name in (*names, "get_ports", "open_port", "delete"))
    assert "rtmidi" in sys.modules
