"""A surface while controls are learnt, and after it."""

from dataclasses import replace

from actors.wire.messages import Preset, Solo
from controllers.midi.learn import SETTLED_S, Lesson, Pairing
from controllers.midi.messages import ControlChange, ProgramChange
from controllers.midi.touch import Address, Kind
from tests.support.midi_stage import STYLES, Stage, seen_solo, weigh


def test_a_program_change_recalls_nothing_while_controls_are_learnt() -> None:
    stage = Stage(lesson=Lesson(["recipes"]))
    assert stage.surface.heard(ProgramChange(1, 0)) == []
    stage.touch(99, 0, 60)
    assert stage.surface.heard(ProgramChange(1, 0)) == [Preset(name="F1", over_s=2.0, falls="word")]


def test_learnt_controls_are_their_styles_and_no_longer_what_the_map_says() -> None:
    stage = Stage(lesson=Lesson(["sonnets", "recipes"]))
    assert stage.surface.lesson is not None
    assert stage.touch(6, 127) == []
    assert stage.touch(0, 60, 61, 60) == []  # a worn fader trembles: it is not meant
    assert stage.touch(6, 0) == []
    assert stage.surface.learnt == {Address(Kind.CC, 1, 6): "sonnets"}
    assert stage.touch(99, 3, 20) == []
    assert stage.surface.lesson.over
    assert stage.touch(99, 0) == weigh(recipes=0.0)
    assert stage.touch(6, 0, 127) == weigh(sonnets=1.0)
    assert stage.touch(7, 127) == [Solo(slugs=["linux-c"])]
    stage.seen = replace(stage.seen, styles=STYLES[:2])
    assert stage.touch(6, 127) == []


def test_a_control_is_learnt_for_the_style_that_another_hand_touches_and_nothing_is_played_meanwhile() -> None:
    stage = Stage(lesson=Pairing())
    stage.surface.learnt = {Address(Kind.CC, 1, 0): "latex"}
    assert stage.touch(0, 0, 60) == stage.touch(6, 127, 0) == stage.touch(99, 0, 60) == []
    assert stage.surface.heard(ProgramChange(1, 0)) == []
    seen_solo(stage, "recipes")
    stage.wait()
    assert stage.surface.learnt == {Address(Kind.CC, 1, 0): "latex", Address(Kind.CC, 1, 99): "recipes"}
    assert stage.touch(0, 0, 60) == []
    stage.other_hand(recipes=0.3)
    stage.wait(SETTLED_S)
    assert stage.surface.learnt == {Address(Kind.CC, 1, 0): "recipes"}


def test_a_control_that_was_learnt_before_can_be_learnt_anew() -> None:
    stage = Stage(lesson=Lesson(["recipes"]))
    stage.surface.learnt = {Address(Kind.CC, 1, 0): "sonnets", Address(Kind.CC, 1, 1): "latex"}
    assert stage.touch(0, 0, 60) == []
    assert stage.surface.learnt == {Address(Kind.CC, 1, 0): "recipes", Address(Kind.CC, 1, 1): "latex"}


def test_where_a_control_was_when_it_was_learnt_is_known() -> None:
    stage = Stage(lesson=Lesson(["recipes"]))
    stage.other_hand(recipes=0.5)
    stage.touch(99, 0, 60)
    assert stage.touch(99, 80) == weigh(recipes=80 / 127)


def test_a_learnt_control_keeps_its_style_when_the_bank_changes() -> None:
    stage = Stage()
    stage.surface.learnt = {Address(Kind.CC, 1, 0): "sonnets"}
    stage.touch(0, 0, 50)
    stage.touch(10, 127)
    assert stage.touch(0, 60) == weigh(sonnets=60 / 127)
    stage.wait()
    assert ControlChange(1, 0, 60) in stage.lights()
