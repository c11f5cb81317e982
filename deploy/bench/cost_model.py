"""`chorus bench --simulate`: how fast 10 to 1000 styles would be on 1 to 64 nodes, from what a step costs here.

A character takes: the coordinator's own work and a call to every other node, one after the other; then the slowest node
wakes and steps its styles on all its processors; then the answers are taken in. The model is a function of six costs.
Those of a node are measured in an ensemble that is started for it; a call to another node takes what `chorus bench --hosts`
found, which shows beside its figures what the model says of them.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.table import Table

from actors.mixing import mixture
from deploy.bench.config import BenchConfig
from deploy.bench.harness import playing
from models import package
from models.architecture import Architecture
from models.engines.graph import build
from models.engines.onnx_engine import OnnxEngine

STYLES = (10, 24, 48, 100, 300, 1000)
NODES = (1, 2, 4, 8, 16, 32, 64)
ENGINES = 12  # stepped in turn, so that each finds the caches as cold as in an ensemble
SECONDS = 1.0
HELD_UP_BY = {"styles": "s", "coordinator": "c", "calls": "n"}
LOADED = 24  # in the ensemble that is measured
CALL_S = 1.6e-3  # of another node through Ray and back, its style's step included; of that BUSY_S the coordinator's own
BUSY_S = 0.8e-3


@dataclass(frozen=True)
class Costs:
    """Seconds of one style's step on one processor, and of everything around it."""

    step_s: float
    mix_s: float  # a style
    wake_up_s: float = 0.0  # a style, on its processor: its semaphore and back, and the caches that it finds cold
    character_s: float = 0.0  # journal, dice, frame
    call_s: float = CALL_S  # another node, there and back
    busy_s: float = BUSY_S  # of the coordinator, a node


@dataclass(frozen=True)
class Character:
    """The parts of the time that one character takes, in seconds."""

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


def character(costs: Costs, styles: int, nodes: int, cores: float, shared: bool = False) -> Character:
    """The time of one character with `styles` speaking, spread evenly over `nodes` of `cores` processors each.

    `shared`: the nodes are one machine, so that the other ends of the calls, as much work again, wait for each other.
    """
    most = -(-styles // nodes)
    rounds = max(1.0, most / cores)  # a style steps on one processor
    others = nodes - 1
    calls = costs.call_s - costs.busy_s if others else 0.0
    return Character(
        coordinator=costs.character_s + styles * costs.mix_s + others * costs.busy_s,
        stepping=rounds * (costs.step_s + costs.wake_up_s),
        calls=calls + (others - 1) * costs.busy_s if shared and others else calls,
    )


def around(costs: Costs, one_cps: float, all_cps: float, count: int, cores: float) -> Costs:
    """Adds the costs around a step, from the characters a second of one style and of all `count` on one node."""
    character_s = 1 / one_cps - costs.step_s - costs.mix_s
    each_s = (1 / all_cps - character_s - count * costs.mix_s) / max(1.0, count / cores)
    return replace(costs, character_s=max(0.0, character_s), wake_up_s=max(0.0, each_s - costs.step_s))


def measure(config: BenchConfig, console: Console) -> list[Costs]:
    architecture, cores = config.architecture, len(os.sched_getaffinity(0))
    with playing(LOADED, architecture, console) as chorus:
        one_cps, all_cps = (chorus.measure(active, SECONDS) for active in (1, LOADED))
    return [around(step(architecture, cores), one_cps, all_cps, LOADED, cores)]


def step(architecture: Architecture, cores: int) -> Costs:
    """Costs of a step and of a style's share of the mixing, with all processors at work: they share the memory."""
    engines = [OnnxEngine(build(architecture, package.random_weights(architecture, k))) for k in range(ENGINES)]
    until = time.monotonic() + SECONDS

    def stepped(own: list[OnnxEngine]) -> float:
        began, steps = time.monotonic(), 0
        while time.monotonic() < until:
            for engine in own:
                engine.step((0,), (steps % 128,))
            steps += len(own)
        return (time.monotonic() - began) / max(1, steps)

    with ThreadPoolExecutor(cores) as pool:
        steps_s = list(pool.map(stepped, [engines[k::cores] for k in range(min(cores, ENGINES))]))
    omega = np.random.default_rng(0).random((100, 128), np.float32)
    pi = np.ones(100)
    mixes, mixing = 0, time.monotonic()
    while (mixed := time.monotonic() - mixing) < SECONDS / 4:
        mixture.sample(mixture.mix(omega, pi), 0.5)
        mixture.responsibilities(omega, pi, 101)
        mixes += 1
    return Costs(step_s=sum(steps_s) / len(steps_s), mix_s=mixed / mixes / len(pi))


def table(rows: list[Costs], config: BenchConfig) -> Table:
    """Characters a second, and which part takes most of the time."""
    [costs], cores = rows, len(os.sched_getaffinity(0))
    shown = Table(box=None, title=f"{config.arch}, {cores} processors a node, all speaking: characters a second")
    costs_ms = (costs.step_s, costs.wake_up_s, costs.character_s, costs.call_s, costs.busy_s)
    step_ms, wake_ms, own_ms, call_ms, busy_ms = (cost_s * 1e3 for cost_s in costs_ms)
    shown.caption = (
        "held up most by: s the steps of the styles, c the coordinator's work, n the calls to other nodes. "
        f"Measured: {step_ms:.3f} ms a step with all processors at work, {wake_ms:.3f} ms more for a style to be woken, "
        f"{own_ms:.3f} ms around it, {costs.mix_s * 1e6:.1f} µs a style to mix; taken from chorus bench --hosts: "
        f"{call_ms:.1f} ms a call to another node, {busy_ms:.1f} of them the coordinator's own"
    )
    shown.add_column("styles", justify="right")
    for nodes in NODES:
        shown.add_column(f"{nodes} node{'s' * (nodes > 1)}", justify="right")
    for styles in STYLES:
        all_spent = [character(costs, styles, nodes, cores) for nodes in NODES if nodes <= styles]
        shown.add_row(str(styles), *(f"{1 / spent.total:,.0f} {HELD_UP_BY[spent.bottleneck]}" for spent in all_spent))
    return shown
