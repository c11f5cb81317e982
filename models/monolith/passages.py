"""The passages a monolith learns from: of one style, and of many that take turns, each with its weights.

A passage of one style is a piece of its text, with π all its own. A passage of many is written in turns: whoever comes next
is drawn by π, goes on in his own text where he stopped, and hands over at the end of a word. So π means to the network
what it means to the ear: who is heard, and how much of the time. Streams run on from passage to passage, and the state with
them: it learns to follow a hand that moves.

Everything is a function of seed, stream and passage: a training that goes on needs nothing but its update.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.alphabet import Codes

PIECES = 50  # a passage: 4,000 characters
PURE = 0.6  # this share of the passages is of one style
MANY = (2, 3, 4, 6, 8, 12, 16, 24)
SHORTEST_TURN, LONGEST_TURN = 12.0, 160.0  # characters on average; each passage has its own
SILENT_SHARE = 0.05  # of the loudest: who weighs no more is not heard (paper 2.1)
ENDS_OF_WORDS = np.frombuffer(b" \n\t", np.uint8)


class Passages:
    """`batch` streams of passages drawn from `texts`, the trained part of each style's text."""

    def __init__(self, texts: Sequence[Codes], batch: int, length: int, seed: int) -> None:
        self.texts, self.batch, self.length, self.seed = texts, batch, length, seed
        sizes = np.sqrt([len(text) for text in texts])  # small texts are read more often than large ones, not as often
        self._often = sizes / sizes.sum()
        self._ends = [np.flatnonzero(np.isin(text, ENDS_OF_WORDS)) for text in texts]
        self._open: dict[int, tuple[int, Codes, NDArray[np.float32]]] = {}  # by stream: passage, its text and π

    def piece(self, update: int) -> tuple[Codes, NDArray[np.float32]]:
        """The text of an update (length + 1, batch) and its weights (batch, styles), rows summing to 1."""
        columns, weights = [], []
        for stream in range(self.batch):
            passage, at = divmod(update + stream * PIECES // self.batch, PIECES)  # they do not all change at once
            if self._open.get(stream, (-1,))[0] != passage:
                self._open[stream] = (passage, *self.passage(stream, passage))
            _, text, pi = self._open[stream]
            columns.append(text[at * self.length : (at + 1) * self.length + 1])
            weights.append(pi)
        return np.stack(columns, axis=1), np.stack(weights)

    def passage(self, stream: int, passage: int) -> tuple[Codes, NDArray[np.float32]]:
        """One passage: its text (PIECES * length + 1,) and its weights (styles,)."""
        dice = np.random.default_rng([self.seed, stream, passage])
        chars, n = PIECES * self.length + 1, len(self.texts)
        pi = np.zeros(n, np.float32)
        if n == 1 or dice.random() < PURE:
            style = int(dice.choice(n, p=self._often))
            pi[style] = 1
            return self._read(style, int(dice.integers(len(self.texts[style]))), chars), pi
        many = [k for k in MANY if k <= n]
        voices = dice.choice(n, int(dice.choice(many)), replace=False)
        share = np.ones(len(voices)) if dice.random() < 0.5 else dice.dirichlet(np.ones(len(voices)))
        share[share <= SILENT_SHARE * share.max()] = 0
        share /= share.sum()
        pi[voices] = share
        turn = float(np.exp(dice.uniform(np.log(SHORTEST_TURN), np.log(LONGEST_TURN))))
        at = {int(style): int(dice.integers(len(self.texts[style]))) for style in voices}
        written, parts = 0, []
        while written < chars:
            style = int(voices[dice.choice(len(voices), p=share)])
            begin = self._after_word(style, at[style])
            end = self._after_word(style, begin + int(dice.exponential(turn)))
            part = self._read(style, begin, (end - begin) % len(self.texts[style]))
            at[style] = end
            parts.append(part)
            written += len(part)
        return np.concatenate(parts)[:chars], pi

    def _after_word(self, style: int, at: int) -> int:
        """The position after the first end of a word from `at` on; texts go round."""
        ends, at = self._ends[style], at % len(self.texts[style])
        if not len(ends):
            return at + 1
        found = int(np.searchsorted(ends, at))
        return int(ends[found]) + 1 if found < len(ends) else int(ends[0]) + 1

    def _read(self, style: int, at: int, chars: int) -> Codes:
        """`chars` characters from `at` on; at its end the text begins again."""
        return np.take(self.texts[style], np.arange(at, at + chars), mode="wrap")
