"""The GPU engine: torch steps the same arithmetic as the CPU engine, for nodes that have a GPU.

Weights are expanded from int8 once; hidden states are rounded to the CPU engine's levels after every step, so that a
style says the same wherever it is played. A step is a dozen small kernels, and launching them takes longer than they run:
on a GPU they are recorded once, as a CUDA graph, and launched as one.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models import ModelsError
from models.alphabet import CODES, Codes
from models.architecture import Architecture
from models.engines import LEVELS
from models.package import Weights, read_weights


class TorchEngine:
    """Plays a package's weights with torch; see `models.engines.Engine`."""

    def __init__(self, architecture: Architecture, weights: Weights, device: str = "cpu") -> None:
        self.device = torch.device(device)
        self.layers, self.hidden = architecture.layers, architecture.hidden

        def matrix(name: str) -> torch.Tensor:
            return torch.from_numpy(weights[name] * weights[f"{name}.scale"][:, None]).float().T.to(self.device)

        def bias(name: str) -> torch.Tensor:
            return torch.from_numpy(weights[name]).to(self.device)

        self._columns = matrix("layer0.wx")  # (128, 4 hidden)
        # (hidden, 4 hidden) of the first layer, (2 hidden, 4 hidden) of those above
        self._w = [matrix("layer0.wh")] + [matrix(f"layer{layer}.w") for layer in range(1, self.layers)]
        self._bias = [bias(f"layer{layer}.bias") for layer in range(self.layers)]
        self._output, self._output_bias = matrix("output.weight"), bias("output.bias")
        self._widths: dict[int, _Width] = {}
        self._now = self._width(1)

    def reset(self) -> None:
        self._now = self._width(1)
        self._now.h.zero_()
        self._now.c.zero_()

    def consume(self, chars: Codes) -> None:
        self._become([0])
        codes = torch.from_numpy(chars.astype(np.int64)).to(self.device)
        for at in range(len(chars)):
            self._now.codes.copy_(codes[at : at + 1])
            self._now.step()

    def step(self, parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32]:
        self._become(parents)
        self._now.codes.copy_(torch.tensor(list(chars)))
        self._now.step()
        return np.asarray(self._now.y.cpu().numpy(), np.float32)

    def keep(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self._now.h.clone(), self._now.c.clone()

    def back_to(self, kept: tuple[torch.Tensor, torch.Tensor], hypothesis: int) -> None:
        self._now = self._width(1)
        for now, before in zip((self._now.h, self._now.c), kept, strict=True):
            now.copy_(before[:, hypothesis : hypothesis + 1])

    def _become(self, parents: Sequence[int]) -> None:
        """The hypotheses are from now on those that follow `parents`."""
        before, now = self._now, self._width(len(parents))
        if now is not before or list(parents) != list(range(len(parents))):
            chosen = torch.tensor(list(parents), device=self.device)
            now.h.copy_(before.h[:, chosen])
            now.c.copy_(before.c[:, chosen])
        self._now = now

    def _width(self, hypotheses: int) -> "_Width":
        if hypotheses not in self._widths:
            self._widths[hypotheses] = _Width(self, hypotheses)
        return self._widths[hypotheses]

    def advance(self, codes: torch.Tensor, h: torch.Tensor, c: torch.Tensor, y: torch.Tensor) -> None:
        """One step in place: `codes` (batch,), `h` and `c` (layers, batch, hidden), `y` (batch, 128)."""
        for layer in range(self.layers):
            if layer == 0:  # a one-hot input picks a row
                z = self._columns[codes] + h[0] @ self._w[0] + self._bias[0]
            else:
                z = torch.cat([h[layer - 1], h[layer]], dim=-1) @ self._w[layer] + self._bias[layer]
            i, f, g, o = z.chunk(4, dim=-1)
            c[layer] = torch.sigmoid(f) * c[layer] + torch.sigmoid(i) * torch.tanh(g)
            h[layer] = torch.round(torch.sigmoid(o) * torch.tanh(c[layer]) * LEVELS) / LEVELS
        y.copy_(torch.softmax(h[-1] @ self._output + self._output_bias, dim=-1))


class _Width:
    """The states of so many hypotheses, where they always lie, and the step on them."""

    def __init__(self, engine: TorchEngine, hypotheses: int) -> None:
        self._engine = engine
        self.codes = torch.zeros(hypotheses, dtype=torch.int64, device=engine.device)
        self.h = torch.zeros(engine.layers, hypotheses, engine.hidden, device=engine.device)
        self.c = torch.zeros_like(self.h)
        self.y = torch.zeros(hypotheses, CODES, device=engine.device)
        self._graph = self._recorded() if engine.device.type == "cuda" else None

    def _recorded(self) -> "torch.cuda.CUDAGraph":
        engine = self._engine
        # libraries make their workspaces in a first run
        aside = torch.cuda.Stream(engine.device)  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream(engine.device))
        with torch.cuda.stream(aside):
            engine.advance(self.codes, self.h, self.c, self.y)
        torch.cuda.current_stream(engine.device).wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            engine.advance(self.codes, self.h, self.c, self.y)
        self.h.zero_()
        self.c.zero_()
        return graph

    def step(self) -> None:
        """Every hypothesis reads its code."""
        if self._graph:
            self._graph.replay()
        else:
            self._engine.advance(self.codes, self.h, self.c, self.y)


def on_gpu(weights: Path) -> TorchEngine:
    """The engine of a package's weights file on this process's GPU. Raises ModelsError when there is none for torch."""
    if not torch.cuda.is_available():
        raise ModelsError(f"torch {torch.__version__} finds no GPU here")
    arrays, architecture = read_weights(weights)
    try:
        return TorchEngine(architecture, arrays, "cuda")
    except RuntimeError as e:  # out of memory, or a driver that does not fit
        raise ModelsError(f"the GPU does not take it: {e}") from e
