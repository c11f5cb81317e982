"""What comes of all who were heard for a character: of the ensemble's styles, of the monolith, or of both. Pure.

The coordinator asks, and hands in what was answered; `actors.journal.replay` hands in what would be answered again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.mixing import crossfade, mixture, pooling
from actors.mixing.mixture import Floats
from actors.wire.parameters import MixSettings

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class MonolithAnswer:
    """What the monolith answered: for whom it speaks (slot ids), what it would say with each alone (k, 128), and ρ_m."""

    slot_ids: Sequence[int]
    alone: Rows
    rho: Floats


@dataclass(frozen=True)
class Mixed:
    """Who was heard (slot ids, in order), what each said (k, 128), and what a character is drawn from."""

    slot_ids: list[int]
    omega: Rows
    rho: Floats
    whose: Callable[[int], Floats]  # responsibilities (k,) for a character
    weights: Floats  # of those heard (k,), as a search mixes them


def together(
    settings: MixSettings,
    slot_ids: Sequence[int],
    omega: Rows,
    pi: Floats,
    evidence: Floats,
    crossed: MonolithAnswer | None = None,
) -> Mixed:
    """The styles in `slot_ids` said `omega`; `pi` and hand-over's `evidence` are by slot id, of everyone."""
    if crossed is None:
        weights = pi[list(slot_ids)]
        if not (weights > 0).any():  # stand-ins
            weights = np.ones(len(slot_ids))
        rho, shares = pooling.pool(settings, omega, weights, evidence[list(slot_ids)])
        return Mixed(list(slot_ids), omega, rho, lambda c: mixture.responsibilities(omega, shares, c), weights)
    given = set(crossed.slot_ids)
    weights = np.array([pi[slot_id] * (1 - settings.cross if slot_id in given else 1.0) for slot_id in slot_ids])
    loud = np.maximum(pi[list(slot_ids)], 0.0).sum()
    if loud > 0:  # who is avoided is so within the ensemble, as much as before
        weights[weights < 0] *= np.maximum(weights, 0.0).sum() / loud
    everyone = sorted({*slot_ids, *given})
    m = crossfade.share(pi[everyone], np.array([slot_id in given for slot_id in everyone]), settings.cross)
    rho_e = None
    if (weights > 0).any():
        rho_e, shares = pooling.pooled(settings, omega, weights, evidence[list(slot_ids)])
    at_own = [everyone.index(slot_id) for slot_id in slot_ids]
    at_given = [everyone.index(slot_id) for slot_id in crossed.slot_ids]
    shown = np.zeros((len(everyone), omega.shape[1]), np.float32)
    shown[at_own] = omega
    both = [k for k, slot_id in enumerate(crossed.slot_ids) if slot_id in set(slot_ids)]
    for k, place in enumerate(at_given):
        shown[place] = crossfade.rows(shown[place], crossed.alone[k], settings.cross) if k in both else crossed.alone[k]

    def whose(char: int) -> Floats:
        own, theirs = np.zeros(len(everyone)), np.zeros(len(everyone))
        if rho_e is not None:
            own[at_own] = mixture.responsibilities(omega, shares, char)
        theirs[at_given] = mixture.responsibilities(crossed.alone, pi[list(crossed.slot_ids)], char)
        return crossfade.responsibilities(own, rho_e, theirs, crossed.rho, m, char)

    rho = pooling.drawn_from(settings, crossfade.rho(rho_e, crossed.rho, m))
    return Mixed(everyone, shown, rho, whose, pi[everyone])
