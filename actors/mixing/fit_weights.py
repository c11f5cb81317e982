"""Fits weights to a text: the mix that would most likely have written it, by expectation and maximisation. Pure.

Of every character of the text each style says how likely it is, P[t, i] = y_t^i(x_{t+1}), whatever the weights: so the best
weights are those of a mixture with fixed parts, whose likelihood has one maximum.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST = 1e-12  # no style finds a character impossible
ROUNDS = 2000
ENOUGH = 1e-9  # nats a character that a round still gains


def mix(likelihoods: Floats) -> Floats:
    """π (n,) summing to 1 that maximises Σ_t log Σ_i π_i P[t, i], for P (T, n) with T, n of at least one."""
    likely = np.maximum(likelihoods, LEAST)
    pi = np.full(likely.shape[1], 1 / likely.shape[1])
    before = -np.inf
    for _ in range(ROUNDS):
        parts = likely * pi  # (T, n)
        said = parts.sum(axis=1)  # (T,)
        pi = (parts / said[:, None]).mean(axis=0)  # the mean responsibility
        now = float(np.log(said).mean())
        if now - before < ENOUGH:
            break
        before = now
    return pi


def nats(likelihoods: Floats, pi: Floats) -> float:
    """Nats a character that the mix needs for the text."""
    return float(-np.log(np.maximum(likelihoods, LEAST) @ pi).mean())
