"""The messages for a device's lights, and their times."""

from controllers.midi import map as midi_map
from controllers.midi.lights import LIGHTS_S, MOST_LIGHTS
from controllers.midi.messages import ControlChange
from controllers.midi.surface import QUIET_S
from tests.support.surface_rig import SurfaceRig


def test_lights_are_sent_when_they_change_and_not_too_often() -> None:
    rig = SurfaceRig()
    assert len(rig.lights()) == 8
    assert rig.lights() == []
    rig.other_hand(latex=0.5)
    assert rig.lights() == [ControlChange(1, 0, 64), ControlChange(1, 20, 64)]
    rig.other_hand(latex=0.6)
    assert rig.lights(LIGHTS_S / 2) == []
    assert rig.lights(LIGHTS_S) == [ControlChange(1, 0, 76), ControlChange(1, 20, 76)]


def test_many_lights_are_sent_in_several_turns() -> None:
    rig = SurfaceRig(device=midi_map.load("midi_fighter_twister"))
    turns = [len(rig.lights()) for _ in range(5)]
    assert turns == [MOST_LIGHTS, MOST_LIGHTS, MOST_LIGHTS, 126 - 3 * MOST_LIGHTS, 0]


def test_a_motor_does_not_pull_against_the_hand_that_moves_it() -> None:
    rig = SurfaceRig()
    rig.lights()
    rig.touch(20, 30, 40, 50)
    assert ControlChange(1, 20, 50) not in rig.lights()
    rig.now += QUIET_S
    assert ControlChange(1, 20, 50) in rig.lights()


def test_after_it_was_plugged_in_again_all_lights_are_sent_and_faders_must_meet_their_weights() -> None:
    rig = SurfaceRig()
    rig.touch(0, 0, 100)
    rig.wait()
    rig.lights()
    rig.surface.plugged_in()
    assert len(rig.lights()) == 8
    assert rig.touch(0, 20) == []
