"""Lookahead: a search of limited depth over the mixture, which the paper planned for four models and more. Pure.

For every character anew: `width` candidates are drawn from ρ_t, each is written on until it is `depth` long, drawn from ρ
as the text would be, and one of these paths is chosen by how likely it was, Π ρ^boldness over its characters. Its first
character is written, and the rest forgotten, so that a hand that moves is felt at once.

Choosing the likeliest path would write flat, repetitive text (Holtzman et al., 1904.09751). So this is sequential Monte
Carlo: paths are weighed, those of little weight give way to copies of heavy ones, and one of the last is drawn by its
weight. With boldness 0 all weigh the same, and the text is that of plain sampling.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.mixing import mixture, pooling
from actors.mixing.mixture import Floats, Mixed
from actors.wire.parameters import HAND_OVER, Lookahead, MixSettings

FEW = 0.5  # of the paths: when they weigh as much as fewer than this share of them, copies are drawn

Rows = NDArray[np.float32]
Explore = Callable[[Sequence[int], Sequence[int]], Rows | None]


@dataclass(frozen=True)
class Drawn:
    """The next character, and the hypotheses it was chosen from: its own first.

    Of each hypothesis: its characters, its weight, and for each character the index of the style that most likely said it.
    """

    char: int
    hypotheses: Sequence[tuple[bytes, float, bytes]] = ()
    looked: bool = True  # False: not every style answered, and the character was drawn without lookahead


def choose(
    settings: MixSettings,
    ahead: Lookahead,
    mixed: Mixed,
    evidence: Floats,
    dice: np.random.Generator,
    u: float,
    explore: Explore,
) -> Drawn:
    """Chooses the next character. `mixed` and `evidence` (n,) are those of the styles that are heard.

    `explore(parents, chars)` writes hypotheses on: the first time all parents are the text itself (0), then `parents[b]`
    counts the hypotheses of the time before. It returns their rows (width, n, 128), or None when it can't: then the
    character is drawn as without lookahead. `u` in [0, 1) draws the candidates, `dice` all that comes after.
    """
    if not ahead.looks:
        return Drawn(mixture.sample(mixed.rho, u))
    rho, omega, pi, width = mixed.rho, mixed.omega, mixed.weights, ahead.width
    everyone = np.arange(len(pi))
    chars = draw(rho, u, width)
    scores = ahead.boldness * np.log(rho[chars])
    if settings.pooling == HAND_OVER:
        memory = np.stack([pooling.hear(evidence, int(char), omega, everyone, rho) for char in chars])
    else:
        memory = np.tile(evidence, (width, 1))
    parents = np.zeros(width, np.intp)
    paths, voices = chars[:, None], (pi * omega[:, chars].T).argmax(axis=1)[:, None]
    for level in range(1, ahead.depth):
        rows = explore(parents.tolist(), chars.tolist())
        if rows is None:
            return Drawn(mixture.sample(rho, u), looked=False)
        rhos = pooling.pool_many(settings, rows, pi, memory)
        chars = _sample_each(rhos, dice.random(width))
        scores = scores + ahead.boldness * np.log(rhos[np.arange(width), chars])
        if settings.pooling == HAND_OVER:
            memory = pooling.hear_many(memory, chars, rows)
        paths = np.concatenate([paths, chars[:, None]], axis=1)
        loudest = (pi * rows[np.arange(width), :, chars]).argmax(axis=1)
        voices = np.concatenate([voices, loudest[:, None]], axis=1)
        parents = np.arange(width)
        weights = np.exp(scores - scores.max())
        if level + 1 < ahead.depth and weights.sum() ** 2 < FEW * width * (weights**2).sum():
            parents = draw(weights, float(dice.random()), width)
            paths, chars, memory, scores = paths[parents], chars[parents], memory[parents], np.zeros(width)
            voices = voices[parents]
    weights = np.exp(scores - scores.max())
    chosen = mixture.sample(weights / weights.sum(), float(dice.random()))
    found = zip(paths.astype(np.uint8), (weights / weights.sum()).tolist(), voices.astype(np.uint8), strict=True)
    hypotheses = [(bytes(path), weight, bytes(who)) for path, weight, who in found]
    return Drawn(int(paths[chosen, 0]), [hypotheses[chosen], *hypotheses[:chosen], *hypotheses[chosen + 1 :]])


def draw(weights: Floats, u: float, count: int) -> NDArray[np.intp]:
    """`count` indices, systematically: as many of each as its share of `weights` says, but for less than one. Sorted.

    One alone is `mixture.sample`'s, to the last bit.
    """
    cumulated = np.cumsum(weights)
    spots = (u + np.arange(count)) / count * cumulated[-1]
    found: NDArray[np.intp] = np.minimum(np.searchsorted(cumulated, spots, side="right"), np.flatnonzero(weights)[-1])
    return found


def _sample_each(rhos: Floats, us: Floats) -> NDArray[np.intp]:
    """One character of every row of `rhos` (width, 128)."""
    cumulated = np.cumsum(rhos, axis=1)
    last = rhos.shape[1] - 1 - (rhos[:, ::-1] > 0).argmax(axis=1)
    found: NDArray[np.intp] = np.minimum((cumulated <= us[:, None] * cumulated[:, -1:]).sum(axis=1), last)
    return found
