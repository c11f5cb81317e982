"""The gesture controller played over a real UDP socket: shown, trained, run, kept, and started again."""

import argparse
import math
import socket
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from actors.wire.messages import Command, LetGo, SetWeights
from controllers import ControllerError, gesture
from controllers.gesture.dataset import load
from controllers.gesture.inputs import OscPoses, leap_poses
from controllers.gesture.messages import Features
from controllers.gesture.wekinator import WekinatorHand
from controllers.hand import Seen
from controllers.leap.frames import Frame, HandShape
from controllers.osc import packet as osc_packet
from controllers.sensor import Sensor
from tests.controllers.leap.test_field import jumps, near
from tests.controllers.osc.test_packet import message
from tests.controllers.test_access import outside

STYLES = ("alpha", "beta", "gamma")
ALPHA, BETA = {"alpha": 1.0, "beta": 0.0, "gamma": 0.0}, {"alpha": 0.0, "beta": 0.5, "gamma": 0.5}


class Performer:
    """Sends OSC to a gesture hand, and plays it on a clock of its own; the mix becomes what it says."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.file = folder / "gestures.json"
        parser = argparse.ArgumentParser()
        gesture.add_arguments(parser)
        args = parser.parse_args(["--file", str(self.file), *flags])
        args.port = 0  # a free one
        self.hand: Any = gesture.make(args)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.now = 50.0
        self.seen = Seen(STYLES, {"alpha": 2.0})
        self.said: list[tuple[float, Command]] = []

    def send(self, address: str, *arguments: Any, to: str = "127.0.0.1") -> None:
        self.udp.sendto(message(address, *arguments), (to, self.hand._port.number))

    def play(self, seconds: float, pose: tuple[float, ...] = (), address: str = "/wek/inputs") -> list[Command]:
        began = len(self.said)
        for _ in range(round(seconds / 0.01)):
            if pose:
                self.send(address, *pose)
            self.turn()
        return [command for _, command in self.said[began:]]

    def turn(self) -> None:
        asked = time.monotonic()
        commands = self.hand.play(self.now, self.seen)
        assert time.monotonic() - asked < 0.2
        for command in commands:
            self.said.append((self.now, command))
            if isinstance(command, SetWeights):
                self.seen = Seen(self.seen.styles, command.weights)
        self.now += 0.01

    def show(self, pose: tuple[float, ...], mix: dict[str, float]) -> None:
        self.seen = Seen(self.seen.styles, mix)
        self.send("/wek/inputs", *pose)
        self.send("/chorus/gesture/record")
        self.turn()

    def teach(self) -> None:
        self.show((0.0, 0.0), ALPHA)
        self.show((1.0, 1.0), BETA)
        self.send("/chorus/gesture/train")
        self.wait(lambda: bool(self.hand.running and not self.hand.training))

    def wait(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + 20.0
        while not condition():
            self.turn()
            assert time.monotonic() < until, "this should have happened by now"
            time.sleep(0.005)

    def mixes(self) -> list[dict[str, float]]:
        return [command.weights for _, command in self.said if isinstance(command, SetWeights)]


@pytest.fixture
def performers() -> Iterator[list[Performer]]:
    started: list[Performer] = []
    yield started
    for performer in started:
        performer.hand.close()
        performer.udp.close()


@pytest.fixture
def performer(tmp_path: Path, performers: list[Performer]) -> Performer:
    performers.append(Performer(tmp_path))
    return performers[0]


@pytest.mark.parametrize("kind", ["mlp", "knn"])
def test_it_plays_what_it_was_shown(kind: str, tmp_path: Path, performers: list[Performer]) -> None:
    performers.append(performer := Performer(tmp_path, "--model", kind))
    assert performer.play(0.2, (0.0, 0.0)) == []
    performer.teach()
    performer.play(2.0, (0.0, 0.0))
    assert near(performer.mixes()[-1], ALPHA, 0.05)
    performer.play(2.0, (1.0, 1.0))
    assert near(performer.mixes()[-1], BETA, 0.05)
    performer.play(2.0, (0.5, 0.5))
    assert near(performer.mixes()[-1], {"alpha": 0.5, "beta": 0.25, "gamma": 0.25}, 0.1)
    assert performer.hand.trouble == ""


def test_a_command_is_a_mix_and_comes_neither_too_often_nor_too_seldom(performer: Performer) -> None:
    performer.teach()
    for k in range(300):
        performer.play(0.01, (math.sin(k / 20), math.cos(k / 30)))
    performer.play(2.0, (0.5, 0.5))
    for mix in performer.mixes():
        assert sum(mix.values()) == pytest.approx(1.0)
        assert all(share >= 0 for share in mix.values())
    times = [now for now, command in performer.said if isinstance(command, SetWeights)]
    assert all(1 / 60 - 1e-9 <= b - a <= 0.2 for a, b in pairwise(times))


def test_it_begins_without_a_jump(performer: Performer) -> None:
    performer.teach()
    performer.send("/chorus/gesture/stop")
    performer.wait(lambda: not performer.hand.running)
    performer.turn()
    said = len(performer.mixes())
    performer.seen = Seen(STYLES, {"gamma": 1.0})
    performer.send("/chorus/gesture/run")
    performer.wait(lambda: performer.hand.running)
    performer.play(2.0, (0.0, 0.0))
    assert performer.mixes()[said]["gamma"] > 0.95
    assert jumps(performer.mixes()[said:]) < 0.06


def test_a_sensor_that_falls_silent_is_let_go_and_found_again(performer: Performer) -> None:
    performer.teach()
    performer.play(1.0, (0.0, 0.0))
    after = performer.play(4.0)
    assert [command for command in after if not isinstance(command, SetWeights)] == [LetGo()]
    assert isinstance(performer.play(0.5, (1.0, 1.0))[-1], SetWeights)


def test_while_recording_it_leaves_the_mix_to_others(performer: Performer) -> None:
    performer.teach()
    performer.play(1.0, (0.0, 0.0))
    performer.send("/wekinator/control/startRecording")
    performer.seen = Seen(STYLES, {"gamma": 1.0})
    assert performer.play(1.0, (0.0, 5.0)) == [LetGo()]
    examples = len(performer.hand.dataset.poses)
    assert 17 <= examples - 2 <= 21
    performer.send("/wekinator/control/stopRecording")
    performer.play(0.5, (0.0, 5.0))
    assert len(performer.hand.dataset.poses) == examples
    learnt = performer.hand.dataset.model
    performer.send("/wekinator/control/train")
    performer.wait(lambda: performer.hand.dataset.model is not learnt)
    performer.play(2.0, (0.0, 5.0))
    assert performer.mixes()[-1]["gamma"] > 0.8


def test_it_stops_runs_and_forgets_when_asked(performer: Performer) -> None:
    performer.teach()
    performer.play(0.5, (0.0, 0.0))
    performer.send("/wekinator/control/stopRunning")
    assert performer.play(0.5, (0.0, 0.0)) == [LetGo()]
    performer.send("/wekinator/control/startRunning")
    assert performer.play(0.5, (0.0, 0.0))
    performer.send("/chorus/gesture/forget")
    assert performer.play(0.5, (0.0, 0.0)) == [LetGo()]
    performer.send("/chorus/gesture/run")
    performer.play(0.1, (0.0, 0.0))
    assert "nothing was learnt yet" in performer.hand.trouble
    performer.send("/chorus/gesture/train")
    performer.wait(lambda: "record some first" in performer.hand.trouble)


def test_a_trained_model_plays_at_once_the_next_time(tmp_path: Path, performers: list[Performer]) -> None:
    first = Performer(tmp_path)
    first.teach()
    first.show((0.5, 0.0), BETA)  # shown, not trained: kept all the same
    first.hand.close()
    first.udp.close()
    performers.append(second := Performer(tmp_path))
    assert len(second.hand.dataset.poses) == 3
    second.play(2.0, (1.0, 1.0))
    assert near(second.mixes()[-1], BETA, 0.05)


def test_it_is_kept_when_asked(performer: Performer) -> None:
    performer.show((1.0,), ALPHA)
    performer.send("/chorus/gesture/save")
    performer.turn()
    performer.wait(performer.file.exists)
    performer.wait(lambda: len(load(performer.file).poses) == 1)


def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "gestures.json").write_text('{"my":"diary"}')
    with pytest.raises(ControllerError, match="--file"):
        Performer(tmp_path)
    assert (tmp_path / "gestures.json").read_text() == '{"my":"diary"}'


def test_an_example_that_cannot_be_recorded_is_shown_as_trouble(performer: Performer) -> None:
    performer.send("/chorus/gesture/record")
    performer.turn()
    assert "there is no pose" in performer.hand.trouble
    performer.seen = Seen(STYLES, {})
    performer.send("/wek/inputs", 1.0)
    performer.send("/chorus/gesture/record")
    performer.turn()
    assert "there is no mix" in performer.hand.trouble
    performer.seen = Seen(STYLES, ALPHA)
    performer.send("/chorus/gesture/record")
    performer.turn()
    assert performer.hand.trouble == ""
    performer.send("/wek/inputs", 1.0, 2.0)
    performer.send("/chorus/gesture/record")
    performer.turn()
    assert "the examples have 1 features, this pose has 2" in performer.hand.trouble


def test_a_pose_of_another_length_is_not_played(performer: Performer) -> None:
    performer.teach()
    performer.play(0.5, (0.0, 0.0))
    assert performer.play(0.5, (0.0, 0.0, 0.0)) == [LetGo()]
    assert "takes 2 features, this pose has 3" in performer.hand.trouble
    assert performer.play(0.5, (0.0, 0.0))
    assert performer.hand.trouble == ""


def test_styles_come_and_go_while_it_plays(performer: Performer) -> None:
    performer.teach()
    for styles in (("beta", "new"), (), ("new",), ("gamma", "beta", "alpha")):
        performer.seen = Seen(styles, dict.fromkeys(styles, 1.0))
        said = performer.play(1.5, (1.0, 1.0))
        assert all(set(c.weights) == set(styles) for c in said if isinstance(c, SetWeights))
        assert any(isinstance(c, SetWeights) for c in said) == bool({"beta", "gamma"} & set(styles))
    assert near(performer.mixes()[-1], {"gamma": 0.5, "beta": 0.5, "alpha": 0.0}, 0.05)


def test_packets_that_are_damaged_are_counted_and_do_no_harm(performer: Performer) -> None:
    performer.teach()
    for packet in (b"", b"x", b"/wek/inputs\0,f\0\0", b"#bundle\0" + bytes(4), bytes(60_000)):
        performer.udp.sendto(packet, ("127.0.0.1", performer.hand._port.number))
    performer.send("/wek/inputs", math.nan, 1.0)
    performer.send("/wek/inputs", "a", "b")
    performer.send("/chorus/weights", 1.0)
    performer.turn()
    assert performer.hand._port.refused == 8
    assert "/chorus/weights is not known here" in performer.hand.trouble
    performer.play(2.0, (0.0, 0.0))
    assert near(performer.mixes()[-1], ALPHA, 0.05)
    assert performer.hand.trouble == ""


def test_the_mix_goes_to_whoever_listens_for_wekinators_outputs(tmp_path: Path, performers: list[Performer]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5.0)
        performers.append(performer := Performer(tmp_path, "--out", f"localhost:{ear.getsockname()[1]}"))
        performer.teach()
        performer.play(0.1, (0.0, 0.0))
        (heard,) = osc_packet.parse(ear.recv(1000))
    assert heard.address == "/wek/outputs"
    assert heard.arguments == pytest.approx(tuple(performer.mixes()[0][slug] for slug in STYLES), abs=1e-6)


def test_wekinators_outputs_are_the_weights_of_the_styles(tmp_path: Path, performers: list[Performer]) -> None:
    performers.append(performer := Performer(tmp_path, "--wekinator"))
    assert isinstance(performer.hand, WekinatorHand)
    assert "nothing has come from Wekinator" in performer.hand.trouble
    performer.play(1.5, (0.0, 3.0, 1.0), "/wek/outputs")
    assert near(performer.mixes()[-1], {"alpha": 0.0, "beta": 0.75, "gamma": 0.25})
    assert performer.hand.trouble == ""
    performer.play(1.5, (-1.0, 1.0), "/wek/outputs")
    assert near(performer.mixes()[-1], {"alpha": 0.0, "beta": 1.0, "gamma": 0.0})
    assert "2 outputs, here are 3 styles" in performer.hand.trouble
    assert jumps(performer.mixes()) < 0.3
    assert performer.play(3.0)[-1] == LetGo()
    assert performer.play(0.5, (0.0, 0.0, 0.0), "/wek/outputs") == []


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
    tmp_path: Path, performers: list[Performer], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Hands()
    monkeypatch.setattr("controllers.leap.source", lambda *_: device)
    performers.append(performer := Performer(tmp_path, "--source", "leap"))
    poses = (
        (HandShape(1, False, (-100.0, 200.0, 0.0)), ALPHA),
        (HandShape(1, False, (100.0, 300.0, 0.0), grab=1.0), BETA),
    )
    for shape, mix in poses:
        device.see(shape)
        performer.show((9.0,), mix)  # floats on the port are no poses now
    performer.send("/chorus/gesture/train")
    performer.wait(lambda: performer.hand.running)
    for shape, mix in poses:
        for _ in range(200):
            device.see(shape)
            performer.turn()
        assert near(performer.mixes()[-1], mix, 0.05)


@pytest.mark.parametrize("more", [(), ("--wekinator",)])
def test_a_port_that_is_open_to_others_needs_to_know_to_whom(more: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ControllerError, match=r"--listen 0\.0\.0\.0 opens a port to others: say to whom, with --allow"):
        Performer(tmp_path, "--listen", "0.0.0.0", *more)


def test_strangers_are_neither_followed_nor_answered(tmp_path: Path, performers: list[Performer]) -> None:
    performers.append(performer := Performer(tmp_path, "--listen", "0.0.0.0", "--allow", "203.0.113.0/24"))
    for _ in range(3):
        performer.send("/wek/inputs", 9.0, 9.0, 9.0, to=outside())
        performer.send("/chorus/gesture/record", to=outside())
        performer.udp.sendto(b"no OSC", (outside(), performer.hand._port.number))
        performer.turn()
    performer.wait(lambda: bool(performer.hand._port.refused == 9))
    assert "no features have come yet" in performer.hand.trouble
    performer.teach()
    assert len(performer.hand.dataset.poses) == 2
    assert performer.hand.dataset.model.inputs == 2
    performer.udp.settimeout(0.05)
    with pytest.raises(TimeoutError):
        performer.udp.recv(100)


def test_a_named_guest_is_followed_from_another_address(tmp_path: Path, performers: list[Performer]) -> None:
    flags = ("--listen", "0.0.0.0", "--allow", f"203.0.113.0/24,{outside()}", "--wekinator")
    performers.append(performer := Performer(tmp_path, *flags))
    performer.send("/wek/outputs", 0.0, 3.0, 1.0, to=outside())
    performer.wait(lambda: bool(performer.mixes()))
    assert performer.hand.trouble == ""


def test_a_taken_port_is_an_error_in_one_line(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    gesture.add_arguments(parser)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        flags = ["--port", str(other.getsockname()[1]), "--file", str(tmp_path / "g.json")]
        with pytest.raises(ControllerError, match="--port"):
            gesture.make(parser.parse_args(flags))


@pytest.mark.parametrize("out", ["localhost", "localhost:x", "localhost:0", ":", "no.such.host.invalid:9"])
def test_an_invalid_out_address_is_an_error_in_one_line(out: str, tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    gesture.add_arguments(parser)
    with pytest.raises(ControllerError, match="--out"):
        gesture.make(parser.parse_args(["--out", out, "--file", str(tmp_path / "g.json")]))


def test_without_flags_it_is_wekinators_port_and_a_file_of_the_user() -> None:
    parser = argparse.ArgumentParser()
    gesture.add_arguments(parser)
    assert parser.parse_args([]).port is None
    assert gesture.INPUT_PORT == 6448
    assert gesture.FILE.parts[-3:] == ("chorus", "gestures", "default.json")
