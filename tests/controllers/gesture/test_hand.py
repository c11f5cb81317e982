"""The gesture hand: records, learns and plays."""

import math
import socket
from itertools import pairwise
from pathlib import Path

import pytest

from actors.wire.messages import LetGo, SetWeights
from controllers import ControllerError
from controllers.gesture.dataset import load
from controllers.hand import Seen
from controllers.osc import packet as osc_packet
from tests.controllers.leap.test_field import jumps, near
from tests.support.gesture_rig import ALPHA, BETA, STYLES, GestureRig


@pytest.mark.parametrize("kind", ["mlp", "knn"])
def test_it_plays_what_it_was_shown(kind: str, tmp_path: Path, rigs: list[GestureRig]) -> None:
    rigs.append(rig := GestureRig(tmp_path, "--model", kind))
    assert rig.play(0.2, (0.0, 0.0)) == []
    rig.teach()
    rig.play(2.0, (0.0, 0.0))
    assert near(rig.mixes()[-1], ALPHA, 0.05)
    rig.play(2.0, (1.0, 1.0))
    assert near(rig.mixes()[-1], BETA, 0.05)
    rig.play(2.0, (0.5, 0.5))
    assert near(rig.mixes()[-1], {"alpha": 0.5, "beta": 0.25, "gamma": 0.25}, 0.1)
    assert rig.hand.trouble == ""


def test_a_command_is_a_mix_and_comes_neither_too_often_nor_too_seldom(rig: GestureRig) -> None:
    rig.teach()
    for k in range(300):
        rig.play(0.01, (math.sin(k / 20), math.cos(k / 30)))
    rig.play(2.0, (0.5, 0.5))
    for mix in rig.mixes():
        assert sum(mix.values()) == pytest.approx(1.0)
        assert all(share >= 0 for share in mix.values())
    times = [now for now, command in rig.said if isinstance(command, SetWeights)]
    assert all(1 / 60 - 1e-9 <= b - a <= 0.2 for a, b in pairwise(times))


def test_it_begins_without_a_jump(rig: GestureRig) -> None:
    rig.teach()
    rig.send("/chorus/gesture/stop")
    rig.wait(lambda: not rig.hand.running)
    rig.turn()
    said = len(rig.mixes())
    rig.seen = Seen(STYLES, {"gamma": 1.0})
    rig.send("/chorus/gesture/run")
    rig.wait(lambda: rig.hand.running)
    rig.play(2.0, (0.0, 0.0))
    assert rig.mixes()[said]["gamma"] > 0.95
    assert jumps(rig.mixes()[said:]) < 0.06


def test_a_sensor_that_falls_silent_is_let_go_and_found_again(rig: GestureRig) -> None:
    rig.teach()
    rig.play(1.0, (0.0, 0.0))
    after = rig.play(4.0)
    assert [command for command in after if not isinstance(command, SetWeights)] == [LetGo()]
    assert isinstance(rig.play(0.5, (1.0, 1.0))[-1], SetWeights)


def test_while_recording_it_leaves_the_mix_to_others(rig: GestureRig) -> None:
    rig.teach()
    rig.play(1.0, (0.0, 0.0))
    rig.send("/wekinator/control/startRecording")
    rig.seen = Seen(STYLES, {"gamma": 1.0})
    assert rig.play(1.0, (0.0, 5.0)) == [LetGo()]
    examples = len(rig.hand.dataset.poses)
    assert 17 <= examples - 2 <= 21
    rig.send("/wekinator/control/stopRecording")
    rig.play(0.5, (0.0, 5.0))
    assert len(rig.hand.dataset.poses) == examples
    learnt = rig.hand.dataset.model
    rig.send("/wekinator/control/train")
    rig.wait(lambda: rig.hand.dataset.model is not learnt)
    rig.play(2.0, (0.0, 5.0))
    assert rig.mixes()[-1]["gamma"] > 0.8


def test_it_stops_runs_and_forgets_when_asked(rig: GestureRig) -> None:
    rig.teach()
    rig.play(0.5, (0.0, 0.0))
    rig.send("/wekinator/control/stopRunning")
    assert rig.play(0.5, (0.0, 0.0)) == [LetGo()]
    rig.send("/wekinator/control/startRunning")
    assert rig.play(0.5, (0.0, 0.0))
    rig.send("/chorus/gesture/forget")
    assert rig.play(0.5, (0.0, 0.0)) == [LetGo()]
    rig.send("/chorus/gesture/run")
    rig.play(0.1, (0.0, 0.0))
    assert "nothing was learnt yet" in rig.hand.trouble
    rig.send("/chorus/gesture/train")
    rig.wait(lambda: "record some first" in rig.hand.trouble)


