from pathlib import Path

import pytest

from controllers import ControllerError
from controllers.midi import learn as midi_learn
from controllers.midi.learn import Lesson, device_name
from controllers.midi.touch import Address, Kind, Touch

FADER, KNOB, BUTTON = Address(Kind.CC, 1, 7), Address(Kind.CC, 1, 16), Address(Kind.NOTE, 1, 36)


def test_controls_are_learnt_one_after_the_other() -> None:
    lesson = Lesson(["latex", "sonnets"])
    lesson.styles_are(["sonnets", "latex"])
    assert lesson.asks == "move the control for latex"
    assert [lesson.heard(Touch(FADER, value / 127)) for value in (0, 3, 5, 6)] == ["", "", "", "latex"]
    assert lesson.asks == "move the control for sonnets"
    assert [lesson.heard(Touch(BUTTON, value)) for value in (1.0, 0.0)] == ["", "sonnets"]
    assert lesson.over
    assert lesson.asks == ""
    assert lesson.heard(Touch(KNOB, 0.0)) == lesson.heard(Touch(KNOB, 1.0)) == ""


def test_without_names_all_styles_are_learnt_once_they_are_known() -> None:
    lesson = Lesson()
    lesson.styles_are([])
    assert not lesson.over
    assert lesson.asks == ""
    lesson.styles_are(["latex", "sonnets"])
    assert lesson.asks == "move the control for latex"


def test_a_style_that_is_not_there_cannot_be_learnt() -> None:
    lesson = Lesson(["latec"])
    lesson.styles_are([])
    with pytest.raises(ControllerError, match=r"no style 'latec' here .* there are latex, sonnets"):
        lesson.styles_are(["latex", "sonnets"])


def test_a_style_has_one_learnt_control_and_a_control_one_style() -> None:
    learnt = midi_learn.with_learnt({}, FADER, "latex")
    learnt = midi_learn.with_learnt(learnt, KNOB, "sonnets")
    assert midi_learn.with_learnt(learnt, KNOB, "latex") == {KNOB: "latex"}


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


def test_what_was_learnt_is_kept_and_found_again(tmp_path: Path) -> None:
    path = midi_learn.file("nanoKONTROL2:nanoKONTROL2 MIDI", midi_learn.folder({"XDG_CONFIG_HOME": str(tmp_path)}))
    assert path == tmp_path / "chorus" / "midi" / "nanoKONTROL2-nanoKONTROL2-MIDI.toml"
    assert midi_learn.load(path) == {}
    learnt = {FADER: "latex", BUTTON: "sonnets", Address(Kind.BEND, 3): "linux-c"}
    midi_learn.save(path, "nanoKONTROL2", learnt)
    midi_learn.save(path, "nanoKONTROL2", learnt)
    assert midi_learn.load(path) == learnt
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    midi_learn.forget(path)
    midi_learn.forget(path)
    assert midi_learn.load(path) == {}


def test_without_xdg_it_is_kept_in_the_home() -> None:
    assert midi_learn.folder({"HOME": "/home/x"}) == Path("/home/x/.config/chorus/midi")
    assert midi_learn.folder({"HOME": "/home/x", "XDG_CONFIG_HOME": "relative"}) == Path("/home/x/.config/chorus/midi")


def test_no_name_of_a_device_leads_out_of_the_folder(tmp_path: Path) -> None:
    for name in ("../../x", "/etc/x", "a/b", "..", "x\0y"):
        assert midi_learn.file(name, tmp_path).parent == tmp_path


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
        midi_learn.load(path)
    assert "\n" not in str(error.value)


def test_where_nothing_can_be_kept_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "chorus").write_text("a file where a folder should be")
    with pytest.raises(ControllerError, match="cannot be kept"):
        midi_learn.save(
            midi_learn.file("x", midi_learn.folder({"XDG_CONFIG_HOME": str(tmp_path)})), "x", {FADER: "latex"}
        )
