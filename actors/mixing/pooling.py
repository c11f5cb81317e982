"""Pooling: makes one distribution of the rows of many styles. Pure functions of arrays.

*Linear* is the paper's ρ_t = Ω_t π_t / |Ω_t π_t|_1: every letter is drawn from everyone. With four voices and more it falls
apart into letters, for each letter may come from another author.

*Log-linear* multiplies: ρ ∝ Π y_i^w_i. A letter must be likely for everyone; who has a weight below zero is avoided.

*Hand-over* mixes words and not letters. Styles weigh in a word as Pr(style | the word so far) ∝ π_i Π y_i(c), so that
whoever has begun a word most likely ends it, and between words π decides again. Drawn letter by letter, a word so comes
from Σ π_i y_i(word): the linear pool of the distributions over words, exactly.

Hand-over remembers how likely each style has found the word so far: its *evidence*, a function of text and rows alone.

Symbols as in `actors.mixing.mixture`: `omega` (k, 128), `pi` (k,) of the styles that speak, ρ (128,).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors.mixing import mixture
from actors.mixing.mixture import Floats
from actors.wire.parameters import HAND_OVER, LOG_LINEAR, MixSettings

Indices = Sequence[int] | NDArray[np.intp]

LEAST_Y = (
    1e-5  # a letter is no less likely than that where a style is avoided: else one letter in its absence would be all
)
LEAST = 1e-30  # a probability
FLATTEST, SHARPEST = 0.1, 10.0  # powers
HALVINGS = 16  # of the logarithm of a power: exact to 1e-4


def log_linear(omega: NDArray[np.floating], pi: Floats) -> Floats:
    """ρ ∝ Π y_i^w_i, w = π over the sum of those above zero; at least one is. Weights below zero avoid their styles."""
    w = pi / pi[pi > 0].sum()
    y = omega.astype(np.float64)
    logs = w[w > 0] @ np.log(np.maximum(y[w > 0], np.finfo(np.float64).tiny))
    if (w < 0).any():
        logs = logs + w[w < 0] @ np.log(np.maximum(y[w < 0], LEAST_Y))
    powers = np.exp(logs - logs.max())
    rho: Floats = powers / powers.sum()
    return rho


def even(omega: NDArray[np.floating], pi: Floats, evenness: float) -> Floats:
    """The rows with their entropies drawn together, so that a style that is surer of itself does not take over.

    Every row becomes y^p, normalised, with p such that its entropy is `evenness` of the way from its own to the mean of all
    (weighted by |π|): 0 leaves all as they are, 1 makes all equally sure. Shape (k, 128).
    """
    y = omega.astype(np.float64)
    if evenness == 0 or len(y) < 2:
        return y
    logs = np.log(np.maximum(y, np.finfo(np.float64).tiny))
    own = _entropy(logs)
    share = np.abs(pi) / np.abs(pi).sum()
    wanted = own + evenness * (share @ own - own)
    low, high = np.full(len(y), math.log(FLATTEST)), np.full(len(y), math.log(SHARPEST))
    for _ in range(HALVINGS):  # entropy falls as the power grows
        middle = (low + high) / 2
        flatter = _entropy(logs * np.exp(middle)[:, None]) > wanted
        low, high = np.where(flatter, middle, low), np.where(flatter, high, middle)
    powers = logs * np.exp((low + high) / 2)[:, None]
    rows = np.exp(powers - powers.max(axis=1, keepdims=True))
    made: Floats = rows / rows.sum(axis=1, keepdims=True)
    return made


def _entropy(logs: Floats) -> Floats:
    """Nats of each row of unnormalised log-probabilities."""
    p = np.exp(logs - logs.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    entropy: Floats = -(p * np.log(np.maximum(p, np.finfo(np.float64).tiny))).sum(axis=1)
    return entropy


def temper(rho: Floats, temperature: float) -> Floats:
    """ρ^(1/temperature), normalised: below 1 the likely becomes likelier, above 1 the unlikely does. Shape (128,).

    Zero stays zero, 1 changes nothing to the last bit.
    """
    if temperature == 1.0:
        return rho
    logs = np.full_like(rho, -np.inf)
    np.log(rho, out=logs, where=rho > 0)
    powers = np.exp((logs - logs.max()) / temperature)
    tempered: Floats = powers / powers.sum()
    return tempered


def top_p(rho: Floats, share: float) -> Floats:
    """The likeliest characters that together have at least `share`, normalised; 1 changes nothing to the last bit."""
    if share >= 1:
        return rho
    order = np.argsort(-rho, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(rho[order]), share * rho.sum())) + 1]
    cut = np.zeros_like(rho)
    cut[kept] = rho[kept]
    made: Floats = cut / cut.sum()
    return made


def weigh(pi: Floats, evidence: Floats) -> Floats:
    """π as it stands within a word: π_i Pr(word so far | i), of any scale. Both (k,)."""
    spoken = evidence[pi > 0]
    weighed: Floats = pi * np.exp(np.minimum(evidence - spoken.max(initial=-np.inf), 0.0)) if len(spoken) else pi
    return weighed


def hear(evidence: Floats, char: int, omega: NDArray[np.floating], heard: Indices, rho: Floats) -> Floats:
    """The evidence after `char`: how likely each style finds the word so far; all 0 at its end. Shape as `evidence`.

    `evidence` (n,) is in nats, of all styles or slot ids; `omega` (k, 128) are the rows of those `heard`, `rho` the
    mix. Who was not heard is taken to find the letter as likely as the mix did.
    """
    if not in_word(char):
        return np.zeros_like(evidence)
    said = np.full_like(evidence, math.log(max(float(rho[char]), LEAST)))
    said[heard] = np.log(np.maximum(omega[:, char].astype(np.float64), LEAST))
    said += evidence
    said -= said[heard].max()  # a long word must not underflow
    return said


def in_word(char: int) -> bool:
    """True when a character goes on with a word: letters and the apostrophe, as evaluations count words."""
    return chr(char).isalpha() or char == ord("'")


def effective_weights(settings: MixSettings, pi: Floats) -> Floats:
    """π as it counts: a style below zero is avoided by log-linear pooling, and silent in the others."""
    return pi if settings.pooling == LOG_LINEAR else np.maximum(pi, 0.0)


def pool(settings: MixSettings, omega: NDArray[np.floating], pi: Floats, evidence: Floats) -> tuple[Floats, Floats]:
    """ρ of rows (k, 128), weights (k,) and hand-over's memory (k,); and the weights for `mixture.responsibilities`."""
    rho, pi = pooled(settings, omega, pi, evidence)
    return drawn_from(settings, rho), pi


