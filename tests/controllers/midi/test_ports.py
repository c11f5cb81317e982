"""Ports that come and go, on a machine made up here: this one may have no MIDI."""

from pathlib import Path

import pytest

from actors.wire.messages import LetGo, SetWeights
from controllers import ControllerError, midi
from controllers.hand import Seen
from controllers.midi.ports import LOOK_S, DevicePort
from tests.controllers.midi.test_midi import arguments

NANO = "nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTR"
SEEN = Seen(styles=("latex", "sonnets"), weights={"latex": 0.0, "sonnets": 0.0})


class FakeIn:
    file = -1

    def __init__(self) -> None:
        self.coming = b""
        self.closed = False
        self.fails = False

    def read(self) -> bytes:
        if self.fails:
            raise OSError("the cable is on fire")
        raw, self.coming = self.coming, b""
        return raw

    def close(self) -> None:
        self.closed = True


class FakeOut:
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, raw: bytes) -> None:
        self.sent.append(raw)

    def close(self) -> None:
        pass


class FakeMachine:
    def __init__(self, *names: str, outputs: tuple[str, ...] | None = None) -> None:
        self.names = list(names)
        self.out_names = outputs
        self.asked = 0
        self.dead = False
        self.opened: dict[str, FakeIn] = {}
        self.outs: dict[str, FakeOut] = {}

    def inputs(self) -> list[str]:
        self.asked += 1
        if self.dead:
            raise OSError("the sequencer has gone")
        return list(self.names)

    def outputs(self) -> list[str]:
        return list(self.names if self.out_names is None else self.out_names)

    def open_input(self, name: str) -> FakeIn:
        return self.opened.setdefault(name, FakeIn())

    def open_output(self, name: str) -> FakeOut:
        return self.outs.setdefault(name, FakeOut())


def hand(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, *flags: str) -> midi.MidiHand:
    monkeypatch.setattr(midi, "RtMidi", lambda: machine)
    return midi.make(arguments(*flags))


@pytest.fixture(autouse=True)
def nothing_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_the_first_device_that_a_map_knows_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine("Midi Through Port-0 14:0", f"{NANO} 20:0", "MIDI Mix 24:0")
    made = hand(machine, monkeypatch)
    made.play(0.0, SEEN)
    machine.opened[f"{NANO} 20:0"].coming = bytes.fromhex("B0 00 00 00 7F")
    assert made.play(0.01, SEEN) == [SetWeights(weights={"latex": 1.0}, replace=False)]
    assert bytes.fromhex("B0 20 00") in machine.outs[f"{NANO} 20:0"].sent


def test_a_port_and_a_map_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine("MIDI Mix 24:0", "Old Keyboard 28:0")
    assert hand(machine, monkeypatch, "--port", "old key").surface.device.name == "generic"
    assert hand(machine, monkeypatch, "--port", "old key", "--map", "apc_mini").surface.device.name == "apc_mini"
    assert hand(machine, monkeypatch, "--map", "midimix").port.name == "MIDI Mix"


@pytest.mark.parametrize(
    ("names", "flags", "said"),
    [
        ((), (), "there is none here: plug it in"),
        (("Old Keyboard 28:0",), (), "Old Keyboard 28:0; choose one with --port"),
        (("MIDI Mix 24:0",), ("--map", "apc_mini"), "choose one with --port"),
        (
            ("MIDI Mix 24:0",),
            ("--port", "nano"),
            "no MIDI port with 'nano' in its name; the ports here are MIDI Mix 24:0",
        ),
        (("MIDI Mix 24:0",), ("--map", "midimax"), "there is no MIDI map 'midimax'"),
    ],
)
def test_a_device_that_cannot_be_played_is_refused_in_one_line(
    names: tuple[str, ...], flags: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ControllerError) as error:
        hand(FakeMachine(*names), monkeypatch, *flags)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unplugged_device_is_found_again_under_another_number(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(f"{NANO} 20:0")
    made = hand(machine, monkeypatch)
    made.play(0.0, SEEN)
    assert made.trouble == ""
    machine.opened[f"{NANO} 20:0"].coming = bytes.fromhex("B0 00 00 00 7F B0 01")  # and one cut off by the unplugging
    assert made.play(0.5, SEEN) == [SetWeights(weights={"latex": 1.0}, replace=False)]
    machine.names = []
    assert made.play(1.5, SEEN) == [LetGo()]
    assert "is away (it is unplugged)" in made.trouble
    assert machine.opened[f"{NANO} 20:0"].closed
    assert made.play(2.6, SEEN) == []
    machine.names = [f"{NANO} 24:0"]
    assert made.play(3.7, SEEN) == []
    assert made.trouble == ""
    machine.opened[f"{NANO} 24:0"].coming = bytes.fromhex("00 B0 01 00")
    assert made.play(3.8, SEEN) == [SetWeights(weights={"sonnets": 0.0}, replace=False)]
    assert bytes.fromhex("B0 20 00") in machine.outs[f"{NANO} 24:0"].sent


def test_names_are_looked_at_every_second_and_not_at_every_call() -> None:
    machine = FakeMachine(f"{NANO} 20:0")
    port = DevicePort(machine, f"{NANO} 20:0")
    for call in range(500):
        port.read(call / 100)
    assert machine.asked == 5 / LOOK_S


def test_a_system_or_port_that_fails_is_trouble_and_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(f"{NANO} 20:0")
    made = hand(machine, monkeypatch)
    made.play(0.0, SEEN)
    machine.opened[f"{NANO} 20:0"].fails = True
    assert made.play(0.1, SEEN) == []
    assert "on fire" in made.trouble
    machine.opened.clear()
    made.play(1.2, SEEN)
    assert made.trouble == ""
    machine.dead = True
    made.play(2.3, SEEN)
    assert "the sequencer has gone" in made.trouble


def test_of_two_like_devices_the_chosen_one_is_opened() -> None:
    machine = FakeMachine("nanoKONTROL2 0", "nanoKONTROL2 1")
    DevicePort(machine, "nanoKONTROL2 1").read(0.0)
    assert list(machine.opened) == ["nanoKONTROL2 1"]


def test_an_output_that_is_called_otherwise_is_found_by_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine("nanoKONTROL2 SLIDER/KNOB", outputs=("Synth", "nanoKONTROL2 CTRL"))
    hand(machine, monkeypatch).play(0.0, SEEN)
    assert list(machine.outs) == ["nanoKONTROL2 CTRL"]


def test_a_device_that_takes_nothing_is_played_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(f"{NANO} 20:0", outputs=())
    made = hand(machine, monkeypatch)
    made.play(0.0, SEEN)
    machine.opened[f"{NANO} 20:0"].coming = bytes.fromhex("B0 00 00")
    assert made.play(0.1, SEEN) == [SetWeights(weights={"latex": 0.0}, replace=False)]
    made.close()
