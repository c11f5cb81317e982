"""`chorus` as a user runs it: a process of its own, with a home of its own, and an eye on what it leaves behind."""

import os
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from deploy.session.session import MARK


def command(home: Path, *arguments: str, **more: str) -> "subprocess.Popen[bytes]":
    """Start `chorus …`, its standard output and error kept apart."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "DISPLAY", "WAYLAND", "SDL_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {"HOME": str(home), RUN: THIS_RUN} | more,
    )
    started.append(process)
    return process


def output(process: "subprocess.Popen[bytes]", patience_s: float = 120.0) -> tuple[int, str, str]:
    """Exit code, standard output and error, once it has ended."""
    out, err = process.communicate(timeout=patience_s)
    return process.returncode, out.decode(), err.decode()


RUN = "CHORUS_TEST_RUN"  # in the environment of everything these tests start
THIS_RUN = secrets.token_hex(8)

started: list["subprocess.Popen[bytes]"] = []  # since the fixture below last looked


@dataclass(frozen=True)
class Traces:
    """What sessions of Chorus have in the system now."""

    shared_memory: frozenset[str]
    folders: frozenset[str]
    processes: frozenset[int]


def traces() -> Traces:
    """What there is now, without the living sessions of someone else: a performer may be playing meanwhile."""
    ours, foreign = set(), set()
    for process in psutil.process_iter():
        try:
            environment = process.environ()
            if MARK not in environment or process.status() == psutil.STATUS_ZOMBIE:
                continue
        except (psutil.Error, OSError):
            continue
        if environment.get(RUN) == THIS_RUN:
            ours.add(process.pid)
        else:
            foreign.add(environment[MARK])

    def names(folder: str) -> frozenset[str]:
        found = (p.name for p in Path(folder).iterdir() if "chorus-" in p.name or p.name == "ray")
        return frozenset(name for name in found if not any(session in name for session in foreign))

    return Traces(names("/dev/shm"), names("/tmp"), frozenset(ours))


def session_of(process: "subprocess.Popen[bytes]", patience_s: float = 30.0) -> Path:
    """The session folder of a running `chorus play`."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        for child in psutil.Process(process.pid).children(recursive=True):
            try:
                name: str | None = child.environ().get(MARK)
            except (psutil.Error, OSError):
                continue
            if name:
                return Path("/tmp") / name
        time.sleep(0.02)
    raise AssertionError("no session was started")


def free_port(kind: int = socket.SOCK_DGRAM) -> int:
    """A port of this machine that nobody has just now, UDP unless `kind` says otherwise."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def client_of(folder: Path) -> Client:
    return Client(Endpoints.local(folder))


def hear(client: Client, true: object, patience_s: float = 60.0) -> float:
    """Listen until something is so; returns how long that took."""
    assert callable(true)
    began = time.monotonic()
    while True:
        client.listen(0.05)
        if true():
            return time.monotonic() - began
        assert time.monotonic() - began < patience_s, (client.frame, client.health)
