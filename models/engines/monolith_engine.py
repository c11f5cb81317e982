"""The monolith's engine: ONNX Runtime steps its graph; the weights π enter with every character.

What the styles' vectors come to at π is summed here, style after style, and not in the graph: so a row does not depend on
the others in its batch, to the last bit, and a monolith that reads the text again is where it was.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.alphabet import Codes
from models.engines import side_by_side
from models.engines.onnx_engine import States, session, zero

Rows = NDArray[np.float32]
# Of 1x768 with 36 styles: of what it writes as one style, the styles' own networks take 38 % for that style's when it is
# played as trained, and of what it writes as four, 22 % for one of the four's. With this emphasis 72 and 55 %, at 92 and
# 90 % known words (with 3: 88 and 86), and held-out texts are 1.180 nats a character to it instead of 1.141.
EMPHASIS = 2.0
KEPT_SUMS = 256  # of weights that come again: those of single styles, and of a hand that rests


class MonolithEngine:
    """Like `models.engines.Engine`, but each character comes with weights, shape (styles,), zero or more."""

    def __init__(self, graph: Path | bytes, vectors: Rows, as_trained: bool = False) -> None:
        """`vectors` as `vectors()` below makes them. Raises ModelsError when the graph cannot be loaded.

        It is played with emphasis: else the text so far outweighs the vectors, the more the smaller their shares are.
        """
        self._as_trained = as_trained
        self._session = session(graph)
        self._vectors = vectors
        self._sums: dict[bytes, Rows] = {}
        self.reset()

    @property
    def styles(self) -> int:
        return len(self._vectors)

    def reset(self, hypotheses: int = 1) -> None:
        """Back to the zero state, of which there are as many as that."""
        self._states: States = zero(self._session, hypotheses)

    def consume(self, chars: Codes, pi: Rows) -> None:
        """Read `chars` (T,) on from hypothesis 0, each with its weights (T, styles)."""
        for char, weights in zip(chars.tolist(), pi, strict=True):
            self.step((0,), (char,), weights[None])

    def step(self, parents: Sequence[int], chars: Sequence[int], pi: Rows) -> Rows:
        """Read `char` with weights `pi` (styles,): the row at these, and the row of each style alone, (1 + styles, 128).

        Returns Pr(next char) for each, (batch, 128) float32, rows summing to 1.
        """
        self._states = {name: state[list(parents)] for name, state in self._states.items()}
        return self.advance(np.asarray(chars, np.int64), np.stack([self.heard(weights) for weights in pi]))

    def advance(self, chars: NDArray[np.int64], heard: Rows) -> Rows:
        """Every hypothesis goes on by a character, and hears what `heard` says of its weights: (batch, wide)."""
        y, *following = self._session.run(None, {"char": chars, "heard": heard, **self._states})
        self._states = dict(zip(self._states, following, strict=True))
        return np.asarray(y, np.float32)

    def keep(self) -> Any:
        """The state of all hypotheses, to return to."""
        return self._states

    def back_to(self, kept: Any, hypothesis: int) -> None:
        """One of the hypotheses that were kept becomes the only one."""
        self._states = {name: state[hypothesis : hypothesis + 1] for name, state in kept.items()}

    def heard(self, weights: Rows) -> Rows:
        """Σ π_i v_i / |π|_1 as trained, EMPHASIS Σ π_i v_i / |π|_2 as played, in the order of the styles.

        Without weights, nothing. Shape (wide,).
        """
        key = weights.tobytes()
        if (known := self._sums.get(key)) is not None:
            return known
        total = np.zeros(self._vectors.shape[1], np.float32)
        pi = weights.astype(np.float64)
        whole = pi.sum() if self._as_trained else float(np.sqrt((pi**2).sum())) / EMPHASIS
        for style in np.flatnonzero(weights):
            total += np.float32(pi[style] / whole) * self._vectors[style]
        if len(self._sums) >= KEPT_SUMS:
            self._sums.clear()
        self._sums[key] = total
        return total


class Voices:
    """One text as a monolith reads it with the weights of the moment, and beside that with each of its styles alone.

    All of these are hypotheses of one batch, and none of them hears another.
    """

    def __init__(self, engine: MonolithEngine) -> None:
        self._engine, self._batch = engine, 1 + engine.styles
        alone = np.eye(self._batch, engine.styles, -1, dtype=np.float32)  # the first row is the mix's
        self._heard = np.stack([engine.heard(weights) for weights in alone])
        self.reset()

    @property
    def styles(self) -> int:
        return self._engine.styles

    def reset(self) -> None:
        """Back to the zero state."""
        self._engine.reset(self._batch)

    def consume(self, chars: Codes, pi: Rows) -> None:
        """Read `chars` (T,) on, each with its weights (T, styles)."""
        for char, weights in zip(chars.tolist(), pi, strict=True):
            self.step(char, weights)

    def step(self, char: int, pi: Rows) -> Rows:
        """Read `char` with weights `pi` (styles,): the row at these, and the row of each style alone, (1 + styles, 128)."""
        self._heard[0] = self._engine.heard(pi)
        return self._engine.advance(np.full(self._batch, char, np.int64), self._heard)


def vectors(weights: Mapping[str, NDArray[Any]]) -> Rows:
    """The styles' vectors of a package's arrays as its graph hears them: (styles, layers * 4 hidden + 128)."""
    gates = [name for name in sorted(weights) if name.startswith("layer") and name.endswith(".voices")]
    order = side_by_side(weights[gates[0]].shape[1] // 4)
    parts = [weights[name][:, order] for name in gates] + [weights["output.voices"]]
    return np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32)


def load(graph: Path, weights: Path, as_trained: bool = False) -> MonolithEngine:
    """The engine of a monolith's graph and weights file. Raises ModelsError when they cannot be read."""
    from models import package

    return MonolithEngine(graph, vectors(package.arrays(weights)), as_trained)
