"""A style on disk: a folder with `style.toml` and `weights.safetensors`. Copy the folder and the style has moved.

Weights are int8 with one float32 scale a row (an output of the matrix); that is what every engine plays, so the file
holds the truth and not an approximation of it. No pickle anywhere: what a foreign package can do is fail to load.

    layer0.wx       int8 (4 hidden, 128)        gates in the order input, forget, cell, output
    layer0.wh       int8 (4 hidden, hidden)
    layer{l}.w      int8 (4 hidden, 2 hidden)   layers above: what comes from below, then what comes from before
    output.weight   int8 (128, hidden)
    NAME.scale      float32 (rows,)           for each of the above: row = int8 row * scale
    layer{l}.bias   float32 (4 hidden,)
    output.bias     float32 (128,)
"""

import difflib
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from models import ModelsError, kinship, paths
from models.alphabet import CODES
from models.architecture import Architecture
from models.atomic import replacing

FORMAT = 1
STEEPEST = 127
SHIPPED = Path(__file__).parent / "styles"
BASES = Path(__file__).parent / "bases"  # what trainings go on from, not played themselves

Weights = dict[str, NDArray[Any]]


class InFolder:
    """A package: its weights are a file in `folder`."""

    folder: Path

    @property
    def weights_path(self) -> Path:
        return self.folder / "weights.safetensors"

    def content_hash(self) -> str:
        """Names what these weights are: an engine built from them may be kept under this name."""
        try:
            return hashlib.sha256(self.weights_path.read_bytes()).hexdigest()
        except OSError as e:
            raise ModelsError(f"cannot read {self.weights_path}: {e.strerror}") from e


@dataclass(frozen=True)
class Style(InFolder):
    """The content of `style.toml`; the weights are in `folder`."""

    slug: str
    title: str
    colour: str
    architecture: Architecture
    corpus: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    train_nats: float = float("nan")
    heldout_nats: float = float("nan")
    folder: Path = Path()

    def weights(self) -> Weights:
        """The arrays of this module's table. Raises ModelsError when the file is broken or not of this architecture."""
        weights = arrays(self.weights_path)
        check(weights, self.architecture, self.weights_path)
        return weights


def read_weights(path: Path) -> tuple[Weights, Architecture]:
    """A weights file without its card: its arrays say the architecture. Raises ModelsError when it is broken."""
    weights = arrays(path)
    try:
        layers = sum(name.endswith(".bias") and name.startswith("layer") for name in weights)
        architecture = Architecture.parse(f"{layers}x{weights['layer0.wh'].shape[1]}")
    except (KeyError, IndexError, ModelsError) as e:
        raise ModelsError(f"{path} holds other arrays than a style: it is no Chorus style package") from e
    check(weights, architecture, path)
    return weights, architecture


def arrays(path: Path) -> Weights:
    """A weights file as it is. Raises ModelsError when it is not there, or damaged."""
    try:
        weights: Weights = load_file(path)
    except FileNotFoundError as e:
        raise ModelsError(f"{path.parent} has no {path.name}: copy the whole folder again") from e
    except (SafetensorError, OSError, ValueError) as e:
        raise ModelsError(f"{path} is damaged ({e}): copy the package again") from e
    return weights


def slug_of(title: str) -> str:
    """`Jane Austen` -> `jane-austen`. Raises ModelsError when nothing is left."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not slug or len(slug) > 40:
        raise ModelsError(f"{title!r} gives no usable short name: use 1 to 40 letters and digits")
    return slug


def shapes(architecture: Architecture) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and dtype of every array that a package of this architecture holds."""
    gates = 4 * architecture.hidden
    table: dict[str, tuple[tuple[int, ...], str]] = {}
    wide = {"layer0.wx": CODES, "layer0.wh": architecture.hidden}
    wide |= {f"layer{layer}.w": 2 * architecture.hidden for layer in range(1, architecture.layers)}
    for name, columns in wide.items():
        table |= {name: ((gates, columns), "int8"), f"{name}.scale": ((gates,), "float32")}
    table |= {f"layer{layer}.bias": ((gates,), "float32") for layer in range(architecture.layers)}
    table |= {"output.weight": ((CODES, architecture.hidden), "int8"), "output.weight.scale": ((CODES,), "float32")}
    return table | {"output.bias": ((CODES,), "float32")}


