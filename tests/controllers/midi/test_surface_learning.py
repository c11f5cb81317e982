"""A surface while controls are learnt, and after it."""

from dataclasses import replace

from actors.wire.messages import Preset, Solo
from controllers.midi.learn import SETTLED_S, Lesson, Pairing
from controllers.midi.messages import ControlChange, ProgramChange
from controllers.midi.touch import Address, Kind
from tests.support.surface_rig import STYLES, SurfaceRig, seen_solo, weigh


def test_a_program_change_recalls_nothing_while_controls_are_learnt() -> None:
    rig = SurfaceRig(lesson=Lesson(["recipes"]))
    assert rig.surface.heard(ProgramChange(1, 0)) == []
    rig.touch(99, 0, 60)
    assert rig.surface.heard(ProgramChange(1, 0)) == [Preset(name="F1", over_s=2.0, falls="word")]


def test_learnt_controls_are_their_styles_and_no_longer_what_the_map_says() -> None:
    rig = SurfaceRig(lesson=Lesson(["sonnets", "recipes"]))
    assert rig.surface.lesson is not None
    assert rig.touch(6, 127) == []
    assert rig.touch(0, 60, 61, 60) == []  # a worn fader trembles: it is not meant
    assert rig.touch(6, 0) == []
    assert rig.surface.learnt == {Address(Kind.CC, 1, 6): "sonnets"}
    assert rig.touch(99, 3, 20) == []
    assert rig.surface.lesson.over
    assert rig.touch(99, 0) == weigh(recipes=0.0)
    assert rig.touch(6, 0, 127) == weigh(sonnets=1.0)
    assert rig.touch(7, 127) == [Solo(slugs=["linux-c"])]
    rig.seen = replace(rig.seen, styles=STYLES[:2])
    assert rig.touch(6, 127) == []


def test_a_control_is_learnt_for_the_style_that_another_hand_touches_and_nothing_is_played_meanwhile() -> None:
    rig = SurfaceRig(lesson=Pairing())
    rig.surface.learnt = {Address(Kind.CC, 1, 0): "latex"}
    assert rig.touch(0, 0, 60) == rig.touch(6, 127, 0) == rig.touch(99, 0, 60) == []
    assert rig.surface.heard(ProgramChange(1, 0)) == []
    seen_solo(rig, "recipes")
    rig.wait()
    assert rig.surface.learnt == {Address(Kind.CC, 1, 0): "latex", Address(Kind.CC, 1, 99): "recipes"}
    assert rig.touch(0, 0, 60) == []
    rig.other_hand(recipes=0.3)
    rig.wait(SETTLED_S)
    assert rig.surface.learnt == {Address(Kind.CC, 1, 0): "recipes"}


def test_a_control_that_was_learnt_before_can_be_learnt_anew() -> None:
    rig = SurfaceRig(lesson=Lesson(["recipes"]))
    rig.surface.learnt = {Address(Kind.CC, 1, 0): "sonnets", Address(Kind.CC, 1, 1): "latex"}
    assert rig.touch(0, 0, 60) == []
    assert rig.surface.learnt == {Address(Kind.CC, 1, 0): "recipes", Address(Kind.CC, 1, 1): "latex"}


def test_the_position_of_a_control_is_known_from_its_lesson() -> None:
    rig = SurfaceRig(lesson=Lesson(["recipes"]))
    rig.other_hand(recipes=0.5)
    rig.touch(99, 0, 60)
    assert rig.touch(99, 80) == weigh(recipes=80 / 127)


def test_a_learnt_control_keeps_its_style_when_the_bank_changes() -> None:
    rig = SurfaceRig()
    rig.surface.learnt = {Address(Kind.CC, 1, 0): "sonnets"}
    rig.touch(0, 0, 50)
    rig.touch(10, 127)
    assert rig.touch(0, 60) == weigh(sonnets=60 / 127)
    rig.wait()
    assert ControlChange(1, 0, 60) in rig.lights()