def pooled(settings: MixSettings, omega: NDArray[np.floating], pi: Floats, evidence: Floats) -> tuple[Floats, Floats]:
    """The same, before temperature and top-p."""
    rows = even(omega, pi, settings.evenness) if settings.evenness else omega
    if settings.pooling == LOG_LINEAR:
        rho, pi = log_linear(rows, pi), np.maximum(pi, 0.0)
    else:
        if settings.pooling == HAND_OVER:
            pi = weigh(pi, evidence)
        rho = mixture.mix(rows, pi)
    return rho, pi


def drawn_from(settings: MixSettings, rho: Floats) -> Floats:
    """ρ as a character is drawn from it: tempered, then cut to its likeliest."""
    return top_p(temper(rho, settings.temperature), settings.top_p)


def pool_many(settings: MixSettings, omega: NDArray[np.floating], pi: Floats, evidence: Floats) -> Floats:
    """ρ of many hypotheses at once: rows (b, k, 128), weights (k,), evidence (b, k) -> (b, 128)."""
    if settings.evenness:
        omega = np.stack([even(rows, pi, settings.evenness) for rows in omega])
    if settings.pooling == LOG_LINEAR:
        rho = np.stack([log_linear(rows, pi) for rows in omega])
    else:
        if settings.pooling == HAND_OVER:
            weights = np.stack([weigh(pi, one) for one in evidence])
        else:
            weights = np.tile(pi, (len(omega), 1))
        rho = np.einsum("bk,bkc->bc", weights / weights.max(axis=1, keepdims=True), omega.astype(np.float64))
        rho /= rho.sum(axis=1, keepdims=True)
    if settings.temperature != 1.0 or settings.top_p < 1:
        rho = np.stack([drawn_from(settings, row) for row in rho])
    return rho


def hear_many(evidence: Floats, chars: NDArray[np.intp], omega: NDArray[np.floating]) -> Floats:
    """`hear` for many hypotheses in which every style is heard: evidence (b, k), a character each, rows (b, k, 128)."""
    said = np.log(np.maximum(omega[np.arange(len(chars)), :, chars].astype(np.float64), LEAST)) + evidence
    said -= said.max(axis=1, keepdims=True)
    said[[not in_word(int(char)) for char in chars]] = 0
    heard: Floats = said
    return heard