def check(weights: Mapping[str, NDArray[Any]], architecture: Architecture, where: object) -> None:
    """Raises ModelsError unless `weights` are exactly what an engine of this architecture expects, all finite."""
    check_arrays(weights, shapes(architecture), f"{architecture} style", where)


def check_arrays(
    weights: Mapping[str, NDArray[Any]], expected: Mapping[str, tuple[tuple[int, ...], str]], what: str, where: object
) -> None:
    """Raises ModelsError unless `weights` have the names, shapes and dtypes that `what` has, and are finite."""
    if set(weights) != set(expected):
        raise ModelsError(f"{where} holds other arrays than a {what}: it is no Chorus style package")
    for name, (shape, dtype) in expected.items():
        array = weights[name]
        if array.shape != shape or array.dtype != dtype:
            raise ModelsError(f"{where}: {name} is {array.dtype}{array.shape}, a {what} has {dtype}{shape}")
        if dtype == "float32" and not np.isfinite(array).all():
            raise ModelsError(f"{where}: {name} holds NaN or infinity: train the style again")


def quantise(weights: Mapping[str, NDArray[np.float32]]) -> Weights:
    """Matrices to int8 with one scale a row, biases as they are."""
    table: Weights = {}
    for name, w in weights.items():
        if w.ndim == 1:
            table[name] = np.ascontiguousarray(w, np.float32)
            continue
        scale = np.maximum(np.abs(w).max(axis=1), 1e-12) / STEEPEST
        table[name] = np.rint(w / scale[:, None]).astype(np.int8)
        table[f"{name}.scale"] = scale.astype(np.float32)
    return table


