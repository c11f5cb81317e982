"""The file of learnt controls."""

from pathlib import Path

import pytest

from controllers import ControllerError
from controllers.midi import learn_store as midi_learnt
from controllers.midi.learn_store import device_name
from controllers.midi.touch import Address, Kind

FADER, KNOB, BUTTON = Address(Kind.CC, 1, 7), Address(Kind.CC, 1, 16), Address(Kind.NOTE, 1, 36)


def test_a_style_has_one_learnt_control_and_a_control_one_style() -> None:
    learnt = midi_learnt.with_learnt({}, FADER, "latex")
    learnt = midi_learnt.with_learnt(learnt, KNOB, "sonnets")
    assert midi_learnt.with_learnt(learnt, KNOB, "latex") == {KNOB: "latex"}


@pytest.mark.parametrize(
    ("port", "name"),
    [
        ("nanoKONTROL2:nanoKONTROL2 MIDI 1 20:0", "nanoKONTROL2:nanoKONTROL2 MIDI"),
        ("nanoKONTROL2 1", "nanoKONTROL2"),
        ("X-TOUCH MINI", "X-TOUCH MINI"),
        ("128:0", "128:0"),
        ("Midi Fighter Twister:Midi Fighter Twister 128:0", "Midi Fighter Twister:Midi Fighter Twister"),
    ],
)
def test_a_device_has_a_name_without_the_numbers_of_its_port(port: str, name: str) -> None:
    assert device_name(port) == name


def test_learnt_controls_are_written_and_found_again(tmp_path: Path) -> None:
    path = midi_learnt.file("nanoKONTROL2:nanoKONTROL2 MIDI", midi_learnt.folder({"XDG_CONFIG_HOME": str(tmp_path)}))
    assert path == tmp_path / "chorus" / "midi" / "nanoKONTROL2-nanoKONTROL2-MIDI.toml"
    assert midi_learnt.load(path) == {}
    learnt = {FADER: "latex", BUTTON: "sonnets", Address(Kind.BEND, 3): "linux-c"}
    midi_learnt.save(path, "nanoKONTROL2", learnt)
    midi_learnt.save(path, "nanoKONTROL2", learnt)
    assert midi_learnt.load(path) == learnt
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    midi_learnt.forget(path)
    midi_learnt.forget(path)
    assert midi_learnt.load(path) == {}


def test_without_xdg_it_is_kept_in_the_home() -> None:
    assert midi_learnt.folder({"HOME": "/home/x"}) == Path("/home/x/.config/chorus/midi")
    assert midi_learnt.folder({"HOME": "/home/x", "XDG_CONFIG_HOME": "relative"}) == Path("/home/x/.config/chorus/midi")


def test_no_name_of_a_device_leads_out_of_the_folder(tmp_path: Path) -> None:
    for name in ("../../x", "/etc/x", "a/b", "..", "x\0y"):
        assert midi_learnt.file(name, tmp_path).parent == tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "learnt = 3",
        "learnt = [3]",
        '[[learnt]]\nstyle = "x"',
        '[[learnt]]\nstyle = "x"\nkind = "cc"\nchannel = 1\nnumber = 128',
        '[[learnt]]\nstyle = "x"\nkind = "cc"\nchannel = 17\nnumber = 1',
        '[[learnt]]\nstyle = "x"\nkind = "pedal"\nchannel = 1\nnumber = 1',
        "[[learnt",
        "\xff",
    ],
)
def test_a_file_that_cannot_be_read_is_to_be_mended_or_forgotten(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ControllerError, match="--forget") as error:
        midi_learnt.load(path)
    assert "\n" not in str(error.value)


def test_a_folder_that_cannot_be_written_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "chorus").write_text("a file where a folder should be")
    with pytest.raises(ControllerError, match="cannot be kept"):
        midi_learnt.save(
            midi_learnt.file("x", midi_learnt.folder({"XDG_CONFIG_HOME": str(tmp_path)})), "x", {FADER: "latex"}
        )
