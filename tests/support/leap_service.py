"""A Leap service made up here, and the hands that a controller makes of its frames."""

import argparse
import json
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from actors.wire.messages import Command, SetWeights
from controllers import leap
from controllers.hand import Seen
from controllers.leap import LeapHand

STYLES = ("alpha", "beta", "gamma", "delta", "epsilon")
Play = Callable[[ServerConnection], None]


class Service:
    """A Leap service on a port of its own: greets, keeps what it is asked, and plays what it is given to whoever comes."""

    def __init__(self, play: Play, port: int = 0) -> None:
        self.asked: list[str | bytes] = []
        self.paths: list[str] = []
        self._play = play
        self._server: Server = serve(self._serve, "127.0.0.1", port, compression=None)
        self.port = int(self._server.socket.getsockname()[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _serve(self, connection: ServerConnection) -> None:
        self.paths.append(connection.request.path)
        try:
            connection.send('{"version":6}')
            self.asked += [connection.recv(2.0), connection.recv(2.0)]
            self._play(connection)
        except ConnectionClosed:
            return

    def close(self) -> None:
        self._server.shutdown()


@pytest.fixture
def services() -> Iterator[list[Service]]:
    started: list[Service] = []
    yield started
    for service in started:
        service.close()


@pytest.fixture
def hands() -> Iterator[list[LeapHand]]:
    made: list[LeapHand] = []
    yield made
    for hand in made:
        hand.close()


def made(port: int, *flags: str) -> LeapHand:
    """The hand that `chorus control leap` makes of its flags."""
    parser = argparse.ArgumentParser()
    leap.add_arguments(parser)
    return leap.make(parser.parse_args(["--source", "websocket", "--ws-port", str(port), *flags]))


def said_frame(timestamp_us: int, x_mm: float = 60.0, z_mm: float = -80.0, id: int = 4, **changed: Any) -> str:
    hand: dict[str, Any] = {
        "id": id,
        "type": "right",
        "palmPosition": [x_mm, 250, z_mm],
        "palmVelocity": [0, 0, 0],
        "grabStrength": 0,
        "pinchStrength": 0,
        "confidence": 1,
    }
    return json.dumps({"id": 1, "timestamp": timestamp_us, "hands": [hand | changed], "pointables": []})


def steadily(messages: Iterable[str | bytes], every_s: float = 0.01) -> Play:
    """Plays messages one after the other, and then stays on the line."""

    def play(connection: ServerConnection) -> None:
        for message in messages:
            connection.send(message)
            time.sleep(every_s)
        while True:
            connection.send('{"event":{"type":"nothing"}}')
            time.sleep(0.05)

    return play


def perform(hand: LeapHand, seconds: float, styles: tuple[str, ...] = STYLES) -> list[Command]:
    """Asks the hand a hundred times a second; the mix becomes what it says. Every answer must come at once."""
    seen = Seen(styles, {styles[0]: 1.0})
    said: list[Command] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        asked = time.monotonic()
        commands = hand.play(asked, seen)
        assert time.monotonic() - asked < 0.1
        for command in commands:
            if isinstance(command, SetWeights):
                seen = Seen(styles, command.weights)
        said += commands
        time.sleep(0.01)
    return said


def mixes(said: list[Command]) -> list[dict[str, float]]:
    found = [command.weights for command in said if isinstance(command, SetWeights)]
    for mix in found:
        assert all(math.isfinite(weight) and weight >= 0 for weight in mix.values())
        assert sum(mix.values()) == pytest.approx(1.0)
    return found


def wait(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "this should have happened by now"
        time.sleep(0.01)
