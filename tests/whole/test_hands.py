"""All kinds of hands at once on a running instrument: raw MIDI over TCP, a Leap's WebSocket, OSC from liblo, a score."""

import math
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from actors.wire.client import Client
from tests.conftest import tool
from tests.support.leap_service import Service, said_frame, steadily
from tests.support.running import client_of, command, free_port, hear, output, session_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left")]

SCORE = "[[move]]\nat = 0\nmix = { gamma = 0.5, delta = 0.5 }\ntemperature = 0.7\n"


def moving_palm() -> Iterator[str]:
    for k in range(100_000):
        yield said_frame(k * 10_000, x_mm=140 * math.sin(k / 40), z_mm=140 * math.cos(k / 40), id=7)


@dataclass
class Stage:
    """A running instrument and the ends of its controllers."""

    process: "subprocess.Popen[bytes]"
    session: Path
    client: Client
    midi_port: int
    osc_port: int
    leap_port: int

    def hands(self) -> dict[str, int]:
        return {hand.name: hand.decides for hand in self.client.frame.hands}

    def weights(self) -> dict[str, float]:
        return dict(zip(self.client.frame.styles, self.client.frame.pi, strict=True))

    def midi(self) -> socket.socket:
        return connected(self.midi_port)

    def oscsend(self, *words: str) -> None:
        subprocess.run([tool("oscsend"), "127.0.0.1", str(self.osc_port), *words], check=True)

    def controllers(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if child.cmdline()[-1:] == ["controllers.runner"]]


def connected(port: int) -> socket.socket:
    end = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)


