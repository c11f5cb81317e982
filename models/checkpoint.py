"""A training that can go on: its tensors and figures in one safetensors file, written whole or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from models import ModelsError
from models.atomic import replacing

States = dict[str, Mapping[str, Tensor]]


def save(
    path: Path, identity: str, figures: Mapping[str, Any], states: States, optimiser: torch.optim.Optimizer
) -> None:
    """Write `states`, each under its name, the optimiser, torch's random state and the `figures`, as JSON.

    `identity` says of which training it is. Raises ModelsError when it cannot be written.
    """
    tensors = {f"{name}.{k}": v for name, state in states.items() for k, v in state.items()}
    for index, slots in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{k}": v for k, v in slots.items()}
    tensors["random"] = torch.get_rng_state()
    contiguous = {k: v.contiguous() for k, v in tensors.items()}
    try:
        with replacing(path) as part:
            save_file(contiguous, part, metadata={"chorus": json.dumps(figures), "of": identity})
    except (OSError, SafetensorError) as e:
        raise ModelsError(f"cannot write the checkpoint {path}: {e}") from e


def load(
    path: Path, identity: str, optimiser: torch.optim.Optimizer
) -> tuple[dict[str, Any], dict[str, dict[str, Tensor]]] | None:
    """The figures and the states by name; optimiser and random state are set. None when there is none of this training.

    Raises ModelsError for a file that cannot be read.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("of") != identity:
                return None  # another text or recipe: it starts anew
            tensors = {key: file.get_tensor(key) for key in list(file.keys())}
    except (OSError, SafetensorError) as e:
        raise ModelsError(f"the checkpoint {path} cannot be read ({e}): delete it to start anew") from e
    states: dict[str, dict[str, Tensor]] = {}
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        name, _, rest = key.partition(".")
        if name == "optimiser":
            index, field = rest.split(".")
            slots.setdefault(int(index), {})[field] = value
        elif name != "random":
            states.setdefault(name, {})[rest] = value
    if slots:
        optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})
    torch.set_rng_state(tensors["random"])
    return json.loads(metadata["chorus"]), states
