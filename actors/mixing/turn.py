"""One turn of the text, as section 2 of the paper has it: mix the rows, draw a character, remember what it says.

`mix`, `draw` and `after` are all the mathematics of a character. The coordinator, the replay of a journal, a replay with
other weights, and an evaluation call these three, and so come to the same text. Pure.

Symbols: π (`pi`), Ω (`omega`: row i is y^i; the paper writes its transpose), ρ (`rho`); slots are those of the tapes, or
just 0 … n - 1 where there are none.
"""

from collections.abc import Sequence

import numpy as np

from actors.mixing import combine, lookahead, mixture, pooling
from actors.mixing.combine import MonolithAnswer
from actors.mixing.dice import Dice
from actors.mixing.lookahead import Drawn, Explore
from actors.mixing.mixture import Floats, Mixed, Rows
from actors.wire.parameters import HAND_OVER, Lookahead, MixSettings


def mix(
    settings: MixSettings,
    slot_ids: Sequence[int],
    omega: Rows,
    pi: Floats,
    evidence: Floats,
    answer: MonolithAnswer | None = None,
) -> Mixed:
    """ρ_t = Ω_t π_t / |Ω_t π_t|_1, or what another pooling makes of the rows; with the monolith's `answer`, of both.

    `omega` (k, 128) are the rows of the styles in `slot_ids`; `pi` (n,) and the `evidence` (n,) of hand-over pooling are of
    every slot.
    """
    if answer is not None:
        return combine.with_monolith(settings, slot_ids, omega, pi, evidence, answer)
    heard = list(slot_ids)
    weights = pi[heard]  # (k,)
    if not (weights > 0).any():  # styles that stand in for silent ones
        weights = np.ones(len(heard))
    rho, shares = pooling.pool(settings, omega, weights, evidence[heard])  # (128,), (k,)
    return Mixed(heard, omega, rho, lambda char: mixture.responsibilities(omega, shares, char), weights)


def draw(
    settings: MixSettings,
    ahead: Lookahead,
    mixed: Mixed,
    evidence: Floats,
    dice: Dice,
    t: int,
    explore: Explore | None = None,
) -> Drawn:
    """The character at position `t`: drawn from ρ by the dice or, where hypotheses can be explored, chosen among them."""
    if explore is None or not ahead.looks:
        return Drawn(mixture.sample(mixed.rho, dice.at(t)))
    return lookahead.choose(settings, ahead, mixed, evidence[mixed.slot_ids], dice.more(t), dice.at(t), explore)


def after(settings: MixSettings, evidence: Floats, mixed: Mixed, char: int) -> Floats:
    """Hand-over's evidence once `char` is written: (n,) nats that each style finds the word so far likely with."""
    if settings.pooling != HAND_OVER:
        return evidence
    return pooling.hear(evidence, char, mixed.omega, mixed.slot_ids, mixed.rho)