def plain(weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """The inverse of `quantise`, up to its rounding: float32 arrays without scales."""
    return {
        name: w * weights[f"{name}.scale"][:, None] if w.dtype == np.int8 else w
        for name, w in weights.items()
        if not name.endswith(".scale")
    }


def random_weights(architecture: Architecture, seed: int = 0) -> Weights:
    """Weights of an untrained style, for benchmarks and tests: uniform within 1/sqrt(hidden), as torch starts."""
    rng = np.random.default_rng(seed)
    reach = architecture.hidden**-0.5
    plain = {
        name: rng.uniform(-reach, reach, shape).astype(np.float32)
        for name, (shape, _) in shapes(architecture).items()
        if not name.endswith(".scale")
    }
    return quantise(plain)


def save(style: Style, weights: Weights, folder: Path) -> Style:
    """Write a package, whole or not at all. Raises ModelsError when the weights do not fit or the disk is full."""
    check(weights, style.architecture, style.slug)
    check_card(style, style.slug)
    card = {
        "format": FORMAT,
        "slug": style.slug,
        "title": style.title,
        "colour": style.colour,
        "corpus": style.corpus,
        "architecture": {"layers": style.architecture.layers, "hidden": style.architecture.hidden},
        "training": style.training,
        "figures": {"train_nats": round(style.train_nats, 4), "heldout_nats": round(style.heldout_nats, 4)},
    }
    write(folder, weights, "style.toml", tomli_w.dumps(card))
    return load(folder)


def write(folder: Path, weights: Weights, name: str, card: str) -> None:
    """Weights and card of a package. Raises ModelsError when they cannot be written; what was there stays."""
    try:
        # the card comes last: a folder without one is not a package yet
        with replacing(folder / name) as card_part, replacing(folder / "weights.safetensors") as weights_part:
            save_file(weights, weights_part)
            card_part.write_text(card)  # a full disk is known before anything is replaced
    except (OSError, SafetensorError) as e:
        raise ModelsError(f"cannot write {name} to {folder}: {e}") from e


def load(folder: Path) -> Style:
    """Read and validate a package's `style.toml`. Raises ModelsError naming the folder and what is wrong."""
    try:
        card = tomllib.loads((folder / "style.toml").read_text())
    except FileNotFoundError as e:
        raise ModelsError(f"{folder} has no style.toml: it is no style package") from e
    except (OSError, ValueError) as e:  # no TOML, no text, no path
        raise ModelsError(f"{folder}/style.toml cannot be read: {e}") from e
    try:
        if card["format"] != FORMAT:
            raise ModelsError(f"{folder} is of format {card['format']}, this Chorus reads {FORMAT}: update one of them")
        net, figures = card["architecture"], card.get("figures", {})
        style = Style(
            slug=str(card["slug"]),
            title=str(card["title"]),
            colour=str(card["colour"]),
            architecture=Architecture.parse(f"{net['layers']}x{net['hidden']}"),
            corpus=dict(card.get("corpus", {})),
            training=dict(card.get("training", {})),
            train_nats=float(figures.get("train_nats", "nan")),
            heldout_nats=float(figures.get("heldout_nats", "nan")),
            folder=folder,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise ModelsError(f"{folder}/style.toml lacks or mistypes {e}: compare it with a shipped style") from e
    check_card(style, folder / "style.toml")
    return style


def check_card(style: Style, where: object) -> None:
    """Raises ModelsError for a slug, colour or title that cannot be shown."""
    if slug_of(style.slug) != style.slug or not re.fullmatch(r"#[0-9a-fA-F]{6}", style.colour):
        raise ModelsError(f"{where}: slug must be like jane-austen and colour like #88aaff")
    if not 0 < len(style.title) <= 60 or not style.title.isprintable():
        raise ModelsError(f"{where}: a title has 1 to 60 printable characters")


def roots(more: Sequence[Path] = ()) -> list[Path]:
    """The folders in which styles are looked for: those named, those trained here, those that come with Chorus."""
    return [*more, paths.STYLES, SHIPPED]


def folders(roots: Sequence[Path]) -> Iterator[Path]:
    """Every folder below `roots` that holds a `style.toml`, earlier roots first, by name."""
    for root in roots:
        if root.is_dir():
            yield from sorted(p.parent for p in root.glob("*/style.toml") if not p.parent.name.startswith("."))


def installed(roots: Sequence[Path], complain: Callable[[ModelsError], None]) -> dict[str, Style]:
    """All packages below `roots` by slug; of two with the same slug the first root's is taken.

    One that cannot be read is told to `complain` and left out. Kindred styles come side by side (`models.kinship`).
    """
    styles: dict[str, Style] = {}
    for folder in folders(roots):
        try:
            style = load(folder)
        except ModelsError as e:
            complain(e)
        else:
            styles.setdefault(style.slug, style)
    try:
        known = kinship.read(SHIPPED)
    except ModelsError as e:
        complain(e)
        known = []
    parents = {slug: str(style.training.get("from", "")) for slug, style in styles.items()}
    return {slug: styles[slug] for slug in kinship.arranged(list(styles), known, parents)}


def find(name: str, roots: Sequence[Path]) -> Style:
    """The style that is meant by a slug or by the path of a package. Raises ModelsError naming those that are there."""
    if (Path(name) / "style.toml").exists():
        return load(Path(name))
    styles = installed(roots, lambda _: None)
    if name not in styles:
        raise unknown(name, styles)
    return styles[name]


def unknown(slug: str, styles: Mapping[str, Style]) -> ModelsError:
    """The error for a slug that is not there, with those that come near."""
    near = difflib.get_close_matches(slug, styles, n=3, cutoff=0.3) or sorted(styles)[:6]
    return ModelsError(
        f"there is no style {slug!r}; " + (f"did you mean {', '.join(near)}?" if near else "none at all")
    )


def only(styles: Mapping[str, Style], slugs: Sequence[str] | None) -> dict[str, Style]:
    """The styles named by `slugs`, all when it is None. Raises ModelsError for one that is not there."""
    for slug in slugs or ():
        if slug not in styles:
            raise unknown(slug, styles)
    return {slug: style for slug, style in styles.items() if slugs is None or slug in slugs}
