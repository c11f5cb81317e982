"""`chorus bench --simulate`: how fast 10 to 1000 styles would be on 1 to 64 nodes, from what a step costs here.

A character takes: the coordinator's own work, one wake-up a style of its node and a call to every other node, one after
the other; then the slowest node steps its styles on all its processors; then the answers are taken in. The model is a
function of five costs, which are measured; `chorus bench --hosts` shows beside its figures what the model says of them.
"""

import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from actors import mixture
from models import package
from models.architecture import Architecture
from models.engines.graph import build
from models.engines.onnx_engine import OnnxEngine

STYLES = (10, 24, 48, 100, 300, 1000)
NODES = (1, 2, 4, 8, 16, 32, 64)
ENGINES = 12  # stepped in turn, so that each finds the caches as cold as in an ensemble
SECONDS = 1.0
WAKE_UP_S = 8e-6  # of one style by a semaphore and back, 24 at once
CALL_S = 0.9e-3  # of another node through Ray and back; of that BUSY_S the coordinator's own
BUSY_S = 0.25e-3
CHARACTER_S = 60e-6  # journal, dice, frame


@dataclass(frozen=True)
class Costs:
    """Seconds: of one style's step on one processor, and of everything around it."""

    step_s: float
    mix_s: float  # a style
    wake_up_s: float = WAKE_UP_S  # a style
    character_s: float = CHARACTER_S
    call_s: float = CALL_S  # another node, there and back
    busy_s: float = BUSY_S  # of the coordinator, a node


@dataclass(frozen=True)
class Character:
    """Where the time of one character goes, in seconds."""

    coordinator: float
    stepping: float
    calls: float

    @property
    def total(self) -> float:
        return self.coordinator + self.stepping + self.calls

    @property
    def bottleneck(self) -> str:
        parts = {"coordinator": self.coordinator, "styles": self.stepping, "calls": self.calls}
        return max(parts, key=parts.__getitem__)


def character(costs: Costs, styles: int, nodes: int, cores: float) -> Character:
    """The time of one character with `styles` speaking, spread evenly over `nodes` of `cores` processors each."""
    most = -(-styles // nodes)
    rounds = max(1.0, most / cores)  # a style steps on one processor
    own = costs.character_s + styles * costs.mix_s + most * costs.wake_up_s
    others = nodes - 1
    return Character(
        coordinator=own + others * costs.busy_s,
        stepping=rounds * costs.step_s,
        calls=(costs.call_s - costs.busy_s + most * costs.wake_up_s) if others else 0.0,
    )


def measure(architecture: Architecture) -> Costs:
    """What a step and a style's share of the mixing cost here."""
    engines = [OnnxEngine(build(architecture, package.random_weights(architecture, k))) for k in range(ENGINES)]
    steps, began = 0, time.monotonic()
    while (spent := time.monotonic() - began) < SECONDS:
        for engine in engines:
            engine.step((0,), (steps % 128,))
        steps += len(engines)
    omega = np.random.default_rng(0).random((100, 128), np.float32)
    pi = np.ones(100)
    mixes, mixing = 0, time.monotonic()
    while (mixed := time.monotonic() - mixing) < SECONDS / 4:
        mixture.sample(mixture.mix(omega, pi), 0.5)
        mixture.responsibilities(omega, pi, 101)
        mixes += 1
    return Costs(step_s=spent / steps, mix_s=mixed / mixes / len(pi))


def table(costs: Costs, architecture: Architecture, cores: int) -> Table:
    """Characters a second, and what holds them up."""
    shown = Table(box=None, title=f"{architecture}, {cores} processors a node, all speaking: characters a second")
    shown.add_column("styles", justify="right")
    for nodes in NODES:
        shown.add_column(f"{nodes} node{'s' * (nodes > 1)}", justify="right")
    for styles in STYLES:
        cells = []
        for nodes in NODES:
            if nodes > styles:
                cells.append("")
                continue
            spent = character(costs, styles, nodes, cores)
            cells.append(f"{1 / spent.total:,.0f} {spent.bottleneck}")
        shown.add_row(str(styles), *cells)
    return shown


def show(architecture: Architecture, cores: int, console: Console) -> None:
    """Measure and print."""
    costs = measure(architecture)
    console.print(
        f"measured: {costs.step_s * 1e3:.3f} ms a step, {costs.mix_s * 1e6:.1f} µs a style to mix; taken from earlier "
        f"measurements: {costs.wake_up_s * 1e6:.0f} µs a wake-up, {costs.call_s * 1e3:.1f} ms a call to another node"
    )
    console.print(table(costs, architecture, cores))
