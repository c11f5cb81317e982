"""The Leap controller: its flags, its help, and real recordings played through it."""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection

from actors.wire.messages import Command, LetGo
from controllers import leap
from controllers.hand import Seen
from controllers.leap import LeapHand
from controllers.leap.field import Box, LeapField
from controllers.leap.frames import Frame, read
from tests.controllers.leap.test_field import STYLES, jumps
from tests.support.leap_service import Service, made, mixes

RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings" / "leap"
LARGEST_JUMP = (
    0.15  # of a share between two commands at a sixtieth of a second, for the fastest hand recorded (950 mm/s)
)
NAMES = ("confidence-37fps", "grab", "rollAndPitchWithEntry", "pinch-57fps")
MORE_STYLES = tuple(f"style-{k}" for k in range(24))


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
        assert hand._source.refused == 0
        assert len(mixes(commands)) > 50
