"""Poses from OSC addresses and from a Leap device."""

from pathlib import Path

import pytest

from controllers.gesture.inputs import OscPoses, leap_poses
from controllers.gesture.messages import Features
from controllers.leap.frames import Frame, HandShape
from controllers.sensor import Sensor
from tests.controllers.leap.test_field import near
from tests.support.gesture_rig import ALPHA, BETA, GestureRig


def test_numbers_of_several_addresses_are_one_pose_in_the_order_of_their_names() -> None:
    poses = OscPoses(1)
    poses.take(Features("/b", (2.0, 3.0)), 0.0)
    poses.take(Features("/a", (1.0,)), 0.5)
    assert poses.pose(1.0) == (1.0, 2.0, 3.0)
    poses.forget()
    assert poses.pose(1.0) == ()
    for k in range(200):
        poses.take(Features(f"/{k}", (0.0,) * 100), 1.0)
    assert poses.pose(1.0) == ()
    assert "forget" in poses.trouble


class Hands(Sensor[Frame]):
    """A Leap device of which the test says what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self._closing.set()

    def _listen(self) -> None:
        """Nothing comes but what it is shown."""

    def see(self, *hands: HandShape) -> None:
        self._take(Frame(0, hands))


def test_the_hands_over_a_leap_are_ten_features() -> None:
    device = Hands()
    poses = leap_poses(device)
    assert poses.pose(0.0) == ()
    left = HandShape(1, False, (1.0, 2.0, 3.0), grab=0.4, pinch=0.5)
    right = HandShape(2, True, (6.0, 7.0, 8.0), grab=0.9, pinch=1.0)
    device.see(left, right)
    assert poses.pose(1.0) == (1.0, 2.0, 3.0, 0.4, 0.5, 6.0, 7.0, 8.0, 0.9, 1.0)
    device.see(left)
    assert poses.pose(1.05)[5:] == (6.0, 7.0, 8.0, 0.9, 1.0)  # missing for a moment
    device.see(left, HandShape(3, True, (9.0, 9.0, 9.0), confidence=0.01))
    assert poses.pose(1.3) == (1.0, 2.0, 3.0, 0.4, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert poses.pose(1.7)[:5] == (1.0, 2.0, 3.0, 0.4, 0.5)
    assert poses.pose(1.9) == ()
    poses.close()


def test_hands_over_a_leap_can_be_taught(
    tmp_path: Path, rigs: list[GestureRig], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Hands()
    monkeypatch.setattr("controllers.leap.source", lambda *_: device)
    rigs.append(rig := GestureRig(tmp_path, "--source", "leap"))
    poses = (
        (HandShape(1, False, (-100.0, 200.0, 0.0)), ALPHA),
        (HandShape(1, False, (100.0, 300.0, 0.0), grab=1.0), BETA),
    )
    for shape, mix in poses:
        device.see(shape)
        rig.show((9.0,), mix)  # floats on the port are no poses now
    rig.send("/chorus/gesture/train")
    rig.wait(lambda: rig.hand.running)
    for shape, mix in poses:
        for _ in range(200):
            device.see(shape)
            rig.turn()
        assert near(rig.mixes()[-1], mix, 0.05)
