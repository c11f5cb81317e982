"""What is to be reached from outside: nothing unless asked for, and then only with a key or from an address allowed."""

import contextlib
import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from actors.wire.client import Client
from actors.wire.endpoints import Endpoints, Public
from actors.wire.messages import SetWeights
from controllers.osc.bridge import Bridge
from deploy.session.session import MARK
from tests.support.running import client_of, command, hear, output, session_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left")]


def listening(session: str) -> set[str]:
    """The addresses at which processes of a session listen, in TCP and UDP."""
    pids = set()
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == session:
                pids.add(process.pid)
        except (psutil.Error, OSError):
            continue
    found = [c for c in psutil.net_connections("inet") if c.pid in pids]
    return {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN or (c.type == socket.SOCK_DGRAM and c.laddr)}


def ended(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.communicate(timeout=60)


def flags(styles_folder: Path) -> tuple[str, ...]:
    return (
        "play",
        "--headless",
        "--styles",
        str(styles_folder),
        "--only",
        "alpha,beta",
        "--rate",
        "60",
        "--mix",
        "alpha=1",
    )


def free_ports() -> int:
    """A port that is free, and the next too."""
    while True:
        with socket.socket() as one, socket.socket() as two, contextlib.suppress(OSError, OverflowError):
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            two.bind(("127.0.0.1", port + 1))
            return port


def test_nothing_listens_beyond_loopback_unless_asked(styles_folder: Path, tmp_path: Path) -> None:
    process = command(tmp_path, *flags(styles_folder), "--osc-port", str(free_ports()))
    session = session_of(process)
    client = client_of(session)
    hear(client, lambda: client.position > 20 and client.health)
    client.close()
    addresses = listening(session.name)
    ended(process)
    assert addresses
    assert {address.removeprefix("::ffff:") for address in addresses} <= {"127.0.0.1", "::1"}


def test_from_another_machine_one_hears_and_conducts_with_the_key_that_was_made(
    styles_folder: Path, tmp_path: Path
) -> None:
    host = "127.0.0.2"  # as good as another machine's address, and always there
    assert output(command(tmp_path, "keys", "new", "projector", "--out", str(tmp_path / "projector.key")))[0] == 0
    port = free_ports()
    process = command(tmp_path, *flags(styles_folder), "--osc-port", "0", "--public", f"{host}:{port}")
    session_of(process)
    client = Client(Public(host, port, Path()).endpoints(tmp_path / "projector.key"))
    hear(client, lambda: client.position > 20 and client.frame)
    client.send(SetWeights(weights={"beta": 1.0}))
    hear(client, lambda: client.frame.pi == [0.0, 1.0])
    stranger = Client(Endpoints(f"tcp://{host}:{port}", f"tcp://{host}:{port + 1}"))
    end = time.monotonic() + 2
    while time.monotonic() < end:
        stranger.listen(0.05)
    assert stranger.frame is None
    stranger.close()
    assert output(command(tmp_path, "keys", "revoke", "projector"))[0] == 0
    assert output(command(tmp_path, "keys", "list"))[1] == ""
    end = time.monotonic() + 15
    while time.monotonic() - client.heard_at < 2.0:
        client.listen(0.05)
        assert time.monotonic() < end
    client.close()
    ended(process)


def test_what_would_open_it_to_everybody_is_refused(styles_folder: Path, tmp_path: Path) -> None:
    for more, said in (
        (("--public", "127.0.0.2"), "chorus keys new NAME"),
        (("--osc-host", "0.0.0.0"), "--osc-allow"),
        (("--osc-allow", "everybody"), "networks"),
    ):
        code, _, err = output(command(tmp_path, *flags(styles_folder), *more))
        assert code == 2
        assert said in err


def test_packets_from_an_address_that_is_not_allowed_are_neither_followed_nor_answered(tmp_path: Path) -> None:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    client = Client(Endpoints.local(tmp_path))
    bridge = Bridge(client, udp, ["10.0.0.0/24", "192.168.1.7"])
    assert [
        bridge.guests.lets_in(host) for host in ("127.0.0.1", "10.0.0.9", "192.168.1.7", "192.168.1.8", "10.0.1.1")
    ] == [
        True,
        True,
        True,
        False,
        False,
    ]
    client.close()
    udp.close()
