"""The character model of paper 2.1 and 2.2 in torch, as it is trained.

Input, output and forget gates, no peepholes, no skip connections, dropout on the non-recurrent connections (Zaremba &
Sutskever), and for long trainings on the recurrent weights too (DropConnect). The one-hot input is reached through a
learnt embedding, which makes many small updates converge faster and leaves no trace: `played_weights` multiplies it into
the first layer, so what is played has a one-hot input.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.alphabet import CODES
from models.architecture import Architecture

EMBEDDING = 128

State = tuple[Tensor, Tensor]


class CharLSTM(nn.Module):
    """y_t = Pr(x_{t+1} | x_1 ... x_t, θ), as logits."""

    def __init__(
        self,
        architecture: Architecture,
        dropout_input: float = 0.0,
        dropout: float = 0.0,
        dropout_recurrent: float = 0.0,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.dropout_recurrent = dropout_recurrent
        layers, hidden = architecture.layers, architecture.hidden
        self.embedding = nn.Embedding(CODES, EMBEDDING)
        self.dropout_input = nn.Dropout(dropout_input)
        self.lstm = nn.LSTM(EMBEDDING, hidden, layers, dropout=dropout if layers > 1 else 0.0)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, CODES)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        e = self.dropout_input(self.embedding(x))  # (T, B, EMBEDDING)
        h, state = torch.func.functional_call(self.lstm, self._thinned(), (e, state))  # (T, B, hidden)
        return self.output(self.dropout(h)), state  # (T, B, 128)

    def _thinned(self) -> dict[str, Tensor]:
        """The recurrent weights as this update sees them: one mask for the whole sequence."""
        if not self.training or not self.dropout_recurrent:
            return {}
        names = [f"weight_hh_l{layer}" for layer in range(self.architecture.layers)]
        return {name: nn.functional.dropout(getattr(self.lstm, name), self.dropout_recurrent) for name in names}

    @torch.no_grad()
    def start_from(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        """Begin where a played network stands: the inverse of `played_weights`.

        `weights` are plain float32 arrays of this architecture (`models.package.plain`).
        """
        embedding, rotated = embedded(weights["layer0.wx"])
        self.embedding.weight.copy_(embedding)
        self.output.weight.copy_(torch.from_numpy(weights["output.weight"]))
        self.output.bias.copy_(torch.from_numpy(weights["output.bias"]))
        for layer in range(self.architecture.layers):
            if layer == 0:
                wx, wh = rotated, weights["layer0.wh"]
            else:
                wx, wh = np.split(weights[f"layer{layer}.w"], 2, axis=1)
            getattr(self.lstm, f"weight_ih_l{layer}").copy_(torch.from_numpy(np.ascontiguousarray(wx)))
            getattr(self.lstm, f"weight_hh_l{layer}").copy_(torch.from_numpy(np.ascontiguousarray(wh)))
            getattr(self.lstm, f"bias_ih_l{layer}").copy_(torch.from_numpy(weights[f"layer{layer}.bias"]))
            getattr(self.lstm, f"bias_hh_l{layer}").zero_()

    @torch.no_grad()
    def played_weights(self) -> dict[str, NDArray[np.float32]]:
        """The network as the engines play it, by the names `models.package` states."""
        weights: dict[str, Tensor] = {"output.weight": self.output.weight, "output.bias": self.output.bias}
        for layer in range(self.architecture.layers):
            wx = getattr(self.lstm, f"weight_ih_l{layer}")
            wh = getattr(self.lstm, f"weight_hh_l{layer}")
            if layer == 0:
                wx = wx @ self.embedding.weight.T  # (4 hidden, 128): one column a character
                weights |= {"layer0.wx": wx, "layer0.wh": wh}
            else:
                weights[f"layer{layer}.w"] = torch.cat([wx, wh], dim=1)
            weights[f"layer{layer}.bias"] = getattr(self.lstm, f"bias_ih_l{layer}") + getattr(
                self.lstm, f"bias_hh_l{layer}"
            )
        return {name: w.detach().float().cpu().numpy() for name, w in weights.items()}


def embedded(wx: NDArray[np.float32]) -> tuple[Tensor, NDArray[np.float32]]:
    """An embedding (128, EMBEDDING) and what follows it (4 hidden, EMBEDDING) that do what `wx` (4 hidden, 128) does.

    Of all that give the same network it takes a random rotation as long as torch's own start: a plain one-hot learns
    slower (RECIPE.md).
    """
    rotation = torch.linalg.qr(torch.randn(CODES, EMBEDDING, generator=torch.Generator().manual_seed(0)))[0]
    return rotation * EMBEDDING**0.5, wx @ rotation.numpy() / EMBEDDING**0.5
