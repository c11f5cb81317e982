"""`chorus bench`: characters a second of Chorus, of the paper's way, of plain Ray calls, and of the floor, side by side.

Everything is alive at once and measured in turns, several times over, so that a machine whose speed drifts drifts for all
alike. Chorus is the real thing: a session as `chorus play` starts it, its coordinator running as fast as it goes. The
weights are random; a step costs the same whatever they say.
"""

import argparse
import contextlib
import json
import logging
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from actors import EnsembleError
from actors.mixing import mixture
from actors.mixing.dice import Dice
from deploy.bench.harness import Chorus, random_styles
from deploy.options.types import parse_lookahead, parse_size
from deploy.session.session import MARK, Session
from models.architecture import Architecture
from models.package import Style

JOINS = 6
ACTIVE = (1, 2, 4, 8, 16, 24)
BANDWIDTH_BYTES = 192 << 20  # read by each core: far more than any cache holds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--arch", default="2x512", help="1x256, 2x512, 3x512 or any other (default: %(default)s)")
    parser.add_argument("--styles", type=int, default=24, help="how many are loaded (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each figure (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="for one measurement (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one line of JSON a row")
    parser.add_argument(
        "--simulate", action="store_true", help="instead: what 10 to 1000 styles on 1 to 64 such machines would do"
    )
    parser.add_argument(
        "--hosts", type=int, choices=range(2, 9), metavar="N", help="instead: the styles on one node, and spread over N"
    )
    parser.add_argument(
        "--control",
        action="store_true",
        help="instead: from a hand's touch to the first character drawn from the new mix",
    )
    parser.add_argument(
        "--lookahead",
        type=parse_lookahead,
        metavar="WxD",
        help="instead: with W hypotheses, D deep, and the same search with a call for every hypothesis and step",
    )
    parser.add_argument(
        "--display",
        type=parse_size,
        nargs="*",
        metavar="WxH",
        help="instead: how long a picture takes, at 1920x1080 and 3840x2160 or these sizes",
    )
    parser.add_argument("--pictures", type=int, default=3000, help="of --display (default: %(default)s)")
    parser.add_argument("--monolith", metavar="ARCH", help="instead: the ensemble, and one network in its place")
    parser.add_argument(
        "--joining", action="store_true", help="instead: the longest wait for a character while styles join and leave"
    )


@dataclass(frozen=True)
class Result:
    """One row: the median over all repeats, and their spread."""

    way: str
    arch: str
    loaded: int
    active: int
    chars_per_s: float
    slowest: float
    fastest: float
    repeats: int


@dataclass
class Way:
    """A way of writing text: `measure(active, seconds)` gives characters a second."""

    name: str
    loaded: int
    actives: tuple[int, ...]
    measure: Callable[[int, float], float]


def run(args: argparse.Namespace) -> int:
    architecture = Architecture.parse(args.arch)
    if not 1 <= args.styles <= 64 or args.repeats < 1 or args.seconds <= 0:
        raise EnsembleError("bench takes 1 to 64 styles, at least one repeat and more than 0 seconds")
    if args.simulate:
        from deploy.bench import cost_model

        cost_model.show(architecture, len(os.sched_getaffinity(0)), Console(highlight=False))
        return 0
    if args.display is not None:
        from deploy.bench import display

        if args.pictures < 100:
            raise EnsembleError("--pictures takes 100 or more")
        drawn = display.measure(
            args.display or list(display.SIZES), args.pictures, Console(stderr=True, highlight=False)
        )
        if args.json:
            for pictures in drawn:
                print(json.dumps(pictures.__dict__))
        else:
            Console().print(display.table(drawn))
        return 0
    if args.control:
        from deploy.bench import latency

        found = latency.measure(architecture, Console(stderr=True, highlight=False))
        if args.json:
            for row in found:
                print(json.dumps(row.__dict__ | {"beyond_ms": row.beyond_ms}))
        else:
            Console().print(latency.table(found))
        return 0
    if args.lookahead:
        from deploy.bench import lookahead

        looked = lookahead.measure(
            architecture, args.styles, args.lookahead, args.repeats, args.seconds, Console(stderr=True, highlight=False)
        )
        if args.json:
            print(json.dumps(looked.__dict__ | {"times": looked.times}))
        else:
            Console().print(lookahead.table(looked))
        return 0
    if args.joining:
        return run_joining(architecture, args)
    if args.hosts:
        return run_afar(architecture, args)
    actives = tuple(sorted({n for n in ACTIVE if n <= args.styles} | {args.styles}))
    console = Console(stderr=True, highlight=False)
    if args.monolith:
        from deploy.bench import monolith

        one = Architecture.parse(args.monolith)
        results = monolith.measure(architecture, one, actives, args.repeats, args.seconds, console)
        if args.json:
            for result in results:
                print(json.dumps(result.__dict__))
        else:
            Console().print(monolith.table(results, one))
        return 0
    with ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))  # Ray prints its warnings where rows belong
        with console.status(f"starting {args.styles} actors of {architecture}, and {args.styles} plain Ray actors"):
            ways = list(start_ways(stack, architecture, args.styles, actives))
        results = take_turns(ways, str(architecture), args.repeats, args.seconds, console)
        if not any(way.name == "paper" for way in ways):
            console.print("the paper's way is left out: it needs torch (make train-extra)")
    if args.json:
        for result in results:
            print(json.dumps(result.__dict__))
    else:
        Console().print(table(results))
    return 0


