"""`chorus faults`: breaks a running installation in every way it promises to survive, and measures how it recovers.

Three hosts (network namespaces, so it takes root), a Ray node in each, six styles that all speak, a listener that notes
when each character came. For every fault: the longest wait for a character, and how long until everyone spoke again.
At the end the journal must hold every character once.
"""

import contextlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from actors import EnsembleError
from actors.journal import writer
from actors.section.tape import SLOTS
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Health
from deploy import UsageError
from deploy.ensemble import node
from deploy.faults import netns
from deploy.faults.netns import Hosts
from deploy.options.settings import flag
from deploy.options.types import parse_slugs
from deploy.session.session import MARK
from models import package

SUMMARY = "break an installation on purpose, and measure how it recovers"
HELP = """\
Three hosts in network namespaces (as root), six styles. Kills and cuts what may die or be cut at a festival, and says how
long the text waited and how long it took until everyone spoke again."""
RATE_CPS = 30.0
STYLES = 6
HOSTS = 3
STARTS_WITHIN_S = 90.0
RECOVERS_WITHIN_S = 150.0
CALM_S = 2.0
DISK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class FaultsConfig:
    only: list[str] | None = flag(
        None, "these faults, by a word of their names (default: all)", metavar="FAULT,…", read=parse_slugs
    )
    write: Path | None = flag(None, "the table as Markdown", metavar="FILE")


@dataclass(frozen=True)
class Fault:
    """A fault, its repair if it does not mend itself, and the promised time until the text goes on."""

    name: str
    strike: Callable[["Installation"], None]
    mend: Callable[["Installation"], None] | None = None
    mend_after_s: float = 0.0
    promise_s: float = 1.0


@dataclass(frozen=True)
class Recovery:
    """The longest wait for a character, and the time until every style spoke again."""

    fault: Fault
    gap_s: float
    whole_s: float
    said: str  # on the screen, while it lasted

    @property
    def kept(self) -> bool:
        return self.gap_s <= self.fault.promise_s


def run(config: FaultsConfig) -> int:
    faults = [f for f in FAULTS if not config.only or any(word in f.name for word in config.only)]
    if not faults:
        raise UsageError(f"--only takes words of these: {'; '.join(f.name for f in FAULTS)}")
    if not netns.possible():
        raise UsageError("network namespaces cannot be made here: run it as root, with iproute2 installed")
    console = Console(stderr=True, highlight=False)
    with ExitStack() as stack:
        with console.status(f"starting {HOSTS} hosts and {STYLES} styles"):
            installation = stack.enter_context(started())
        recoveries = []
        for fault in faults:
            with console.status(fault.name):
                recoveries.append(installation.suffer(fault))
            console.print(f"{fault.name}: {recoveries[-1].gap_s:.2f} s without a character", markup=False)
        written = installation.check_journal()
    Console().print(table(recoveries))
    print(f"{written:,} characters in the journal, each once")
    if config.write:
        config.write.write_text(markdown(recoveries, written))
    return 0 if all(recovery.kept for recovery in recoveries) else 1


