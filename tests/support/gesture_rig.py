"""A performance that is played with gestures over UDP."""

import argparse
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.wire.messages import Command, SetWeights
from controllers import gesture
from controllers.hand import Seen
from tests.controllers.osc.test_packet import message

STYLES = ("alpha", "beta", "gamma")
ALPHA, BETA = {"alpha": 1.0, "beta": 0.0, "gamma": 0.0}, {"alpha": 0.0, "beta": 0.5, "gamma": 0.5}


class GestureRig:
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
def rigs() -> Iterator[list[GestureRig]]:
    started: list[GestureRig] = []
    yield started
    for rig in started:
        rig.hand.close()
        rig.udp.close()


@pytest.fixture
def rig(tmp_path: Path, rigs: list[GestureRig]) -> GestureRig:
    rigs.append(GestureRig(tmp_path))
    return rigs[0]
