"""The monolith in torch, as it is trained: one LSTM whose gates hear π (paper 3.1, "one monolithic model").

Every style has a vector, added at each gate of each layer and to the output, as much of it as the style weighs:

    z_t = W_x x_t + W_h h_{t-1} + b + V π_t

V's columns are the vectors. To torch, π is n more inputs of every layer, so its own LSTM trains the whole.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.alphabet import CODES
from models.architecture import Architecture
from models.lstm import EMBEDDING, embedded

State = list[tuple[Tensor, Tensor]]  # a layer each: (1, B, hidden) twice


class MonolithLSTM(nn.Module):
    """y_t = Pr(x_{t+1} | x_1 ... x_t, π_1 ... π_t, θ), as logits; `voices` is how many styles π has."""

    def __init__(
        self, architecture: Architecture, voices: int, dropout_input: float = 0.0, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.architecture, self.voices = architecture, voices
        self.embedding = nn.Embedding(CODES, EMBEDDING)
        self.dropout_input, self.dropout = nn.Dropout(dropout_input), nn.Dropout(dropout)
        widths = [EMBEDDING] + [architecture.hidden] * (architecture.layers - 1)
        self.layers = nn.ModuleList(nn.LSTM(width + voices, architecture.hidden) for width in widths)
        self.output = nn.Linear(architecture.hidden + voices, CODES)

    def forward(self, x: Tensor, pi: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """`x` (T, B) codes, `pi` (B, voices) or (T, B, voices) weights -> logits (T, B, 128), and the state after."""
        pi = pi.expand(len(x), -1, -1)  # (T, B, voices)
        below = self.dropout_input(self.embedding(x))  # (T, B, EMBEDDING)
        after: State = []
        for k, layer in enumerate(self.layers):
            h, (last, c) = layer(torch.cat([below, pi], -1), state[k] if state else None)  # (T, B, hidden)
            after.append((last, c))
            below = self.dropout(h)
        return self.output(torch.cat([below, pi], -1)), after  # (T, B, 128)

    def vectors(self) -> list[nn.Parameter]:
        """The parameters whose last `voices` columns are the styles' vectors."""
        return [*(layer.weight_ih_l0 for layer in self.layers), self.output.weight]  # type: ignore[list-item]

    @torch.no_grad()
    def start_from(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        """Begin where a played monolith stands, which may know fewer styles: those behind them begin with nothing."""

        def put(columns: Tensor, weight: NDArray[np.float32], vectors: NDArray[np.float32]) -> None:
            columns.zero_()
            wide = weight.shape[1]
            columns[:, :wide] = torch.from_numpy(np.ascontiguousarray(weight))
            columns[:, wide : wide + len(vectors)] = torch.from_numpy(vectors.T.copy())

        embedding, rotated = embedded(weights["layer0.wx"])
        self.embedding.weight.copy_(embedding)
        for k, layer in enumerate(self.layers):
            wx, wh = (rotated, weights["layer0.wh"]) if k == 0 else np.split(weights[f"layer{k}.w"], 2, axis=1)
            put(layer.weight_ih_l0, wx, weights[f"layer{k}.voices"])  # type: ignore[arg-type]
            layer.weight_hh_l0.copy_(torch.from_numpy(np.ascontiguousarray(wh)))  # type: ignore[operator]
            layer.bias_ih_l0.copy_(torch.from_numpy(weights[f"layer{k}.bias"]))  # type: ignore[operator]
            layer.bias_hh_l0.zero_()  # type: ignore[operator]
        put(self.output.weight, weights["output.weight"], weights["output.voices"])
        self.output.bias.copy_(torch.from_numpy(weights["output.bias"]))

    @torch.no_grad()
    def played_weights(self) -> dict[str, NDArray[np.float32]]:
        """The network as the engines play it, by the names `models.monolith` states."""
        made: dict[str, Tensor] = {"output.bias": self.output.bias}
        n = self.voices
        for k, layer in enumerate(self.layers):
            columns: Tensor = layer.weight_ih_l0  # type: ignore[assignment]
            wx, wh = columns[:, :-n], layer.weight_hh_l0
            if k == 0:
                made |= {"layer0.wx": wx @ self.embedding.weight.T, "layer0.wh": wh}  # type: ignore[dict-item]
            else:
                made[f"layer{k}.w"] = torch.cat([wx, wh], dim=1)  # type: ignore[list-item]
            made[f"layer{k}.voices"] = columns[:, -n:].T
            made[f"layer{k}.bias"] = layer.bias_ih_l0 + layer.bias_hh_l0  # type: ignore[operator]
        made |= {"output.weight": self.output.weight[:, :-n], "output.voices": self.output.weight[:, -n:].T}
        return {name: np.ascontiguousarray(w.detach().float().cpu().numpy()) for name, w in made.items()}
