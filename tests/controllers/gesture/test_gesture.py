"""The flags and the port of the gesture controller."""

import argparse
import socket
from pathlib import Path

import pytest

from controllers import ControllerError, gesture
from tests.controllers.test_access import outside
from tests.support.gesture_rig import GestureRig


@pytest.mark.parametrize("more", [(), ("--wekinator",)])
def test_a_port_that_is_open_to_others_needs_to_know_to_whom(more: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ControllerError, match=r"--listen 0\.0\.0\.0 opens a port to others: say to whom, with --allow"):
        GestureRig(tmp_path, "--listen", "0.0.0.0", *more)


def test_strangers_are_neither_followed_nor_answered(tmp_path: Path, rigs: list[GestureRig]) -> None:
    rigs.append(rig := GestureRig(tmp_path, "--listen", "0.0.0.0", "--allow", "203.0.113.0/24"))
    for _ in range(3):
        rig.send("/wek/inputs", 9.0, 9.0, 9.0, to=outside())
        rig.send("/chorus/gesture/record", to=outside())
        rig.udp.sendto(b"no OSC", (outside(), rig.hand._port.number))
        rig.turn()
    rig.wait(lambda: bool(rig.hand._port.refused == 9))
    assert "no features have come yet" in rig.hand.trouble
    rig.teach()
    assert len(rig.hand.dataset.poses) == 2
    assert rig.hand.dataset.model.inputs == 2
    rig.udp.settimeout(0.05)
    with pytest.raises(TimeoutError):
        rig.udp.recv(100)


def test_a_named_guest_is_followed_from_another_address(tmp_path: Path, rigs: list[GestureRig]) -> None:
    flags = ("--listen", "0.0.0.0", "--allow", f"203.0.113.0/24,{outside()}", "--wekinator")
    rigs.append(rig := GestureRig(tmp_path, *flags))
    rig.send("/wek/outputs", 0.0, 3.0, 1.0, to=outside())
    rig.wait(lambda: bool(rig.mixes()))
    assert rig.hand.trouble == ""


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
