"""Engines step a style: one interface, two implementations.

`OnnxEngine` plays on a CPU, `TorchEngine` on a GPU. Both play the same arithmetic: int8 weights from the package and
hidden states rounded to 255 levels over (-1, 1), which they never leave. A fixed scale (no range measured per call) is
why a row does not depend on the others in its batch, and why reading text in one go gives what stepping gives.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models import ModelsError
from models.alphabet import Codes
from models.atomic import replacing

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

    def keep(self) -> Any:
        """The state of all hypotheses, to return to; nothing that happens to them later changes it."""

    def back_to(self, kept: Any, hypothesis: int) -> None:
        """One of the hypotheses that were kept becomes the only one."""


def side_by_side(hidden: int) -> NDArray[np.intp]:
    """The order in which a graph has the gates: i, f, o, g, so that the three that are sigmoids lie together."""
    return np.concatenate([np.arange(hidden) + at * hidden for at in (0, 1, 3, 2)])


def load(graph: Path, weights: Path | None) -> tuple[Engine, str]:
    """The engine of the files that lie on this machine: the step graph and, where there is a GPU, the weights.

    Also what is to be said of it: a GPU that cannot be used is a pity, and no reason to be silent. Raises ModelsError when
    the graph cannot be loaded either.
    """
    said = ""
    if weights is not None:
        try:
            from models.engines.torch_engine import on_gpu  # torch takes seconds to load

            return on_gpu(weights), "on the GPU"
        except (ImportError, ModelsError) as e:
            said = f"on the processor: {e}"
    from models.engines.onnx_engine import OnnxEngine

    return OnnxEngine(graph), said


def keep(path: Path, contents: bytes) -> Path:
    """The file of an engine, written if it is not there yet. Raises ModelsError when it cannot be."""
    if path.exists():
        return path
    try:
        with replacing(path) as part:
            part.write_bytes(contents)
    except OSError as e:
        raise ModelsError(f"cannot keep the engine {path.name} in {path.parent}: {e.strerror}") from e
    return path


def on_cpu(style: "Style") -> Engine:
    """The CPU engine of `style`, its graph kept for the next time. Raises ModelsError when the package is broken."""
    from models.engines.graph import cached  # these load onnx and ONNX Runtime, which takes a while
    from models.engines.onnx_engine import OnnxEngine

    return OnnxEngine(cached(style))
