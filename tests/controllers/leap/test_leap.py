"""The Leap controller against a real WebSocket server that plays made-up frames, damage, and real recordings."""

import argparse
import json
import math
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from actors.wire.messages import Command, LetGo, SetWeights
from controllers import ControllerError, leap
from controllers.hand import Seen
from controllers.leap import LeapHand
from controllers.leap import leapc as leap_bindings
from controllers.leap.field import Box, LeapField
from controllers.leap.frames import Frame, read
from controllers.leap.websocket import LARGEST
from tests.controllers.leap.test_field import STYLES, jumps, pulled

RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings" / "leap"
LARGEST_JUMP = (
    0.15  # of a share between two commands at a sixtieth of a second, for the fastest hand recorded (950 mm/s)
)
NAMES = ("confidence-37fps", "grab", "rollAndPitchWithEntry", "pinch-57fps")
MORE_STYLES = tuple(f"style-{k}" for k in range(24))

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
    """What `chorus control leap` makes of its flags."""
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


def test_a_hand_over_the_device_is_heard_through_the_websocket(services: list[Service], hands: list[LeapHand]) -> None:
    services.append(Service(steadily(said_frame(1_000_000 + 10_000 * k) for k in range(150))))
    hands.append(made(services[0].port, "--height", "none"))
    said = perform(hands[0], 1.4)
    assert services[0].paths == ["/v6.json"]
    assert services[0].asked == ['{"background":true}', '{"focused":true}']
    last = mixes(said)[-1]
    assert all(abs(last[slug] - share) < 0.02 for slug, share in pulled(60 / 160, -80 / 160).items())
    assert hands[0].trouble == ""


def test_damaged_huge_late_and_missing_messages_do_not_disturb_the_text(
    services: list[Service], hands: list[LeapHand]
) -> None:
    def messages() -> Iterator[str | bytes]:
        for k in range(200):
            at = 1_000_000 + 10_000 * k
            if k % 7 == 0:
                continue
            if k % 5 == 0:
                yield said_frame(at - 55_000, x_mm=-150, z_mm=150)  # late
            if k == 50:
                yield from ("{", "[]", b"\x00\xff", said_frame(at, palmPosition=[1, 2, "3"]), '{"version":"x"}')
                yield said_frame(at, grabStrength=math.nan)
                yield json.dumps({"timestamp": at, "hands": [{}] * 10_000})
                yield said_frame(at)[:-1] + "," + '"x":"' + "x" * (1 << 20) + '"}'
            yield said_frame(at)

    services.append(Service(steadily(messages())))
    hands.append(made(services[0].port))
    found = mixes(perform(hands[0], 1.8))
    assert hands[0].refused == 8
    assert jumps(found) < 0.25  # 0.04 on an idle machine; a late hand that is followed makes it 0.9
    assert all(abs(found[-1][slug] - share) < 0.02 for slug, share in pulled(60 / 160, -80 / 160).items())


def test_a_service_that_goes_and_returns_is_found_again(services: list[Service], hands: list[LeapHand]) -> None:
    endless = (said_frame(1_000_000 + 10_000 * k) for k in range(100_000))
    first = Service(steadily(endless))
    hands.append(made(first.port))
    hand = hands[0]
    assert mixes(perform(hand, 0.5))
    first.close()
    said = perform(hand, 1.0)
    assert LetGo() in said
    assert "no Leap service answers" in hand.trouble
    assert "UltraleapTrackingWebSocket" in hand.trouble
    assert "\n" not in hand.trouble
    services.append(Service(steadily(said_frame(10_000 * k, id=9) for k in range(100_000)), first.port))
    wait(lambda: hand.trouble == "")
    assert mixes(perform(hand, 0.5))


def test_a_message_that_is_far_too_large_costs_one_connection(services: list[Service], hands: list[LeapHand]) -> None:
    calls: list[int] = []

    def play(connection: ServerConnection) -> None:
        calls.append(1)
        if len(calls) == 1:
            connection.send("x" * (LARGEST + 1))
        steadily(said_frame(10_000 * k) for k in range(1000))(connection)

    services.append(Service(play))
    hands.append(made(services[0].port))
    wait(lambda: len(calls) > 1)
    assert mixes(perform(hands[0], 0.5))


