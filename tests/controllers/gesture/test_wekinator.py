"""Wekinator's outputs as a hand."""

from pathlib import Path

from actors.wire.messages import LetGo
from controllers.gesture.wekinator import WekinatorHand
from tests.controllers.leap.test_field import jumps, near
from tests.support.gesture_rig import GestureRig


def test_wekinators_outputs_are_the_weights_of_the_styles(tmp_path: Path, rigs: list[GestureRig]) -> None:
    rigs.append(rig := GestureRig(tmp_path, "--wekinator"))
    assert isinstance(rig.hand, WekinatorHand)
    assert "nothing has come from Wekinator" in rig.hand.trouble
    rig.play(1.5, (0.0, 3.0, 1.0), "/wek/outputs")
    assert near(rig.mixes()[-1], {"alpha": 0.0, "beta": 0.75, "gamma": 0.25})
    assert rig.hand.trouble == ""
    rig.play(1.5, (-1.0, 1.0), "/wek/outputs")
    assert near(rig.mixes()[-1], {"alpha": 0.0, "beta": 1.0, "gamma": 0.0})
    assert "2 outputs, here are 3 styles" in rig.hand.trouble
    assert jumps(rig.mixes()) < 0.3
    assert rig.play(3.0)[-1] == LetGo()
    assert rig.play(0.5, (0.0, 0.0, 0.0), "/wek/outputs") == []
