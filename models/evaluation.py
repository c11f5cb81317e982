"""Evaluates styles: each writes alone, all score every text, and its words are counted.

Every style has one engine and meets all texts as one batch of hypotheses, so 36 styles score 36 texts in minutes.
Scores are nats a character, mean of -ln Pr(x_{t+1} | x_1 ... x_t), each text read from the zero state after a newline.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.alphabet import Codes
from models.engines import Engine

WINDOW = 400  # characters whose author is guessed
NEWLINE = 10


def write(engine: Engine, chars: int, temperatures: Sequence[float], seed: int) -> Codes:
    """A text a temperature, written by one style alone: shape (len(temperatures), chars) uint8, after a newline."""
    rng = np.random.default_rng(seed)
    power = 1 / np.asarray(temperatures)[:, None]
    texts = np.zeros((len(temperatures), chars), np.uint8)
    engine.reset()
    parents: list[int] = [0] * len(temperatures)
    codes = [NEWLINE] * len(temperatures)
    for at in range(chars):
        y = engine.step(parents, codes).astype(np.float64) ** power
        heap = np.cumsum(y, axis=1)
        spots = rng.random((len(temperatures), 1)) * heap[:, -1:]
        texts[:, at] = (heap <= spots).sum(axis=1).clip(max=127)
        parents, codes = list(range(len(temperatures))), texts[:, at].tolist()
    return texts


def score(engine: Engine, texts: Codes) -> NDArray[np.float32]:
    """Nats of every character of `texts`, shape (T, N) uint8 -> (T, N) float32."""
    nats = np.zeros(texts.shape, np.float32)
    rows = np.arange(len(texts))
    before = np.full(len(texts), NEWLINE, np.uint8)
    engine.reset()
    parents = [0] * len(texts)
    for at in range(texts.shape[1]):
        y = engine.step(parents, before.tolist())
        before = texts[:, at]
        nats[:, at] = -np.log(np.maximum(y[rows, before], 1e-12))
        parents = rows.tolist()
    return nats


def windows(nats: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, N) nats a character -> (T, N // WINDOW) mean nats of each whole window."""
    whole = nats.shape[1] // WINDOW
    means: NDArray[np.float32] = nats[:, : whole * WINDOW].reshape(len(nats), whole, WINDOW).mean(axis=2)
    return means


@dataclass(frozen=True)
class Confusion:
    """The share `table[a, b]` of the windows written by `a` that `b` predicted best."""

    table: NDArray[np.float64]  # (styles, styles), rows sum to 1
    right: float  # share of all windows whose author was the best scorer

    @classmethod
    def of(cls, scores: NDArray[np.float32]) -> "Confusion":
        """`scores` has shape (scorers, authors, windows), scorers and authors in the same order."""
        styles = scores.shape[0]
        best = scores.argmin(axis=0)  # (authors, windows)
        table = np.stack([np.bincount(row, minlength=styles) / best.shape[1] for row in best])
        return cls(table, float((best == np.arange(styles)[:, None]).mean()))


def words(text: str) -> list[str]:
    """The words of a text, lower case: letters, with apostrophes inside."""
    return re.findall(r"[a-z]+(?:'[a-z]+)*", text.lower())


def known_share(text: str, vocabulary: set[str]) -> float:
    """Which share of the words of `text` is in `vocabulary`; 1 without words. The last word, cut off, does not count."""
    found = words(re.sub(r"[A-Za-z']+\Z", "", text))
    return sum(word in vocabulary for word in found) / len(found) if found else 1.0


def longest_copy(text: str, corpus: str) -> str:
    """The longest stretch of `text` that stands in `corpus` letter for letter."""
    best = ""
    for at in range(len(text)):
        while (longer := text[at : at + len(best) + 1]) in corpus and len(longer) > len(best):
            best = longer
    return best
