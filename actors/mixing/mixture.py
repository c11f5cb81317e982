"""The mathematics of section 2 of the paper, as pure functions of arrays; the coordinator calls them every step.

Symbols: n styles, mixture weights π (`pi`, shape (n,)), Ω (`omega`, shape (n, 128): row i is y^i; the paper writes its
transpose), mixed distribution ρ (`rho`, shape (128,)). Rows arrive as float32; everything after is float64.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors import EnsembleError
from actors.wire.parameters import SILENT_SHARE

Floats = NDArray[np.float64]
Rows = NDArray[np.float32]

SILENCE = "all weights are zero: give at least one style a weight above zero"


@dataclass(frozen=True)
class Mixed:
    """The slots that were heard, in order, their rows (k, 128), and ρ (128,), from which a character is drawn."""

    slot_ids: list[int]
    omega: Rows
    rho: Floats
    whose: Callable[[int], Floats]  # responsibilities (k,) for a character
    weights: Floats  # (k,), as a lookahead mixes them


def check_weights(
    weights: Mapping[str, float], known: Collection[str], whole: bool = True, below_zero: bool = False
) -> None:
    """Raises EnsembleError unless `weights` are finite, of known styles, zero or more, in a `whole` mix one above zero.

    `below_zero`: such weights are allowed, too.
    """
    for slug, weight in weights.items():
        if slug not in known:
            raise EnsembleError(f"there is no style {slug!r} here; there are {', '.join(sorted(known))}")
        if not math.isfinite(weight):
            raise EnsembleError(f"the weight of {slug} is {weight}: send a finite number")
        if weight < 0 and not below_zero:
            raise EnsembleError(f"the weight of {slug} is {weight:g}: send zero or more, or choose log-linear pooling")
    if whole and not any(weight > 0 for weight in weights.values()):
        raise EnsembleError(SILENCE)


def active(pi: Floats, silent_share: float = SILENT_SHARE) -> NDArray[np.intp]:
    """Indices of the styles that speak: those above `silent_share` of the loudest; or as far below zero, which are avoided.

    The paper's 5 % is of a slider at full; taken relative to the loudest it means the same there, holds for weights on
    any scale, and leaves 24 equal styles all speaking.
    """
    if not len(pi) or pi.max() <= 0:
        return np.zeros(0, np.intp)
    return np.flatnonzero(np.abs(pi) > silent_share * pi.max())


def mix(omega: NDArray[np.floating], pi: Floats) -> Floats:
    """ρ_t = Ω_t π_t / |Ω_t π_t|_1, linear pooling (paper 2). `omega` (k, 128) and `pi` (k,) of the styles that speak."""
    pooled = (pi / pi.max()) @ omega.astype(np.float64)  # scaled first, so that no weight under- or overflows
    rho: Floats = pooled / pooled.sum()
    return rho


def responsibilities(omega: NDArray[np.floating], pi: Floats, char: int) -> Floats:
    """r_i = π_i y_i(c) / Σ_j π_j y_j(c): how much of the letter `char` is style i's. Shape (k,), sums to 1."""
    parts: Floats = pi / pi.max() * omega[:, char].astype(np.float64)
    if not parts.any():
        parts = pi
    shares: Floats = parts / parts.sum()
    return shares


def sample(rho: Floats, u: float) -> int:
    """The character at which the cumulated ρ passes `u` in [0, 1). Never one of probability zero."""
    cumulated = np.cumsum(rho)
    char = int(np.searchsorted(cumulated, u * cumulated[-1], side="right"))
    return min(char, int(np.flatnonzero(rho)[-1]))
