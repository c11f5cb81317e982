"""Legibility in figures: known words, variety, and whether each voice has the letters that it weighs.

Pure, on text. What a judge makes of a text, in nats, is `models.evaluation.score`'s business.
"""

import numpy as np
from numpy.typing import NDArray

GRAM = 4  # characters


def distinct(text: str, gram: int = GRAM) -> float:
    """The share of the text's runs of `gram` characters that are another than all before; 1 for a text too short."""
    runs = [text[at : at + gram] for at in range(len(text) - gram + 1)]
    return len(set(runs)) / len(runs) if runs else 1.0


def longest_repeat(text: str) -> str:
    """The longest run of characters that stands in the text twice; the two may overlap."""
    low, high, found = 0, len(text) - 1, ""
    while low < high:  # if a run of some length repeats, so does a shorter one
        length = (low + high + 1) // 2
        if run := _repeats(text, length):
            low, found = length, run
        else:
            high = length - 1
    return found


def _repeats(text: str, length: int) -> str:
    seen: set[str] = set()
    for at in range(len(text) - length + 1):
        run = text[at : at + length]
        if run in seen:
            return run
        seen.add(run)
    return ""


def unfair(shares: NDArray[np.float64], pi: NDArray[np.float64]) -> float:
    """By which factor the style worst off has more or less of the letters than its weight says: 1 is fair.

    `shares` are mean responsibilities, `pi` weights above zero, both (n,) of any scale.
    """
    ratio = shares / shares.sum() / (pi / pi.sum())
    smallest = float(ratio.min())
    return max(float(ratio.max()), 1 / smallest) if smallest > 0 else np.inf


def interval(values: NDArray[np.float64], seed: int = 0, draws: int = 10_000) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of `values` (m,)."""
    rng = np.random.default_rng(seed)
    means = rng.choice(values, (draws, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
