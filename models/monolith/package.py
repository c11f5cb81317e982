"""A monolith on disk: a folder with `monolith.toml` and `weights.safetensors`, which hold what `models.package` says of a
style, and besides a vector for every style, in the order of `styles`:

    layer{l}.voices   float32 (styles, 4 hidden)   added at the gates, in their order: input, forget, cell, output
    output.voices     float32 (styles, 128)        added to the output
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from models import ModelsError, package, paths
from models.alphabet import CODES
from models.architecture import Architecture
from models.monolith import MOST_VOICES
from models.package import InFolder, Weights

FORMAT = 1
CARD = "monolith.toml"
SHIPPED = Path(__file__).parent / "played"


@dataclass(frozen=True)
class Monolith(InFolder):
    """The content of `monolith.toml`; the weights are in `folder`."""

    architecture: Architecture
    styles: list[str]  # slugs, in the order of their vectors
    heldout_nats: dict[str, float]  # by slug: nats a character of its held-out text, π all on it
    training: dict[str, Any] = field(default_factory=dict)
    joined: dict[str, Any] = field(default_factory=dict)  # by slug: how those came in that were not there at first
    folder: Path = Path()

    def weights(self) -> Weights:
        """Raises ModelsError when the file is broken or not of this architecture and these styles."""
        weights = package.arrays(self.weights_path)
        check(weights, self.architecture, len(self.styles), self.weights_path)
        return weights


def shapes(architecture: Architecture, voices: int) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and dtype of every array."""
    table = package.shapes(architecture)
    table |= {f"layer{k}.voices": ((voices, 4 * architecture.hidden), "float32") for k in range(architecture.layers)}
    return table | {"output.voices": ((voices, CODES), "float32")}


def check(weights: Mapping[str, NDArray[Any]], architecture: Architecture, voices: int, where: object) -> None:
    """Raises ModelsError unless `weights` are exactly those of a monolith of this architecture and so many styles."""
    package.check_arrays(weights, shapes(architecture, voices), f"{architecture} monolith of {voices} styles", where)


def quantise(weights: Mapping[str, NDArray[np.float32]]) -> Weights:
    """Like `models.package.quantise`; the vectors stay as they are."""
    vectors = {name: w for name, w in weights.items() if name.endswith(".voices")}
    return package.quantise({name: w for name, w in weights.items() if name not in vectors}) | vectors


def random_weights(architecture: Architecture, voices: int, seed: int = 0) -> Weights:
    """Weights of an untrained monolith, for benchmarks and tests."""
    rng = np.random.default_rng(seed)
    made = package.random_weights(architecture, seed)
    for name, (shape, _) in shapes(architecture, voices).items():
        if name.endswith(".voices"):
            made[name] = rng.normal(0, 0.5, shape).astype(np.float32)
    return made


def save(monolith: Monolith, weights: Weights, folder: Path) -> Monolith:
    """Write a package, whole or not at all. Raises ModelsError when the weights do not fit or the disk is full."""
    check(weights, monolith.architecture, len(monolith.styles), "this monolith")
    net = monolith.architecture
    card = {
        "format": FORMAT,
        "styles": monolith.styles,
        "architecture": {"layers": net.layers, "hidden": net.hidden},
        "training": monolith.training,
        "joined": monolith.joined,
        "heldout_nats": {slug: round(nats, 4) for slug, nats in monolith.heldout_nats.items()},
    }
    package.write(folder, weights, CARD, tomli_w.dumps(card))
    return load(folder)


def load(folder: Path) -> Monolith:
    """Read and validate `monolith.toml`. Raises ModelsError naming the folder and what is wrong."""
    try:
        card = tomllib.loads((folder / CARD).read_text())
        if card["format"] != FORMAT:
            raise ModelsError(f"{folder} is of format {card['format']}, this Chorus reads {FORMAT}: update one of them")
        net = card["architecture"]
        made = Monolith(
            architecture=Architecture.parse(f"{net['layers']}x{net['hidden']}"),
            styles=[str(slug) for slug in card["styles"]],
            heldout_nats={str(slug): float(nats) for slug, nats in card["heldout_nats"].items()},
            training=dict(card["training"]),
            joined=dict(card["joined"]),
            folder=folder,
        )
    except FileNotFoundError as e:
        raise ModelsError(f"{folder} has no {CARD}: it is no monolith") from e
    except OSError as e:
        raise ModelsError(f"cannot read {folder / CARD}: {e.strerror}") from e
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise ModelsError(f"{folder / CARD} lacks or mistypes {e}: train the monolith again") from e
    if not 1 <= len(made.styles) <= MOST_VOICES or len(set(made.styles)) != len(made.styles):
        raise ModelsError(f"{folder / CARD}: a monolith has 1 to {MOST_VOICES} styles, each once")
    for slug in made.styles:
        if package.slug_of(slug) != slug:
            raise ModelsError(f"{folder / CARD}: {slug!r} is no short name")
    return made


def find(folder: Path | None = None) -> Monolith | None:
    """The monolith in `folder`, or your own, or the one that comes with Chorus; None when there is none."""
    for place in [folder] if folder else [paths.MONOLITH, SHIPPED]:
        if folder or (place / CARD).exists():
            return load(place)
    return None