def test_a_trained_model_plays_at_once_the_next_time(tmp_path: Path, rigs: list[GestureRig]) -> None:
    first = GestureRig(tmp_path)
    first.teach()
    first.show((0.5, 0.0), BETA)  # shown, not trained: kept all the same
    first.hand.close()
    first.udp.close()
    rigs.append(second := GestureRig(tmp_path))
    assert len(second.hand.dataset.poses) == 3
    second.play(2.0, (1.0, 1.0))
    assert near(second.mixes()[-1], BETA, 0.05)


def test_it_is_kept_when_asked(rig: GestureRig) -> None:
    rig.show((1.0,), ALPHA)
    rig.send("/chorus/gesture/save")
    rig.turn()
    rig.wait(rig.file.exists)
    rig.wait(lambda: len(load(rig.file).poses) == 1)


def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "gestures.json").write_text('{"my":"diary"}')
    with pytest.raises(ControllerError, match="--file"):
        GestureRig(tmp_path)
    assert (tmp_path / "gestures.json").read_text() == '{"my":"diary"}'


def test_an_example_that_cannot_be_recorded_is_shown_as_trouble(rig: GestureRig) -> None:
    rig.send("/chorus/gesture/record")
    rig.turn()
    assert "there is no pose" in rig.hand.trouble
    rig.seen = Seen(STYLES, {})
    rig.send("/wek/inputs", 1.0)
    rig.send("/chorus/gesture/record")
    rig.turn()
    assert "there is no mix" in rig.hand.trouble
    rig.seen = Seen(STYLES, ALPHA)
    rig.send("/chorus/gesture/record")
    rig.turn()
    assert rig.hand.trouble == ""
    rig.send("/wek/inputs", 1.0, 2.0)
    rig.send("/chorus/gesture/record")
    rig.turn()
    assert "the examples have 1 features, this pose has 2" in rig.hand.trouble


def test_a_pose_of_another_length_is_not_played(rig: GestureRig) -> None:
    rig.teach()
    rig.play(0.5, (0.0, 0.0))
    assert rig.play(0.5, (0.0, 0.0, 0.0)) == [LetGo()]
    assert "takes 2 features, this pose has 3" in rig.hand.trouble
    assert rig.play(0.5, (0.0, 0.0))
    assert rig.hand.trouble == ""


def test_styles_come_and_go_while_it_plays(rig: GestureRig) -> None:
    rig.teach()
    for styles in (("beta", "new"), (), ("new",), ("gamma", "beta", "alpha")):
        rig.seen = Seen(styles, dict.fromkeys(styles, 1.0))
        said = rig.play(1.5, (1.0, 1.0))
        assert all(set(c.weights) == set(styles) for c in said if isinstance(c, SetWeights))
        assert any(isinstance(c, SetWeights) for c in said) == bool({"beta", "gamma"} & set(styles))
    assert near(rig.mixes()[-1], {"gamma": 0.5, "beta": 0.5, "alpha": 0.0}, 0.05)


def test_packets_that_are_damaged_are_counted_and_do_no_harm(rig: GestureRig) -> None:
    rig.teach()
    for packet in (b"", b"x", b"/wek/inputs\0,f\0\0", b"#bundle\0" + bytes(4), bytes(60_000)):
        rig.udp.sendto(packet, ("127.0.0.1", rig.hand._port.number))
    rig.send("/wek/inputs", math.nan, 1.0)
    rig.send("/wek/inputs", "a", "b")
    rig.send("/chorus/weights", 1.0)
    rig.turn()
    assert rig.hand._port.refused == 8
    assert "/chorus/weights is not known here" in rig.hand.trouble
    rig.play(2.0, (0.0, 0.0))
    assert near(rig.mixes()[-1], ALPHA, 0.05)
    assert rig.hand.trouble == ""


def test_the_mix_goes_to_whoever_listens_for_wekinators_outputs(tmp_path: Path, rigs: list[GestureRig]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5.0)
        rigs.append(rig := GestureRig(tmp_path, "--out", f"localhost:{ear.getsockname()[1]}"))
        rig.teach()
        rig.play(0.1, (0.0, 0.0))
        (heard,) = osc_packet.parse(ear.recv(1000))
    assert heard.address == "/wek/outputs"
    assert heard.arguments == pytest.approx(tuple(rig.mixes()[0][slug] for slug in STYLES), abs=1e-6)