def run_joining(architecture: Architecture, args: argparse.Namespace) -> int:
    from deploy.bench import joining

    found = joining.measure(architecture, JOINS, Console(stderr=True, highlight=False))
    if args.json:
        for waits in found:
            print(json.dumps(waits.__dict__ | {"promised_ms": waits.promised_ms}))
    else:
        Console().print(joining.table(found))
    return 0


def run_afar(architecture: Architecture, args: argparse.Namespace) -> int:
    from deploy.bench import cluster
    from deploy.faults import netns

    if not netns.possible():
        raise EnsembleError("network namespaces cannot be made here: run it as root, with iproute2 installed")
    a_node = max(1, args.styles // args.hosts)
    rows = cluster.measure(
        architecture, args.hosts, a_node, args.repeats, args.seconds, Console(stderr=True, highlight=False)
    )
    if args.json:
        for row in rows:
            print(json.dumps(row.__dict__))
    else:
        Console().print(cluster.table(rows))
    return 0


def start_ways(stack: ExitStack, architecture: Architecture, loaded: int, actives: tuple[int, ...]) -> Iterator[Way]:
    """Every way, started and ready to be measured; `stack` ends them."""
    session = stack.enter_context(Session())
    styles = random_styles(session.folder / "styles", architecture, loaded)
    chorus = stack.enter_context(Chorus(session, styles))
    chorus.wait()
    yield Way("chorus", loaded, actives, chorus.measure)
    if loaded > 2:
        few = stack.enter_context(Chorus(stack.enter_context(Session()), styles[:2]))
        few.wait()
        yield Way("chorus", 2, (1, 2), few.measure)
    yield Way("ray", loaded, actives, stack.enter_context(PlainRay(session, styles)).measure)
    with contextlib.suppress(ImportError):  # said at the end
        yield Way("paper", loaded, actives, paper(architecture, loaded))
    yield Way("floor", loaded, actives, Floor(architecture).measure)


def take_turns(ways: list[Way], arch: str, repeats: int, seconds: float, console: Console) -> list[Result]:
    measured: dict[tuple[str, int, int], list[float]] = {}
    with Progress(console=console) as progress:
        task = progress.add_task("measuring", total=repeats * sum(len(w.actives) for w in ways))
        for _ in range(repeats):
            for active in sorted({a for w in ways for a in w.actives}):
                for way in ways:
                    if active in way.actives:
                        figure = way.measure(active, seconds)
                        measured.setdefault((way.name, way.loaded, active), []).append(figure)
                        progress.advance(task)
    return [
        Result(way, arch, loaded, active, statistics.median(f), min(f), max(f), len(f))
        for (way, loaded, active), f in measured.items()
    ]


def table(results: list[Result]) -> Table:
    """Characters a second, a row for each number of active styles, and how Chorus stands to the others."""
    shown = Table(box=None, title=f"{results[0].arch}, characters a second: median (slowest to fastest)")
    loaded = max(r.loaded for r in results)
    columns = [(w, n) for w, n in dict.fromkeys((r.way, r.loaded) for r in results)]
    shown.add_column("active", justify="right")
    for way, count in columns:
        shown.add_column(way if count == loaded else f"{way}, {count} loaded", justify="right")
    for name in ("× ray", "× paper", "of floor"):
        shown.add_column(name, justify="right")
    for active in sorted({r.active for r in results}):
        row = {(r.way, r.loaded): r for r in results if r.active == active}
        cells = [
            f"{r.chars_per_s:,.0f} ({r.slowest:,.0f} to {r.fastest:,.0f})" if (r := row.get(c)) else "" for c in columns
        ]
        chorus = row["chorus", loaded].chars_per_s
        for way, form in (("ray", "{:.1f}"), ("paper", "{:.1f}"), ("floor", "{:.0%}")):
            other = row.get((way, loaded))
            cells.append(form.format(chorus / other.chars_per_s) if other else "")
        shown.add_row(str(active), *cells)
    return shown


class PlainRay:
    """The same engines as plain Ray actors, asked by a Ray call each in every step."""

    def __init__(self, session: Session, styles: list[Style], kind: type | None = None) -> None:
        os.environ.update({k: v for k, v in session.environment.items() if k != MARK})  # read when Ray is imported
        import ray
        from ray._private import services

        from models.engines import graph

        address = (session.folder / "ray-address").read_text()
        self._ray = ray
        services.resolve_ip_for_localhost = lambda host: (
            host
        )  # as in deploy.ensemble.main: the session's Ray is on loopback alone
        ray.init(address=address, namespace="bench", log_to_driver=False, logging_level=logging.ERROR)
        made: Any = ray.remote(kind or _Engine)
        self.actors: list[Any] = [
            made.options(num_cpus=0).remote(str(graph.cached(s, session.folder / "engines"))) for s in styles
        ]
        ray.get([a.step.remote(10) for a in self.actors])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def measure(self, active: int, seconds: float) -> float:
        actors, get, pi, dice = self.actors[:active], self._ray.get, np.ones(active), Dice(1)
        char, written, began = 10, 0, time.monotonic()
        while (now := time.monotonic()) - began < seconds or not written:
            omega = np.stack(get([a.step.remote(char) for a in actors]))
            char = mixture.sample(mixture.mix(omega, pi), dice.at(written))
            written += 1
        return written / (now - began)


class _Engine:
    def __init__(self, path: str) -> None:
        from models.engines.onnx_engine import OnnxEngine

        self._engine = OnnxEngine(Path(path))

    def step(self, char: int) -> Any:
        return self._engine.step((0,), (char,))[0].copy()


def paper(architecture: Architecture, count: int) -> Callable[[int, float], float]:
    """The paper's way: one process, one torch.nn.LSTM a model, in turn. Raises ImportError without torch."""
    import torch

    from models.lstm import CharLSTM

    torch.set_num_threads(len(os.sched_getaffinity(0)))  # Ray's settings above would hold it to one
    networks = [CharLSTM(architecture).eval() for _ in range(count)]

    @torch.inference_mode()
    def measure(active: int, seconds: float) -> float:
        states: list[Any] = [None] * active
        pi, dice = np.ones(active), Dice(1)
        char, written, began = 10, 0, time.monotonic()
        while (now := time.monotonic()) - began < seconds or not written:
            x = torch.tensor([[char]])
            rows = []
            for k in range(active):
                logits, states[k] = networks[k](x, states[k])
                rows.append(torch.softmax(logits[0, 0], 0).numpy())
            char = mixture.sample(mixture.mix(np.stack(rows), pi), dice.at(written))
            written += 1
        return written / (now - began)

    return measure


class Floor:
    """What memory allows: the bytes of weights a step must read, at the bandwidth of all cores reading at once."""

    def __init__(self, architecture: Architecture) -> None:
        gates = 4 * architecture.hidden
        # of the first layer's input matrix one column is read: the input is one-hot
        within = sum(gates * architecture.hidden * (2 if layer else 1) for layer in range(architecture.layers))
        self.bytes_a_style = within + 128 * architecture.hidden
        self._memory = [np.ones(BANDWIDTH_BYTES // 8, np.int64) for _ in range(len(os.sched_getaffinity(0)))]

    def measure(self, active: int, seconds: float) -> float:
        return self.bandwidth(seconds) / (active * self.bytes_a_style)

    def bandwidth(self, seconds: float) -> float:
        """Bytes a second: every core sums memory of its own."""
        read = [0] * len(self._memory)
        until = time.monotonic() + seconds

        def reading(k: int) -> None:
            while time.monotonic() < until:
                self._memory[k].sum()
                read[k] += self._memory[k].nbytes

        threads = [threading.Thread(target=reading, args=(k,)) for k in range(len(self._memory))]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(read) / (time.monotonic() - began)
