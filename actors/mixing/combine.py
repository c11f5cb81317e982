"""Combines the rows of the styles and the monolith's answer into the distribution of the next character. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actors.mixing import crossfade, mixture, pooling
from actors.mixing.mixture import Floats, Mixed, Rows
from actors.wire.parameters import MixSettings


@dataclass(frozen=True)
class MonolithAnswer:
    """The monolith's answer: the slot ids it speaks for, its row with each of them alone (k, 128), and ρ_m (128,)."""

    slot_ids: Sequence[int]
    alone: Rows
    rho: Floats


def with_monolith(
    settings: MixSettings, slot_ids: Sequence[int], omega: Rows, pi: Floats, evidence: Floats, answer: MonolithAnswer
) -> Mixed:
    """ρ of the styles in `slot_ids`, whose rows are `omega` (k, 128), and of the monolith, as far as it is crossed to.

    `pi` and hand-over's `evidence` are by slot id, of every style.
    """
    given = set(answer.slot_ids)
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
    at_given = [everyone.index(slot_id) for slot_id in answer.slot_ids]
    shown = np.zeros((len(everyone), omega.shape[1]), np.float32)
    shown[at_own] = omega
    both = [k for k, slot_id in enumerate(answer.slot_ids) if slot_id in set(slot_ids)]
    for k, place in enumerate(at_given):
        shown[place] = crossfade.rows(shown[place], answer.alone[k], settings.cross) if k in both else answer.alone[k]

    def whose(char: int) -> Floats:
        own, theirs = np.zeros(len(everyone)), np.zeros(len(everyone))
        if rho_e is not None:
            own[at_own] = mixture.responsibilities(omega, shares, char)
        theirs[at_given] = mixture.responsibilities(answer.alone, pi[list(answer.slot_ids)], char)
        return crossfade.responsibilities(own, rho_e, theirs, answer.rho, m, char)

    rho = pooling.drawn_from(settings, crossfade.rho(rho_e, answer.rho, m))
    return Mixed(everyone, shown, rho, whose, pi[everyone])
