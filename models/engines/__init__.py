"""What steps a style: one interface, two engines.

`OnnxEngine` plays on a CPU, `TorchEngine` on a GPU. Both play the same arithmetic: int8 weights from the package and
hidden states rounded to 255 levels over (-1, 1), which they never leave. A fixed scale (no range measured per call) is
why a row does not depend on the others in its batch, and why reading text in one go gives what stepping gives.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from models.alphabet import Codes

if TYPE_CHECKING:
    from models.package import Style

LEVELS = 127  # a hidden state h in (-1, 1) is played as round(h * LEVELS) / LEVELS


class Engine(Protocol):
    """One style's network with the states of the hypotheses it is exploring; a new one has a single zero state."""

    def consume(self, chars: Codes) -> None:
        """Read `chars` on from hypothesis 0, which becomes the only one. Writes nothing out."""

    def step(self, parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32]:
        """Hypothesis b becomes old hypothesis `parents[b]` followed by `chars[b]`.

        Returns Pr(next char) for each, shape (batch, 128) float32, rows summing to 1. The array is the engine's own
        and holds until the next call.
        """

    def reset(self) -> None:
        """Back to the single zero state."""


def on_cpu(style: "Style") -> Engine:
    """The CPU engine of `style`, its graph kept for the next time. Raises ModelsError when the package is broken."""
    from models.engines.graph import cached  # these load onnx and ONNX Runtime, which takes a while
    from models.engines.onnx_engine import OnnxEngine

    return OnnxEngine(cached(style))