def test_without_a_service_it_says_so_and_waits(hands: list[LeapHand]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        hands.append(made(free.getsockname()[1]))
        assert perform(hands[0], 0.3) == []
    assert "Leap service" in hands[0].trouble
    assert "start the Ultraleap tracking service" in hands[0].trouble


def test_a_server_that_is_no_leap_service_is_shown_as_trouble(hands: list[LeapHand]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        hands.append(made(other.getsockname()[1]))
        line, _ = other.accept()
        line.sendall(b"220 mail.example.org ESMTP\r\n\r\n" * 100)
        line.close()
        wait(lambda: "no Leap service answers" in hands[0].trouble)
        assert perform(hands[0], 0.2) == []


def test_an_unplugged_device_is_shown_as_trouble(services: list[Service], hands: list[LeapHand]) -> None:
    unplugged = (
        '{"event":{"type":"deviceEvent","state":{"attached":false,"streaming":false,"id":"x","type":"peripheral"}}}'
    )
    services.append(Service(steadily([unplugged])))
    hands.append(made(services[0].port))
    wait(lambda: "unplugged" in hands[0].trouble)


def test_an_end_does_not_wait_for_the_service(services: list[Service]) -> None:
    services.append(Service(steadily([])))
    hand = made(services[0].port)
    perform(hand, 0.2)
    began = time.monotonic()
    hand.close()
    assert time.monotonic() - began < 1.0
    hand.close()


@pytest.mark.parametrize(
    "flags",
    [["--ws-port", "0"], ["--ws-port", "x"], ["--range", "0"], ["--range", "nan"], ["--beta", "-1"], ["--height", "x"]],
)
def test_flags_that_mean_nothing_are_refused(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    leap.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(flags)
    assert flags[0] in capsys.readouterr().err


def test_the_help_says_how_to_get_the_bindings() -> None:
    for word in ("github.com/ultraleap/leapc-python-bindings", "UltraleapTrackingWebSocket", "PyPI"):
        assert word in str(leap.__doc__)


class FakeLeap(SimpleNamespace):
    """A module with the names of the official bindings that are used, and a hand that moves to the right."""

    def __init__(self, frames: int) -> None:
        self.left, self.closed, outer = frames, 0, self
        tracking = object()

        class Connection:
            def open(self, *, auto_poll: bool, timeout: float) -> "Connection":
                assert not auto_poll
                return self

            def __enter__(self) -> "Connection":
                return self

            def __exit__(self, *_: object) -> None:
                outer.closed += 1

            def poll(self, timeout: float) -> object:
                time.sleep(0.005)
                outer.left -= 1
                if outer.left < 0:
                    raise outer.LeapError
                palm = SimpleNamespace(
                    position=SimpleNamespace(x=60.0, y=250.0, z=math.nan if outer.left % 10 == 0 else -80.0),
                    velocity=SimpleNamespace(x=0.0, y=0.0, z=0.0),
                )
                hand = SimpleNamespace(
                    id=3, type="HandType.Right", palm=palm, grab_strength=0.0, pinch_strength=0.1, confidence=1.0
                )
                return SimpleNamespace(type=tracking, timestamp=10_000_000 - 10_000 * outer.left, hands=[hand])

        class LeapError(Exception):
            pass

        super().__init__(Connection=Connection, LeapError=LeapError, EventType=SimpleNamespace(Tracking=tracking))


def test_the_official_bindings_are_used_where_they_are(monkeypatch: pytest.MonkeyPatch, hands: list[LeapHand]) -> None:
    fake = FakeLeap(200)
    monkeypatch.setitem(sys.modules, "leap", fake)
    hand = LeapHand(leap.source("auto", "127.0.0.1", 1), Box())
    found = mixes(perform(hand, 1.2))
    assert all(abs(found[-1][slug] - share) < 0.02 for slug, share in pulled(60 / 160, -80 / 160).items())
    wait(lambda: "sends no frames" in hand.trouble)
    hand.close()
    assert fake.closed == 1


@pytest.mark.parametrize("found", [None, SimpleNamespace(__version__="0.3")])
def test_another_package_called_leap_is_not_taken_for_the_bindings(
    monkeypatch: pytest.MonkeyPatch, found: object
) -> None:
    monkeypatch.setitem(sys.modules, "leap", found)
    with pytest.raises(ControllerError) as error:
        leap_bindings.find()
    assert "github.com/ultraleap/leapc-python-bindings" in str(error.value)
    assert "websocket" in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(ControllerError):
        leap.source("leapc", "127.0.0.1", 6437)
    assert leap.source("auto", "127.0.0.1", 6437).trouble.startswith("no Leap service")


def test_bindings_without_their_sdk_are_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "leap.py").write_text("raise Exception('Error: Unable to find leapc_cffi dir')")
    monkeypatch.delitem(sys.modules, "leap", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ControllerError, match=r"Unable to find leapc_cffi dir.*Ultraleap SDK"):
        leap_bindings.find()


def recorded(path: Path) -> list[dict[str, Any]]:
    """The frames of a recording; format 2, the recorder's own, keeps the names of the keys apart."""
    recording = json.loads(path.read_text())
    if recording["metadata"]["formatVersion"] != 2:
        return list(recording["frames"])
    names, *frames = recording["frames"]
    return [unpacked(names, frame) for frame in frames]


def unpacked(names: list[Any], values: list[Any]) -> dict[str, Any]:
    one: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        if isinstance(name, str):
            one[name] = value
            continue
        ((key, inner),) = name.items()
        many = isinstance(inner[0], list)
        one[key] = [unpacked(inner[0], v) for v in value] if many else unpacked(inner, value)
    return one


def messages_of(name: str) -> list[str]:
    """A recording as the service said it; the test is skipped where there is none."""
    path = RECORDINGS / f"{name}.json"
    if not path.exists():
        pytest.skip("the recordings of real Leap devices (leapmotion/leapjs-playback) are not here")
    return [json.dumps(frame, separators=(",", ":")) for frame in recorded(path)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("styles", [STYLES, MORE_STYLES], ids=["few", "many"])
def test_a_real_hand_makes_a_mix_without_a_jump(name: str, styles: tuple[str, ...]) -> None:
    frames = [frame for frame in map(read, messages_of(name)) if isinstance(frame, Frame)]
    field, seen, said = LeapField(Box()), Seen(styles, {styles[0]: 1.0}), list[Command]()
    now = began = frames[0].timestamp_us / 1e6
    while now < frames[-1].timestamp_us / 1e6 + 1.0:
        due = [frame for frame in frames if now - 0.01 < frame.timestamp_us / 1e6 <= now]
        said += field.play(due, now, seen)
        seen = Seen(styles, mixes(said)[-1] if said else seen.weights)
        now += 0.01
    assert len(mixes(said)) > 20 * (now - began - 1.0)
    assert jumps(mixes(said)) < LARGEST_JUMP
    assert said.count(LetGo()) == 1


def test_the_real_recordings_are_played_through_the_websocket(services: list[Service], hands: list[LeapHand]) -> None:
    for name in NAMES:
        messages = messages_of(name)
        times = [json.loads(message)["timestamp"] / 1e6 for message in messages]

        def play(connection: ServerConnection, messages: list[str] = messages, times: list[float] = times) -> None:
            began = time.monotonic()
            for message, at in zip(messages, times, strict=True):
                time.sleep(max(0.0, began + at - times[0] - time.monotonic()))
                connection.send(message)
            time.sleep(1.0)

        services.append(Service(play))
        hands.append(made(services[-1].port))
    seen = [Seen(STYLES, {"alpha": 1.0}) for _ in hands]
    said: list[list[Command]] = [[] for _ in hands]
    until = time.monotonic() + 6.0
    while time.monotonic() < until:
        for k, hand in enumerate(hands):
            commands = hand.play(time.monotonic(), seen[k])
            said[k] += commands
            seen[k] = Seen(STYLES, (mixes(commands) or [seen[k].weights])[-1])
        time.sleep(0.01)
    for hand, commands in zip(hands, said, strict=True):
        assert hand.refused == 0
        assert len(mixes(commands)) > 50
