"""The CPU engine: ONNX Runtime steps the graph of `models.engines.graph`, one thread, int8 weights.

For every number of hypotheses its buffers are bound once, two sets that take turns as input and output, so a step allocates
next to nothing. `consume` runs the very same step: that makes it equal to stepping to the last bit, which is what makes a
skipped style exact and a seeded text reproducible.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models import ModelsError
from models.alphabet import CODES, Codes

States = Mapping[str, NDArray[np.generic]]


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
        self._widths: dict[int, _Width] = {}
        self._now = self._width(1)

    def reset(self) -> None:
        self._now = self._width(1)
        self._now.become(zero(self._session, 1))

    def consume(self, chars: Codes) -> None:
        self._become([0])
        now = self._now
        for code in chars.tolist():
            now.chars[0] = code
            now.step()

    def step(self, parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32]:
        self._become(parents)
        self._now.chars[:] = chars
        self._now.step()
        return self._now.y

    def keep(self) -> States:
        return {name: state.copy() for name, state in self._now.states.items()}

    def back_to(self, kept: States, hypothesis: int) -> None:
        self._now = self._width(1)
        self._now.become({name: state[hypothesis : hypothesis + 1] for name, state in kept.items()})

    def _become(self, parents: Sequence[int]) -> None:
        """The hypotheses are from now on those that follow `parents`."""
        before, now = self._now, self._width(len(parents))
        if now is not before or not all(parent == k for k, parent in enumerate(parents)):
            chosen = list(parents)
            now.become({name: state[chosen] for name, state in before.states.items()})
            self._now = now

    def _width(self, hypotheses: int) -> "_Width":
        if hypotheses not in self._widths:
            self._widths[hypotheses] = _Width(self._session, hypotheses)
        return self._widths[hypotheses]


class _Width:
    """The states of so many hypotheses, where they always lie, and the step on them."""

    def __init__(self, session: onnxruntime.InferenceSession, hypotheses: int) -> None:
        self.chars = np.zeros(hypotheses, np.int64)
        self.y = np.zeros((hypotheses, CODES), np.float32)
        self._run = session.run_with_iobinding
        self._turns = zero(session, hypotheses), zero(session, hypotheses)
        self._bindings = tuple(self._bind(session, self._turns[k], self._turns[1 - k]) for k in (0, 1))
        self._turn = 0

    @property
    def states(self) -> States:
        """The states as they are now; the next step but one writes over them."""
        return self._turns[self._turn]

    def become(self, states: States) -> None:
        for name, state in self.states.items():
            state[:] = states[name]

    def step(self) -> None:
        """Every hypothesis reads its character."""
        self._run(self._bindings[self._turn])
        self._turn = 1 - self._turn

    def _bind(self, session: onnxruntime.InferenceSession, before: States, after: States) -> onnxruntime.IOBinding:
        wrap = onnxruntime.OrtValue.ortvalue_from_numpy  # on the CPU it shares the array's memory
        binding = session.io_binding()
        binding.bind_ortvalue_input("char", wrap(self.chars))
        binding.bind_ortvalue_output("y", wrap(self.y))
        for name in before:
            binding.bind_ortvalue_input(name, wrap(before[name]))
            binding.bind_ortvalue_output(f"{name}_next", wrap(after[name]))
        return binding


def zero(session: onnxruntime.InferenceSession, hypotheses: int) -> States:
    """The zero state of a graph, for so many hypotheses."""
    return {
        state.name: np.full((hypotheses, state.shape[1]), 128, np.uint8)
        if state.name[0] == "h"
        else np.zeros((hypotheses, state.shape[1]), np.float32)
        for state in session.get_inputs()
        if state.name not in ("char", "heard")
    }
