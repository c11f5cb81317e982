"""The GPU engine: torch steps the same arithmetic as the CPU engine, for nodes that have a GPU.

Weights are expanded from int8 once; hidden states are rounded to the CPU engine's levels after every step, so that a
style says the same wherever it is played.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from models.alphabet import Codes
from models.architecture import Architecture
from models.engines import LEVELS
from models.package import Weights


class TorchEngine:
    """Plays a package's weights with torch; see `models.engines.Engine`."""

    def __init__(self, architecture: Architecture, weights: Weights, device: str = "cpu") -> None:
        self._device = torch.device(device)
        self._layers, self._hidden = architecture.layers, architecture.hidden

        def matrix(name: str) -> torch.Tensor:
            return torch.from_numpy(weights[name] * weights[f"{name}.scale"][:, None]).float().T.to(self._device)

        def bias(name: str) -> torch.Tensor:
            return torch.from_numpy(weights[name]).to(self._device)

        self._columns = matrix("layer0.wx")  # (128, 4 hidden)
        # (hidden, 4 hidden) of the first layer, (2 hidden, 4 hidden) of those above
        self._w = [matrix("layer0.wh")] + [matrix(f"layer{layer}.w") for layer in range(1, self._layers)]
        self._bias = [bias(f"layer{layer}.bias") for layer in range(self._layers)]
        self._output, self._output_bias = matrix("output.weight"), bias("output.bias")
        self.reset()

    def reset(self) -> None:
        self._h = torch.zeros(self._layers, 1, self._hidden, device=self._device)  # (layers, batch, hidden)
        self._c = torch.zeros_like(self._h)

    def consume(self, chars: Codes) -> None:
        self._h, self._c = self._h[:, :1], self._c[:, :1]
        codes = torch.from_numpy(chars.astype(np.int64)).to(self._device)
        for at in range(len(chars)):
            self._advance(codes[at : at + 1])

    def step(self, parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32]:
        chosen = torch.tensor(list(parents), device=self._device)
        self._h, self._c = self._h[:, chosen], self._c[:, chosen]
        top = self._advance(torch.tensor(list(chars), device=self._device))
        y = torch.softmax(top @ self._output + self._output_bias, dim=-1)  # (batch, 128)
        return np.asarray(y.cpu().numpy(), np.float32)

    @torch.inference_mode()
    def _advance(self, codes: torch.Tensor) -> torch.Tensor:
        """One step of every hypothesis. Returns the top layer's hidden state, (batch, hidden)."""
        hs: list[torch.Tensor] = []
        cs: list[torch.Tensor] = []
        for layer in range(self._layers):
            if layer == 0:  # a one-hot input picks a row
                z = self._columns[codes] + self._h[0] @ self._w[0] + self._bias[0]
            else:
                z = torch.cat([hs[-1], self._h[layer]], dim=-1) @ self._w[layer] + self._bias[layer]
            i, f, g, o = z.chunk(4, dim=-1)
            c = torch.sigmoid(f) * self._c[layer] + torch.sigmoid(i) * torch.tanh(g)
            h = torch.round(torch.sigmoid(o) * torch.tanh(c) * LEVELS) / LEVELS
            hs.append(h)
            cs.append(c)
        self._h, self._c = torch.stack(hs), torch.stack(cs)
        return self._h[-1]