def moved(client: Client, fader: socket.socket, number: int, true: Callable[[], object]) -> None:
    """Move a fader until something is so: a controller that has just come does not know the styles yet."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        for value in (90, 100):
            fader.sendall(bytes([0xB0, number, value]))
            until = time.monotonic() + 0.3
            while time.monotonic() < until:
                client.listen(0.02)


@pytest.fixture
def stage(styles_folder: Path, tmp_path: Path) -> Iterator[Stage]:
    midi, osc, leap = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    (tmp_path / "piece.toml").write_text(SCORE)
    hands = ["--control", f"midi --tcp {midi} --map nanokontrol2 --no-pickup"]
    hands += ["--control", f"leap --source websocket --ws-port {leap}", "--score", str(tmp_path / "piece.toml")]
    flags = ["--styles", str(styles_folder), "--only", "alpha,beta,gamma,delta", "--osc-port", str(osc)]
    more = ["--rate", "30", "--mix", "alpha", "--journal", str(tmp_path / "journal"), "--release", "1"]
    process = command(tmp_path, "play", "--headless", *flags, *more, *hands)
    session = session_of(process)
    client = client_of(session)
    try:
        hear(client, lambda: client.frame and len(client.text) > 5)
        yield Stage(process, session, client, midi, osc, leap)
    finally:
        client.close()
        process.send_signal(signal.SIGINT)
        code, _, said = output(process)
        assert code == 130, said
        if "playing without score" in said:  # it was killed, and would begin from its start again
            assert said.count("it is started again") == 2


def test_hands_of_every_kind_play_together_come_and_go_and_nothing_jumps(stage: Stage) -> None:
    client = stage.client
    hear(client, lambda: stage.weights()["gamma"] == 0.5 and client.frame.temperature == 0.7)  # the score
    fader = stage.midi()
    fader.sendall(bytes([0xB0, 0, 100, 1, 32]))  # two faders, with running status
    hear(client, lambda: stage.weights()["alpha"] == pytest.approx(100 / 127, abs=1e-4))
    assert stage.hands()["midi"] >= 2
    stage.oscsend("/chorus/weight/beta", "f", "0.25")
    hear(client, lambda: stage.weights()["beta"] == 0.25)
    service = Service(steadily(moving_palm()), stage.leap_port)
    try:
        hear(client, lambda: any(hand.name == "leap" and hand.at for hand in client.frame.hands))
        seen = stage.weights()
        hear(client, lambda: stage.weights() != seen)
        hear(client, lambda: client.frame.temperature != 0.7)  # the height of the palm
        fader.sendall(bytes([0xB0, 0, 127]))
        hear(client, lambda: stage.weights()["alpha"] > 0.5)  # a fader against a palm: the last touch wins
    finally:
        service.close()
    hear(client, lambda: not any(hand.at for hand in client.frame.hands))
    fader.sendall(bytes([0xB0, 0, 80, 1, 10]))
    hear(client, lambda: stage.weights()["alpha"] == pytest.approx(80 / 127, abs=1e-4))
    killed_and_started_again(stage)
    fader.close()


def killed_and_started_again(stage: Stage) -> None:
    """Every controller is killed in the middle: the text goes on, no weight moves, and all but the score come back."""
    client = stage.client
    before, killed = stage.weights(), stage.controllers()
    for process in killed:
        process.send_signal(signal.SIGKILL)
    position, end = client.position, time.monotonic() + 3
    while time.monotonic() < end:
        client.listen(0.05)
        assert stage.weights() == before
    assert client.position > position + 45
    fader = stage.midi()
    assert {process.pid for process in stage.controllers()}.isdisjoint(process.pid for process in killed)
    moved(client, fader, 0, lambda: stage.weights()["alpha"] == pytest.approx(100 / 127, abs=1e-4))
    fader.close()
    before = stage.weights()
    port = free_port(socket.SOCK_STREAM)
    again = ["control", "midi", "--tcp", str(port), "--map", "nanokontrol2", "--name", "mine"]
    process = command(stage.session, *again, "--session", stage.session.name, HOME=os.environ.get("HOME", "/"))
    try:
        fader = connected(port)
        fader.sendall(bytes([0xB0, 0, 127]))  # a fader that is elsewhere picks the weight up first
        end = time.monotonic() + 2
        while time.monotonic() < end:
            client.listen(0.05)
            assert stage.weights() == before
        for value in range(126, 40, -2):
            fader.sendall(bytes([0xB0, 0, value]))
            time.sleep(0.01)
        hear(client, lambda: stage.weights()["alpha"] == pytest.approx(42 / 127, abs=1e-4))
        fader.close()
    finally:
        process.send_signal(signal.SIGINT)
        code, _, said = output(process)
    assert code == 130, said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("control", "theremin"),
            "no controller 'theremin'; choose one of midi, leap, gesture, link, score, autopilot",
        ),
        (("control", "midi"), "nothing is playing here"),
        (("control", "midi", "--map", "none", "--tcp", "0"), "nothing is playing here"),
        (("control", "leap", "--connect", "10.0.0.1"), "--connect takes the key of this machine"),
        (("control", "leap", "--connect", "10.0.0.1", "--key", "none.key"), "none.key"),
        (("play", "--headless", "--control", "theremin"), "there is no controller 'theremin'"),
        (("play", "--headless", "--score", "none.toml"), "the score none.toml cannot be read"),
        (("steer", "too"), "a text of 3 characters"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = output(command(tmp_path, *arguments))
    assert code == 2
    assert not out
    assert says in err
    assert "Traceback" not in err


def test_a_sentence_finds_its_mix(styles_folder: Path, tmp_path: Path) -> None:
    flags = ["--styles", str(styles_folder), "--only", "alpha,beta,gamma,delta", "--osc-port", "0", "--rate", "20"]
    playing = command(tmp_path, "play", "--headless", *flags, "--mix", "alpha")
    session = session_of(playing)
    client = client_of(session)
    try:
        hear(client, lambda: client.frame and len(client.text) > 40)
        said = "".join(chr(code) for code in client.text[:200] if 32 < code < 127)
        code, out, err = output(
            command(tmp_path, "steer", said.strip().ljust(12, "x"), "--session", session.name, "--over", "0.5")
        )
        assert code == 0, err
        assert "nats a character" in out
        hear(client, lambda: any(hand.name == "steer" for hand in client.frame.hands))
    finally:
        client.close()
        playing.send_signal(signal.SIGINT)
        output(playing)


def test_a_controller_on_another_machine_shows_its_key(styles_folder: Path, tmp_path: Path) -> None:
    public, midi = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
    key = tmp_path / "stage.key"
    assert output(command(tmp_path, "keys", "new", "stage", "--out", str(key)))[0] == 0
    flags = ["--styles", str(styles_folder), "--only", "alpha,beta,gamma,delta", "--osc-port", "0", "--rate", "20"]
    playing = command(tmp_path, "play", "--headless", *flags, "--mix", "alpha", "--public", f"127.0.0.1:{public}")
    there = ["--connect", f"127.0.0.1:{public}", "--key", str(key)]
    client = client_of(session_of(playing))
    controls: list[subprocess.Popen[bytes]] = []
    try:
        hear(client, lambda: client.frame and len(client.text) > 40)
        flags = ["--tcp", str(midi), "--map", "nanokontrol2", "--no-pickup"]
        controls.append(command(tmp_path, "control", "midi", *flags, *there))
        fader = connected(midi)
        moved(client, fader, 1, lambda: any(hand.name == "midi" for hand in client.frame.hands))
        fader.close()
        code, _, err = output(command(tmp_path, "steer", "a text that somebody may have said", *there))
        assert code == 0, err
        hear(client, lambda: any(hand.name == "steer" for hand in client.frame.hands))
        assert output(command(tmp_path, "keys", "revoke", "stage"))[0] == 0
        controls.append(command(tmp_path, "control", "autopilot", *there))
        refused = controls[-1].stderr
        assert refused is not None
        assert "this key is not known there" in refused.readline().decode()
    finally:
        client.close()
        for process in (*controls, playing):
            process.send_signal(signal.SIGINT)
            output(process)
