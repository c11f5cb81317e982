"""What comes of all who were heard for a character: of the ensemble's styles, of the monolith, or of both. Pure.

The coordinator asks, and hands in what was answered; `actors.journal.replay` hands in what would be answered again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.mixing import crossfade, mixture, pooling
from actors.mixing.mixture import Floats
from actors.wire.parameters import Manner

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Crossed:
    """What the monolith answered: for whom it speaks (chairs), what it would say with each alone (k, 128), and ρ_m."""

    chairs: Sequence[int]
    alone: Rows
    rho: Floats


@dataclass(frozen=True)
class Heard:
    """Who was heard (chairs, in order), what each said (k, 128), and what a character is drawn from."""

    chairs: list[int]
    omega: Rows
    rho: Floats
    whose: Callable[[int], Floats]  # responsibilities (k,) for a character
    weights: Floats  # of those heard (k,), as a search mixes them


def together(
    manner: Manner, chairs: Sequence[int], omega: Rows, pi: Floats, evidence: Floats, crossed: Crossed | None = None
) -> Heard:
    """The styles in `chairs` said `omega`; `pi` and hand-over's `evidence` are by chair, of everyone."""
    if crossed is None:
        weights = pi[list(chairs)]
        if not (weights > 0).any():  # stand-ins
            weights = np.ones(len(chairs))
        rho, shares = pooling.pool(manner, omega, weights, evidence[list(chairs)])
        return Heard(list(chairs), omega, rho, lambda c: mixture.responsibilities(omega, shares, c), weights)
    given = set(crossed.chairs)
    weights = np.array([pi[chair] * (1 - manner.cross if chair in given else 1.0) for chair in chairs])
    loud = np.maximum(pi[list(chairs)], 0.0).sum()
    if loud > 0:  # who is avoided is so within the ensemble, as much as before
        weights[weights < 0] *= np.maximum(weights, 0.0).sum() / loud
    everyone = sorted({*chairs, *given})
    m = crossfade.share(pi[everyone], np.array([chair in given for chair in everyone]), manner.cross)
    rho_e = None
    if (weights > 0).any():
        rho_e, shares = pooling.pooled(manner, omega, weights, evidence[list(chairs)])
    at_own = [everyone.index(chair) for chair in chairs]
    at_given = [everyone.index(chair) for chair in crossed.chairs]
    shown = np.zeros((len(everyone), omega.shape[1]), np.float32)
    shown[at_own] = omega
    both = [k for k, chair in enumerate(crossed.chairs) if chair in set(chairs)]
    for k, place in enumerate(at_given):
        shown[place] = crossfade.rows(shown[place], crossed.alone[k], manner.cross) if k in both else crossed.alone[k]

    def whose(char: int) -> Floats:
        own, theirs = np.zeros(len(everyone)), np.zeros(len(everyone))
        if rho_e is not None:
            own[at_own] = mixture.responsibilities(omega, shares, char)
        theirs[at_given] = mixture.responsibilities(crossed.alone, pi[list(crossed.chairs)], char)
        return crossfade.responsibilities(own, rho_e, theirs, crossed.rho, m, char)

    rho = pooling.drawn_from(manner, crossfade.rho(rho_e, crossed.rho, m))
    return Heard(everyone, shown, rho, whose, pi[everyone])
