"""The OSC bridge, spoken to by liblo's oscsend and heard by its oscdump: clients we did not write.

How it is found, who is sent what and for how long, and what a flood does to it, is in `test_osc_guests`.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from actors.coordinator.loop import Coordinator
from actors.wire.client import Client
from tests.actors.coordinator.test_loop import hear, playing
from tests.conftest import tool
from tests.support.ensemble import ensemble
from tests.support.running import free_port

pytestmark = pytest.mark.slow


class Osc:
    """A bridge of its own process, and the ensemble behind it."""

    def __init__(self, coordinator: Coordinator, client: Client, name: str = "", port: int = 0) -> None:
        self.coordinator, self.client, self.port = coordinator, client, port or free_port()
        told = {"endpoints": asdict(coordinator.config.endpoints), "host": "127.0.0.1", "port": self.port, "name": name}
        self.bridge = subprocess.Popen(
            [sys.executable, "-m", "controllers.osc.bridge"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.bridge.stdin is not None
        self.bridge.stdin.write(json.dumps(told) + "\n")
        self.bridge.stdin.flush()

    def send(self, *words: str) -> None:
        subprocess.run([tool("oscsend"), "127.0.0.1", str(self.port), *words], check=True)

    def end(self) -> str:
        """Whoever started it is gone; returns what it complained of."""
        _, complaints = self.bridge.communicate(timeout=10)  # closes its standard input
        assert self.bridge.returncode == 0
        return str(complaints)

    def send_until(self, true: object, *words: str) -> None:
        assert callable(true)
        end = time.monotonic() + 20
        while not true():
            assert time.monotonic() < end, words
            self.send(*words)
            for _ in range(10):
                self.client.listen(0.02)


@pytest.fixture
def osc(styles_folder: Path, tmp_path: Path) -> Iterator[Osc]:
    with ensemble(styles_folder, tmp_path) as made, playing(made, rate_cps=50.0) as (coordinator, client):
        hear(client, lambda: len(coordinator.membership.ready()) == 4)
        made_osc = Osc(coordinator, client)
        yield made_osc
        assert made_osc.end() == ""


def test_weights_come_in_by_style_and_all_at_once(osc: Osc) -> None:
    frame = osc.client
    osc.send_until(lambda: frame.frame.pi[1] == 0.5, "/chorus/weight/beta", "f", "0.5")
    assert frame.frame.pi == [1.0, 0.5, 1.0, 1.0]
    osc.send_until(
        lambda: frame.frame.pi == [0.0, 0.25, 0.0, 0.75], "/chorus/weights", "ffff", "0", "0.25", "0", "0.75"
    )
    osc.send_until(lambda: frame.frame.pi == [0.5, 0.0, 0.0, 0.0], "/chorus/weights", "sf", "alpha", "0.5")
    osc.send_until(lambda: frame.frame.rate_cps == 80.0, "/chorus/rate", "i", "80")


def test_a_subscriber_is_sent_everything(osc: Osc) -> None:
    port = free_port()
    dump = subprocess.Popen([tool("stdbuf"), "-oL", tool("oscdump"), str(port)], stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(0.5)
        for _ in range(3):  # the bridge may still be starting
            osc.send("/chorus/subscribe", "i", str(port))
            time.sleep(0.7)
        osc.send("/chorus/unsubscribe", "i", str(port))
        time.sleep(0.5)
    finally:
        dump.terminate()
        heard = [line.split(maxsplit=3)[1:] for line in dump.communicate()[0].splitlines()]
    by_address: dict[str, list[list[str]]] = {}
    for address, tags, *rest in heard:
        by_address.setdefault(address, []).append([tags, *rest])
    assert by_address["/chorus/styles"][0] == ["ssss", '"alpha" "beta" "delta" "gamma"']
    assert len(by_address["/chorus/pi"][0][1].split()) == 4
    for address in ("/chorus/rho", "/chorus/y/alpha", "/chorus/y/gamma"):
        tags, numbers = by_address[address][0]
        assert tags == "f" * 128
        assert sum(map(float, numbers.split())) == pytest.approx(1, abs=1e-3)
    characters = [tuple(map(int, rest[1].split())) for rest in by_address["/chorus/char"]]
    positions = [position for _, position in characters]
    assert positions == list(range(positions[0], positions[0] + len(positions)))
    osc.client.listen()
    said = osc.client.text[positions[0] - osc.client.start :]
    assert bytes(code for code, _ in characters) == bytes(said[: len(characters)])


def test_a_sender_is_told_what_was_wrong_and_the_text_goes_on(osc: Osc) -> None:
    osc.send_until(lambda: osc.client.frame.pi[0] == 0.5, "/chorus/weight/alpha", "f", "0.5")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        ours.settimeout(5)
        hanging = b"#bundle\0" + bytes(7) + b"\1" + b"\xff\xff\xff\xfc"
        nan = b"/chorus/weight/alpha\0\0\0\0,f\0\0\x7f\xc0\0\0"
        nobody = b"/chorus/weight/nobody\0\0\0,f\0\0\x3f\x80\0\0"
        silence = b"/chorus/weights\0,ffff\0\0\0" + bytes(16)
        for packet, said in (
            (hanging, b"size -4"),
            (nan, b"nan"),
            (nobody, b"nobody"),
            (silence, b"all weights are zero"),
        ):
            ours.sendto(packet, ("127.0.0.1", osc.port))
            answer = ours.recv(4096)
            assert answer.startswith(b"/chorus/error")
            assert said in answer
    position = osc.client.position
    hear(osc.client, lambda: osc.client.position > position + 20)
    assert osc.client.frame.pi == [0.5, 1.0, 1.0, 1.0]
