"""`chorus bench`: characters a second of Chorus, of the paper's way, of plain Ray calls, and of the floor, side by side.

Everything is alive at once and measured in turns, several times over, so that a machine whose speed drifts drifts for all
alike. Chorus is the real thing: a session as `chorus play` starts it, its coordinator running as fast as it goes. The
weights are random; a step costs the same whatever they say.
"""

import contextlib
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
from rich.progress import track
from rich.table import Table

from actors.mixing import mixture
from actors.mixing.dice import Dice
from deploy.bench.config import BenchConfig
from deploy.bench.harness import Chorus, random_styles
from deploy.session.session import MARK, Session
from models.architecture import Architecture
from models.package import Style

BANDWIDTH_BYTES = 192 << 20  # read by each core: far more than any cache holds


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

    def __str__(self) -> str:
        return f"{self.chars_per_s:,.0f} ({self.slowest:,.0f} to {self.fastest:,.0f})"


@dataclass
class Way:
    """A way of writing text: `measure(active, seconds)` gives characters a second."""

    name: str
    loaded: int
    actives: tuple[int, ...]
    measure: Callable[[int, float], float]


def measure(config: BenchConfig, console: Console) -> list[Result]:
    architecture = config.architecture
    with ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))  # Ray prints its warnings where rows belong
        with console.status(f"starting {config.styles} actors of {architecture}, and {config.styles} plain Ray actors"):
            ways = list(start_ways(stack, architecture, config.styles, config.actives))
        results = take_turns(ways, config, console)
        if not any(way.name == "paper" for way in ways):
            console.print("the paper's way is left out: it needs torch (make train-extra)")
    return results


def start_ways(stack: ExitStack, architecture: Architecture, loaded: int, actives: tuple[int, ...]) -> Iterator[Way]:
    """Starts every way, ready to be measured; `stack` ends them."""
    session = stack.enter_context(Session())
    styles = random_styles(session.folder / "styles", architecture, loaded)
    chorus = stack.enter_context(Chorus(session, styles))
    yield Way("chorus", loaded, actives, chorus.measure)
    if loaded > 2:
        few = stack.enter_context(Chorus(stack.enter_context(Session()), styles[:2]))
        yield Way("chorus", 2, (1, 2), few.measure)
    yield Way("ray", loaded, actives, stack.enter_context(PlainRay(session, styles)).measure)
    with contextlib.suppress(ImportError):  # said at the end
        yield Way("paper", loaded, actives, paper(architecture, loaded))
    yield Way("floor", loaded, actives, Floor(architecture).measure)


def take_turns(ways: list[Way], config: BenchConfig, console: Console) -> list[Result]:
    """Measures every way with every number of active styles, `config.repeats` times over."""
    measured: dict[tuple[str, int, int], list[float]] = {}
    actives = sorted({active for way in ways for active in way.actives})
    turns = config.repeats * [(way, active) for active in actives for way in ways if active in way.actives]
    for way, active in track(turns, "measuring", console=console):
        measured.setdefault((way.name, way.loaded, active), []).append(way.measure(active, config.seconds))
    return [
        Result(name, config.arch, loaded, active, statistics.median(f), min(f), max(f), len(f))
        for (name, loaded, active), f in measured.items()
    ]


def table(results: list[Result], _: BenchConfig) -> Table:
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
        cells = [str(row.get(column, "")) for column in columns]
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
        services.resolve_ip_for_localhost = lambda host: host  # as in deploy.ensemble.ray_setup
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
    """The limit of the memory: the bytes of weights a step must read, at the bandwidth of all cores reading at once."""

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
