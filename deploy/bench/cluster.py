"""`chorus bench --hosts N`: the same styles on one node and spread over N, on the same processors, in turns.

The hosts are network namespaces, so it takes root. Beside it what one step pays for another node: the turn of one style
here, of one here and one there, and bare messages of the same size to the other host and back.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from actors import EnsembleError
from actors.section.tape import SLOTS
from deploy.bench import cost_model
from deploy.bench.config import BenchConfig
from deploy.bench.harness import Chorus, random_styles
from deploy.ensemble.node import make_token
from deploy.faults import netns
from deploy.faults.netns import Hosts
from deploy.session.session import Session
from models.alphabet import CODES
from models.architecture import Architecture

NODES_UP_S = 8.0
PINGS = 2000
PORT = 7777


@dataclass(frozen=True)
class Row:
    """One measurement: characters a second, or milliseconds."""

    what: str
    median: float
    slowest: float
    fastest: float
    unit: str
    voices: str = ""  # heard a character, on average, of those that speak


def measure(config: BenchConfig, console: Console) -> list[Row]:
    """The styles spread over `config.hosts` hosts, against all of them on one. Raises EnsembleError without root."""
    if not netns.possible():
        raise EnsembleError("network namespaces cannot be made here: run it as root, with iproute2 installed")
    architecture, count, repeats = config.architecture, config.hosts or 1, config.repeats
    a_node = max(1, config.styles // count)
    with ExitStack() as stack:
        network = stack.enter_context(Hosts(count))
        folder = Path(stack.enter_context(Session()).folder)
        with console.status(f"starting {count} hosts, and {2 * count * a_node} styles of {architecture}"):
            token = folder / "cluster-token"
            make_token(token)
            stack.enter_context(nodes(network, count, token, folder))
            styles = random_styles(folder / "styles", architecture, count * a_node)
            here = stack.enter_context(Chorus(stack.enter_context(Session()), styles))
            session = stack.enter_context(Session(token, prefix=tuple(network.on(1, []))))
            spread = stack.enter_context(Chorus(session, styles, address=netns.HEAD))
        health = spread.client.health
        assert health is not None
        far = next(m.slug for m in health.roster if m.slot_id >= SLOTS)
        near = next(m.slug for m in health.roster if m.slot_id < SLOTS)
        every = [style.slug for style in styles]
        turns = {
            f"all {count * a_node} on one node": (here, every),
            f"{a_node} on each of {count} nodes": (spread, every),
            "one style, on the own node": (spread, [near]),
            "one more, on another node": (spread, [near, far]),
        }
        measured, voices, busy = ({what: list[float]() for what in turns} for _ in range(3))
        for what, (chorus, slugs) in track(repeats * list(turns.items()), "measuring", console=console):
            measured[what].append(chorus.measure_mix(slugs, config.seconds))
            voices[what].append(chorus.voices)
            busy[what].append(chorus.busy_s)
        rows = [
            Row(
                what,
                statistics.median(f),
                min(f),
                max(f),
                "chars/s",
                f"{statistics.mean(v):.1f} of {len(turns[what][1])}",
            )
            for (what, f), v in zip(measured.items(), voices.values(), strict=True)
        ]
        pings = ping(network)
        said = _by_the_model(architecture, count, count * a_node, rows, busy)
        return [
            *rows,
            Row("the same by the model of --simulate", said, said, said, "chars/s"),
            Row("a bare message there and back (ZeroMQ)", statistics.median(pings), max(pings), min(pings), "ms"),
        ]


def _by_the_model(
    architecture: Architecture, count: int, styles: int, rows: list[Row], busy: dict[str, list[float]]
) -> float:
    """Characters a second of the spread styles by the model, from the measurements of the others."""
    cores = len(os.sched_getaffinity(0))
    here_cps, _, one_cps, two_cps = (row.median for row in rows)
    _, _, busy_one_s, busy_two_s = (statistics.median(figures) for figures in busy.values())
    costs = cost_model.around(cost_model.step(architecture, cores), one_cps, here_cps, styles, cores)
    call_s = 1 / two_cps - 1 / one_cps
    costs = replace(costs, call_s=call_s, busy_s=min(call_s, max(0.0, busy_two_s - busy_one_s)))
    return 1 / cost_model.character(costs, styles, count, cores / count, shared=True).total


@contextmanager
def nodes(network: Hosts, count: int, token: Path, folder: Path, gpu_on: int = 0) -> Iterator[None]:
    """A Ray node on every host, each with all processors: they share them. `gpu_on`: the host that says it has a GPU."""
    started: list[subprocess.Popen[bytes]] = []
    cpus = str(os.cpu_count() or 1)
    try:
        for host in range(1, count + 1):
            command = [sys.executable, "-m", "deploy.cli", "node", *netns.role(host), "--token", str(token)]
            command = network.on(host, [*command, "--gpus", str(int(host == gpu_on)), "--cpus", cpus])
            with (folder / "node.log").open("ab") as log:
                started.append(subprocess.Popen(command, stdout=log, stderr=log))
            time.sleep(NODES_UP_S if host == 1 else 0.0)
        time.sleep(NODES_UP_S)
        yield
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(30)


def ping(network: Hosts) -> list[float]:
    """Milliseconds to another host and back, 12 rows of Ω on the way back."""
    answer = SLOTS // 4 * CODES * 4
    server = subprocess.Popen(network.on(2, [sys.executable, "-c", _SERVER, str(PORT), str(answer)]))
    asking = [sys.executable, "-c", _CLIENT, f"tcp://{netns.address(2)}:{PORT}", str(PINGS)]
    try:
        ran = subprocess.run(network.on(1, asking), check=True, capture_output=True, text=True, timeout=60)
        return [float(ms) for ms in ran.stdout.split()]
    finally:
        server.terminate()
        server.wait(10)


_SERVER = """
import sys, zmq
socket = zmq.Context().socket(zmq.REP)
socket.bind(f"tcp://*:{sys.argv[1]}")
while True:
    socket.recv()
    socket.send(bytes(int(sys.argv[2])))
"""
_CLIENT = """
import sys, time, zmq
socket = zmq.Context().socket(zmq.REQ)
socket.connect(sys.argv[1])
for _ in range(int(sys.argv[2])):
    began = time.monotonic()
    socket.send(b"x" * 200)
    socket.recv()
    print((time.monotonic() - began) * 1000)
"""


def table(rows: list[Row], _: BenchConfig) -> Table:
    shown = Table("", "median", "slowest", "fastest", "heard", box=None)
    for row in rows:
        figures = (f"{figure:,.2f} {row.unit}" for figure in (row.median, row.slowest, row.fastest))
        shown.add_row(row.what, *figures, row.voices)
    here, spread, one, two, said = (row.median for row in rows[:5])
    shown.add_row("spread, against one node", f"{spread / here:.0%}")
    shown.add_row("what a step pays for another node", f"{1000 / two - 1000 / one:.2f} ms")
    shown.add_row("the model, against what was seen", f"{said / spread:.0%}")
    return shown
