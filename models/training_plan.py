"""Plans a training: network, passes and time, from the size of the text and the speed of the machine.

The figures behind the rules are in RECIPE.md. A plan is made from a measured speed, so two machines plan differently;
a training that goes on from a checkpoint keeps the plan it began with.
"""

import time
from dataclasses import dataclass, replace

import torch

from models.alphabet import CODES
from models.architecture import Architecture
from models.lstm import CharLSTM
from models.training import Recipe, keep_freed_memory, update

MINUTES = 11.0  # a style from nothing
MINUTES_FROM = 2.0  # a style that goes on from another
MOST_EPOCHS = 12.0  # from nothing
MOST_EPOCHS_FROM = 8.0
# the networks to choose from: each with the text it takes not to learn by heart, and with the characters of updates below
# which the next smaller one comes further in the same time
SIZES = (
    (Architecture(3, 512), 3_000_000, 30e6),
    (Architecture(2, 512), 1_500_000, 15e6),
    (Architecture(1, 512), 300_000, 4e6),
    (Architecture(1, 384), 100_000, 2e6),
    (Architecture(1, 256), 0, 0.0),
)


@dataclass(frozen=True)
class Plan:
    """A training that has not begun: `chars_per_s` is what this machine was measured to do with `architecture`."""

    architecture: Architecture
    recipe: Recipe
    chars: int  # of the text's trained part
    chars_per_s: float

    @property
    def seconds(self) -> float:
        """Its duration, with a tenth for looking at the held-out text."""
        return 1.1 * self.recipe.epochs * self.chars / self.chars_per_s


def make(
    chars: int,
    *,
    architecture: Architecture | None = None,
    start: str = "",
    minutes: float | None = None,
    epochs: float | None = None,
) -> Plan:
    """Plan a training on `chars` characters, as good as `minutes` allow.

    `architecture` and `epochs` fix what would be chosen; `start` is the content hash of the style it goes on from (then
    `architecture` is that style's). Measures this machine's speed, which takes a few seconds.
    """
    budget = 60 * (minutes or (MINUTES_FROM if start else MINUTES)) / 1.1
    most = MOST_EPOCHS_FROM if start else MOST_EPOCHS
    sizes = [(architecture, 0.0)] if architecture else [(size, enough) for size, text, enough in SIZES if chars >= text]
    for size, enough in sizes:
        speed = measure(size)
        can = chars * epochs if epochs else min(speed * budget, chars * most)
        if can >= enough:
            break
    return Plan(size, recipe(can / chars, start), chars, speed)


def recipe(epochs: float, start: str = "") -> Recipe:
    """The fewer passes over a text, the less dropout and decay it needs, and the sooner it is worth looking at."""
    made = Recipe(epochs=epochs, start=start)
    if start:
        made = replace(made, rate=1.5e-3, warmup=30)
    if epochs > 16:
        return replace(made, dropout_recurrent=0.2, evaluate_every=epochs / 24)
    if epochs > 8:
        return replace(made, evaluate_every=epochs / 24)
    if epochs > 1.5:
        return replace(made, dropout=0.25, dropout_input=0.1, decay=0.02, evaluate_every=epochs / 12)
    return replace(made, dropout=0.1, dropout_input=0.05, decay=0.01, evaluate_every=epochs / 6)


def measure(architecture: Architecture, seconds: float = 1.5) -> float:
    """Characters of updates a second that this process does with the threads it has."""
    keep_freed_memory()
    recipe = Recipe()
    network = CharLSTM(architecture, 0.1, 0.1)
    optimiser = torch.optim.AdamW(network.parameters())
    piece = torch.randint(CODES, (recipe.length + 1, recipe.batch), generator=torch.Generator().manual_seed(0))
    times: list[float] = []
    began = time.monotonic()
    while len(times) < 3 or time.monotonic() - began < seconds:
        at = time.monotonic()
        update(network, optimiser, piece, None, recipe.clip)
        times.append(time.monotonic() - at)
    return recipe.batch * recipe.length * len(times[1:]) / sum(times[1:])  # the first one also sets things up