class Installation:
    """Three hosts that play."""

    def __init__(self, network: Hosts, folder: Path) -> None:
        self.network, self.folder = network, folder
        self.journal = folder / "disk" / "journal"
        self.nodes: dict[int, subprocess.Popen[bytes]] = {}
        self.player: subprocess.Popen[bytes] | None = None
        self.session = ""
        self._halted = 0  # process
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        assert self._client is not None  # once it plays
        return self._client

    @property
    def health(self) -> Health:
        assert self.client.health is not None
        return self.client.health

    def start_node(self, host: int) -> None:
        self.nodes[host] = self._chorus(host, "node", *netns.role(host), "--cpus", "2")

    def restart_node(self, host: int) -> None:
        self.nodes[host].terminate()
        self.nodes[host].wait(30)
        self.start_node(host)

    def play(self) -> None:
        slugs = list(package.installed([package.SHIPPED], lambda _: None))[:STYLES]
        what = ["--only", ",".join(slugs), "--mix", ",".join(slugs), "--rate", f"{RATE_CPS:g}", "--osc-port", "0"]
        where = ["--address", netns.HEAD, "--journal", str(self.journal)]
        self.player = self._chorus(1, "play", "--headless", *what, *where)
        until = time.monotonic() + STARTS_WITHIN_S
        while not (found := _session_of(self.player.pid)):
            self._still(until)
        self.session = found
        self._client = Client(Endpoints.local(Path("/tmp") / found))
        while not self.whole():
            self._still(until)
            self.client.listen(0.1)

    def whole(self) -> bool:
        """True when every style is there and speaks."""
        frame, health = self.client.frame, self.client.health
        if frame is None or health is None or any(node.trouble for node in health.nodes):
            return False
        return len(frame.active) == STYLES and all(style.state == "ready" for style in health.styles)

    def suffer(self, fault: Fault) -> Recovery:
        """Strike, and listen until everything is as before."""
        client = self.client
        self._listen(CALM_S)
        struck = last = time.monotonic()
        position, gap, mended, whole_since, said = client.position, 0.0, fault.mend is None, 0.0, ""
        fault.strike(self)
        while True:
            now = time.monotonic()
            if not mended and fault.mend and now - struck > fault.mend_after_s:
                fault.mend(self)
                mended = True
            client.listen(0.005)
            if client.position > position:
                position, last = client.position, now
            gap = max(gap, now - last)
            said = said or _said(client)
            whole_since = (whole_since or now) if self.whole() and mended else 0.0
            if whole_since and now - whole_since > CALM_S and now - struck > CALM_S:
                return Recovery(fault, gap, whole_since - struck, said)
            if now - struck > RECOVERS_WITHIN_S:
                log = (self.folder / "node.log").read_text(errors="replace")
                late = f"not whole again after {RECOVERS_WITHIN_S:.0f} s"
                raise EnsembleError(f"{fault.name}: {late}: {_said(client)}\n{log[-1500:]}")

    def check_journal(self) -> int:
        """Raises EnsembleError unless the journal holds every character once, as it was heard."""
        self._listen(1.0)
        past = writer.read(self.journal)
        heard = bytes(self.client.text)
        start = self.client.start - 1
        known = bytes(past.text[start : start + len(heard)])
        if not heard.startswith(known) or len(heard) - len(known) > RATE_CPS:
            raise EnsembleError("the journal is not the text that was heard")
        return len(past.text)

    def end(self) -> None:
        if self._client is not None:
            self._client.close()
        for process in (*([self.player] if self.player else []), *reversed(self.nodes.values())):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)

    def section(self, node: int) -> int:
        """The process of the section on another node of the ensemble."""
        address = next(n.host for n in self.health.nodes if n.node == node)
        return self.ray_process(int(address.rsplit(".", 1)[1]), "ray::SectionActor")

    def gcs(self) -> int:
        """The process of Ray's control store."""
        return self.ray_process(1, "gcs_server")

    def style(self) -> int:
        """The process of a style on the coordinator's own node."""
        own = {member.slug for member in self.health.roster if member.slot_id < SLOTS}
        return next(style.pid for style in self.health.styles if style.slug in own)

    def ray_process(self, host: int, name: str) -> int:
        """One of Ray's processes on a host."""
        asked = ["ip", "netns", "pids", self.network.space(host)]
        for pid in map(int, subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()):
            with contextlib.suppress(psutil.Error, OSError):
                command = psutil.Process(pid).cmdline()
                if command and (command[0].endswith(name) or command[0] == name):
                    return pid
        raise EnsembleError(f"there is no {name} on host {host}")

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def halt(self, pid: int) -> None:
        """Stop a process until it is to go on."""
        self._halted = pid
        os.kill(pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self._halted, signal.SIGCONT)

    @property
    def filler(self) -> Path:
        """The file that fills the journal's disk."""
        return self.journal.parent / "filler"

    def fill_disk(self) -> None:
        with contextlib.suppress(OSError), self.filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def _listen(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.client.listen(0.05)

    def _still(self, until: float) -> None:
        if time.monotonic() > until or (self.player and self.player.poll() is not None):
            logs = [(self.folder / f"{name}.log").read_text(errors="replace")[-1000:] for name in ("node", "play")]
            raise EnsembleError("the installation did not start: " + "\n".join(logs))
        time.sleep(0.05)

    def _chorus(self, host: int, verb: str, *arguments: str) -> "subprocess.Popen[bytes]":
        home = {"HOME": str(self.folder), "XDG_STATE_HOME": "", "XDG_CACHE_HOME": "", "XDG_DATA_HOME": ""}
        command = self.network.on(host, [sys.executable, "-m", "deploy.cli", verb, *arguments])
        with (self.folder / f"{verb}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, env=os.environ | home)


@contextmanager
def started() -> Iterator[Installation]:
    """Three hosts that play, and nothing of them afterwards."""
    with tempfile.TemporaryDirectory(prefix="chf-", dir="/tmp") as folder, Hosts(HOSTS) as network:
        installation = Installation(network, Path(folder))
        with _small_disk(installation.journal.parent):
            try:
                for host in range(1, HOSTS + 1):
                    installation.start_node(host)
                    time.sleep(0.0 if host > 1 else 6.0)
                time.sleep(6.0)
                installation.play()
                yield installation
            finally:
                installation.end()
                network.clear()
                node.sweep()  # a section whose raylet was killed takes no tape along


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def _session_of(pid: int) -> str:
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error, OSError):
            if name := child.environ().get(MARK, ""):
                return str(name)
    return ""


def _said(client: Client) -> str:
    """The screen's words for what is wrong."""
    health = client.health
    if time.monotonic() - client.heard_at > 1.5:
        return "the coordinator is silent"
    if health is None:
        return ""
    troubles = [health.journal] if health.journal else []
    troubles += [f"{node.host}: {node.trouble}" for node in health.nodes if node.trouble]
    troubles += [f"{style.slug} {style.state}" for style in health.styles if style.state in ("lost", "late", "failed")]
    return ", ".join(troubles)


FAULTS = (
    Fault("a style is killed", lambda here: here.kill(here.style())),
    Fault("a style hangs for 5 s", lambda here: here.halt(here.style()), mend=Installation.go_on, mend_after_s=5.0),
    Fault("the coordinator is killed", lambda here: here.kill(here.health.pid), promise_s=5.0),
    Fault("the section of another node is killed", lambda here: here.kill(here.section(1))),
    Fault("the disk of the journal is full for 15 s", Installation.fill_disk, lambda here: here.filler.unlink(), 15.0),
    Fault(
        "Ray's control store stands still for a minute", lambda here: here.halt(here.gcs()), Installation.go_on, 60.0
    ),
    Fault("a node is cut off the network for 15 s", lambda h: h.network.cut(2), lambda h: h.network.mend(2), 15.0),
    Fault(
        "a node's raylet is killed, and the node starts again",
        lambda here: here.kill(here.ray_process(HOSTS, "raylet")),
        lambda here: here.restart_node(HOSTS),
        8.0,
    ),
)


def table(recoveries: list[Recovery]) -> Table:
    heads = "fault", "longest wait for a character", "promised", "everyone speaks again", "the screen says"
    shown = Table(*heads, box=None)
    for r in recoveries:
        kept = f"{r.gap_s:.2f} s" + ("" if r.kept else " (!)")
        shown.add_row(r.fault.name, kept, f"{r.fault.promise_s:g} s", f"{r.whole_s:.1f} s", r.said[:60])
    return shown


def markdown(recoveries: list[Recovery], written: int) -> str:
    paragraphs = [
        "# Faults, and how the installation recovers",
        f"Written by `chorus faults --write deploy/FAULTS.md` on {time.strftime('%Y-%m-%d')}: {HOSTS} hosts (network "
        f"namespaces with a real Ray node each) on one {platform.machine()} machine of {os.cpu_count()} processors, "
        f"{STYLES} styles that all speak, {RATE_CPS:g} characters a second. The wait includes the usual "
        f"{1000 / RATE_CPS:.0f} ms between two characters. Afterwards the journal held {written:,} characters, each once.",
        "| fault | longest wait for a character | promised | everyone speaks again after | the screen says |",
    ]
    lines = ["\n\n".join(paragraphs), "|---|---|---|---|---|"]
    for r in recoveries:
        kept = f"{r.gap_s:.2f} s" + ("" if r.kept else " **(broken)**")
        lines.append(f"| {r.fault.name} | {kept} | {r.fault.promise_s:g} s | {r.whole_s:.1f} s | {r.said} |")
    return "\n".join(lines) + "\n"
