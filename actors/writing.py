"""Many mixtures write at once, each its own text, without Ray, tape and clock: what an evaluation listens to.

Styles are stepped in batches, one batch a style for all the texts in which it has a voice. What a text becomes depends on
its styles, its weights and its dice alone, not on which others are written beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors import mixture, pooling
from actors.mixture import Dice, Floats
from actors.pooling import Manner
from actors.tape import CODES, OPENING
from models.engines import Engine


@dataclass(frozen=True)
class Mix:
    """The styles of one text (indices), their weights, and its dice."""

    styles: Sequence[int]
    pi: Floats
    seed: int


@dataclass(frozen=True)
class Written:
    """One text and who wrote it."""

    chars: NDArray[np.uint8]  # (chars,)
    shares: Floats  # (styles of the mix,) mean responsibilities, sum 1
    nats: Floats  # (styles of the mix,) nats a character that each alone would have given it


def write(
    engines: Mapping[int, Engine],
    mixes: Sequence[Mix],
    manner: Manner,
    chars: int,
    tell: Callable[[int], None] = lambda _: None,
) -> list[Written]:
    """The texts of all `mixes`. `engines` by index of style; `tell` hears how many characters each text has."""
    texts = np.zeros((len(mixes), chars + 1), np.uint8)
    texts[:, 0] = OPENING
    voices = {i: [(t, list(m.styles).index(i)) for t, m in enumerate(mixes) if i in m.styles] for i in engines}
    voices = {i: where for i, where in voices.items() if where}
    omega = [np.zeros((len(m.styles), CODES)) for m in mixes]
    evidence = [np.zeros(len(m.styles)) for m in mixes]
    dice = [Dice(m.seed) for m in mixes]
    shares = [np.zeros(len(m.styles)) for m in mixes]
    nats = [np.zeros(len(m.styles)) for m in mixes]
    everyone = [np.arange(len(m.styles)) for m in mixes]
    for i in voices:
        engines[i].reset()
    for at in range(1, chars + 1):
        for i, where in voices.items():
            parents = [0] * len(where) if at == 1 else list(range(len(where)))
            y = engines[i].step(parents, texts[[t for t, _ in where], at - 1].tolist())
            for (t, k), row in zip(where, y, strict=True):
                omega[t][k] = row
        for t, m in enumerate(mixes):
            rho, pi = pooling.pool(manner, omega[t], m.pi, evidence[t])
            char = mixture.sample(rho, dice[t].at(at))
            texts[t, at] = char
            shares[t] += mixture.responsibilities(omega[t], pi, char)
            nats[t] -= np.log(np.maximum(omega[t][:, char], pooling.LEAST))
            evidence[t] = pooling.hear(evidence[t], char, omega[t], everyone[t], rho)
        tell(at)
    return [Written(texts[t, 1:], shares[t] / chars, nats[t] / chars) for t in range(len(mixes))]
