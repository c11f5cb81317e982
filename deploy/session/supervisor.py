"""What plays beside an ensemble: the OSC bridge and the controllers, a process each.

What they have to say is passed on, and one that crashes is started again, so that a hand is never away for long.
"""

import argparse
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from actors import EnsembleError
from actors.wire.child import REFUSED
from controllers import runner
from controllers.osc.bridge import BridgeConfig
from deploy.session.session import Session

ENSEMBLE = "deploy.ensemble.main"
OSC, CONTROL, PAGE = "controllers.osc.bridge", "controllers.runner", "display.page.server"
MOST_CRASHES = 3  # one soon after the other
LONG_ENOUGH_S = 60.0
LOOK_EVERY_S = 0.5
ELSEWHERE = {"0.0.0.0": "192.0.2.1", "::": "2001:db8::1"}  # addresses that nobody has
LONGEST_WAIT_S = 5.0  # until it is started again


@dataclass
class _Process:
    """One of them, through all its lives."""

    name: str  # as it is called here, and its log
    module: str
    config: Any
    process: "subprocess.Popen[bytes]"
    began: float
    crashes: int = 0
    again_at: float = 0.0
    read: int = 0  # bytes of its log that were passed on
    said: set[str] = field(default_factory=set)


class Beside:
    """Everything of one session that is not the ensemble and not the window."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._playing: list[_Process] = []
        self._looked_at = 0.0

    def start_osc(self, args: argparse.Namespace) -> None:
        """The OSC bridge."""
        # on loopback nobody looks for it, and to answer multicast is to listen beyond
        others = args.osc_host not in ("127.0.0.1", "localhost")
        config = BridgeConfig(
            endpoints=self._session.endpoints,
            host=args.osc_host,
            port=args.osc_port,
            allowed=[str(network) for network in args.osc_allow],
            name=args.osc_name or (f"Chorus on {socket.gethostname()}" if others else ""),
        )
        self._start("OSC", OSC, config)

    def start_page(self, args: argparse.Namespace) -> None:
        """The page for browsers."""
        host, port = args.page
        from display.page.server import PageConfig  # loads a server, which most performances do without

        address = args.page_address or address_of(host, port)
        self._start("page", PAGE, PageConfig(endpoints=self._session.endpoints, host=host, port=port, address=address))

    def start_controls(self, controls: Sequence[list[str]]) -> None:
        """The controllers: of each the kind and its flags."""
        for k, argv in enumerate(controls):
            config = runner.ControlConfig(endpoints=self._session.endpoints, argv=argv)
            self._start(argv[0] + (f" {k}" if k else ""), CONTROL, config)

    def look(self) -> None:
        """To be called often: passes on what they say, starts again whoever crashed."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        for one in list(self._playing):
            self._pass_on(one)
            code = one.process.poll()
            if code is None:
                continue
            if one.process in self._session.started:
                self._session.started.remove(one.process)
                self._ended(one, code, now)
            elif now >= one.again_at:
                self._again(one, now)

    def _start(self, name: str, module: str, config: Any) -> None:
        process = self._session.start(module, config, name)
        self._playing.append(_Process(name, module, config, process, time.monotonic()))

    def _ended(self, one: _Process, code: int, now: float) -> None:
        one.crashes = one.crashes + 1 if now - one.began < LONG_ENOUGH_S else 1
        from_the_start = one.module == CONTROL and one.config.argv[0] in runner.FROM_THE_START
        if code in (0, REFUSED) or one.crashes > MOST_CRASHES or from_the_start:
            self._playing.remove(one)
            _say(f"playing without {one.name}" + ("" if code == REFUSED else f": it ended with exit code {code}"))
            return
        one.again_at = now + min(LONGEST_WAIT_S, 0.5 * 2**one.crashes)
        _say(f"{one.name} has ended by itself (exit code {code}); it is started again")

    def _again(self, one: _Process, now: float) -> None:
        one.process, one.began = self._session.start(one.module, one.config, one.name), now

    def _pass_on(self, one: _Process) -> None:
        """New whole lines of its log, each once: a controller says again and again what is wrong."""
        try:
            with (self._session.folder / f"{one.name}.log").open("rb") as log:
                log.seek(one.read)
                raw = log.read(65536)
        except OSError:
            return
        whole = raw[: raw.rfind(b"\n") + 1]
        one.read += len(whole)
        lines = whole.decode(errors="replace").splitlines()
        if any(line.startswith("Traceback") for line in lines):  # the log keeps all of it
            lines = lines[-1:]
        for line in lines:
            if line and line not in one.said and len(one.said) < 100:
                one.said.add(line)
                _say(f"{one.name}: {line}")


def address_of(host: str, port: int) -> str:
    """Where a browser finds what listens there; of what listens everywhere, by the address the network knows us by."""
    if host in ("0.0.0.0", "::"):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((ELSEWHERE[host], 9))  # of a datagram socket this sends nothing
                host = str(probe.getsockname()[0])
            except OSError:  # there is no network
                host = socket.gethostname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def watch(session: Session, beside: Beside | None = None) -> None:
    """Raises EnsembleError when the ensemble's process has ended by itself; looks after what plays beside it."""
    if beside:
        beside.look()
    for process in session.started:
        code = process.poll()
        if code is not None and session.logs[process.pid] == ENSEMBLE:
            last = session.log(ENSEMBLE).splitlines()[-1:] or [f"exit code {code}"]
            raise EnsembleError(f"the ensemble could not be started: {last[0]}")


def _say(line: str) -> None:
    print(f"chorus: {line}", file=sys.stderr, flush=True)
