"""The CPU engine: ONNX Runtime steps the graph of `models.engines.graph`, one thread, int8 weights.

The single hypothesis of plain sampling has its buffers bound once, two sets that take turns as input and output, so a
step allocates nothing. `consume` runs the very same step: that makes it equal to stepping to the last bit, which is what
makes a skipped style exact and a seeded text reproducible.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models import ModelsError
from models.alphabet import CODES, Codes


def session(graph: Path | bytes) -> onnxruntime.InferenceSession:
    """A step graph, loaded to run on one thread. Raises ModelsError when it cannot be."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            graph if isinstance(graph, bytes) else str(graph), options, providers=["CPUExecutionProvider"]
        )
    except Exception as e:  # ONNX Runtime raises a dozen unrelated types
        raise ModelsError(f"ONNX Runtime cannot load {graph if isinstance(graph, Path) else 'the graph'}: {e}") from e


class OnnxEngine:
    """Plays one step graph; see `models.engines.Engine`."""

    def __init__(self, graph: Path | bytes) -> None:
        """Raises ModelsError when the graph cannot be loaded."""
        self._session = session(graph)
        self._hidden = int(self._session.get_inputs()[1].shape[1])
        self._layers = (len(self._session.get_inputs()) - 1) // 2
        self._char = np.zeros(1, np.int64)
        self._y = np.zeros((1, CODES), np.float32)
        self._turns = (self._zero(1), self._zero(1))
        self._bindings = tuple(self._bind(self._turns[k], self._turns[1 - k]) for k in (0, 1))
        self._turn = 0
        self._many: dict[str, NDArray[np.generic]] | None = None  # the states, when there is more than one hypothesis

    def reset(self) -> None:
        self._turn, self._many = 0, None
        for name, zero in self._zero(1).items():
            self._turns[0][name][:] = zero

    def consume(self, chars: Codes) -> None:
        if self._many is not None:
            self._collapse(0)
        run, bindings, cell = self._session.run_with_iobinding, self._bindings, self._char
        turn = self._turn
        for code in chars.tolist():
            cell[0] = code
            run(bindings[turn])
            turn = 1 - turn
        self._turn = turn

    def step(self, parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32]:
        if len(chars) == 1:
            if self._many is not None:
                self._collapse(parents[0])
            self._char[0] = chars[0]
            self._session.run_with_iobinding(self._bindings[self._turn])
            self._turn = 1 - self._turn
            return self._y
        states = self._many if self._many is not None else self._turns[self._turn]
        chosen = {name: state[list(parents)] for name, state in states.items()}
        y, *following = self._session.run(None, {"char": np.asarray(chars, np.int64), **chosen})
        self._many = dict(zip(chosen, following, strict=True))
        return np.asarray(y, np.float32)

    def keep(self) -> dict[str, NDArray[np.generic]]:
        if self._many is not None:
            return self._many  # a step makes new arrays
        return {name: state.copy() for name, state in self._turns[self._turn].items()}

    def back_to(self, kept: dict[str, NDArray[np.generic]], hypothesis: int) -> None:
        self._many = kept
        self._collapse(hypothesis)

    def _collapse(self, parent: int) -> None:
        assert self._many is not None
        for name, state in self._many.items():
            self._turns[self._turn][name][:] = state[parent : parent + 1]
        self._many = None

    def _zero(self, batch: int) -> dict[str, NDArray[np.generic]]:
        states: dict[str, NDArray[np.generic]] = {}
        for layer in range(self._layers):
            states[f"h{layer}"] = np.full((batch, self._hidden), 128, np.uint8)
            states[f"c{layer}"] = np.zeros((batch, self._hidden), np.float32)
        return states

    def _bind(
        self, before: dict[str, NDArray[np.generic]], after: dict[str, NDArray[np.generic]]
    ) -> onnxruntime.IOBinding:
        wrap = onnxruntime.OrtValue.ortvalue_from_numpy  # on the CPU it shares the array's memory
        binding = self._session.io_binding()
        binding.bind_ortvalue_input("char", wrap(self._char))
        binding.bind_ortvalue_output("y", wrap(self._y))
        for name in before:
            binding.bind_ortvalue_input(name, wrap(before[name]))
            binding.bind_ortvalue_output(f"{name}_next", wrap(after[name]))
        return binding
