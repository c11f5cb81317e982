"""The examples and the model that was trained with them, and the file that keeps both: JSON, checked to the last number.

A pose is a row of features; an example is a pose and the mix that was heard with it.
"""

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta

from controllers import ControllerError
from controllers.easing import Mix, shares
from controllers.gesture.model import Array, Model, Neighbours, Perceptron, Scale, train
from models.atomic import replacing

MOST_EXAMPLES = 2000
MOST_FEATURES = 256
LARGEST = 64 << 20  # bytes of a file
VERSION = 1


@dataclass(frozen=True)
class Dataset:
    """Examples in order, and the model trained with some of them, or None. `styles` are those of the examples."""

    styles: tuple[str, ...] = ()
    poses: tuple[tuple[float, ...], ...] = ()
    # each as long as `styles`, or shorter: styles that came later were silent
    mixes: tuple[tuple[float, ...], ...] = ()
    model: Model | None = None
    model_styles: tuple[str, ...] = ()  # of the model's outputs

    def with_example(self, pose: Sequence[float], mix: Mix) -> "Dataset":
        """With one more example. Raises ControllerError when it does not fit the others, or there are too many."""
        if len(self.poses) >= MOST_EXAMPLES:
            raise ControllerError(f"there are {MOST_EXAMPLES} examples already: train with them, or forget them")
        if self.poses and len(pose) != len(self.poses[0]):
            raise ControllerError(
                f"the examples have {len(self.poses[0])} features, this pose has {len(pose)}: "
                "send as many as before, or forget the examples"
            )
        styles = (*self.styles, *(slug for slug in mix if slug not in self.styles))
        row = tuple(mix.get(slug, 0.0) for slug in styles)
        return replace(self, styles=styles, poses=(*self.poses, tuple(pose)), mixes=(*self.mixes, row))

    def trained(self, kind: str) -> "Dataset":
        """With a model of all its examples; takes seconds. Raises ControllerError where there are none."""
        return replace(self, model=train(np.array(self.poses), self._targets(), kind), model_styles=self.styles)

    def with_model_of(self, other: "Dataset") -> "Dataset":
        """These examples, with the model of another dataset."""
        return replace(self, model=other.model, model_styles=other.model_styles)

    def mix(self, scaled: Array) -> Mix:
        """The mix that the model gives for a scaled pose, by slug."""
        if self.model is None:
            return {}
        return dict(zip(self.model_styles, map(float, self.model.mix(scaled)), strict=True))

    def _targets(self) -> Array:
        padded = [(*row, *[0.0] * (len(self.styles) - len(row))) for row in self.mixes]
        return np.array(padded, np.float64).reshape(len(padded), len(self.styles))


MOST = 1e30  # of any number
_Number = Annotated[float, Meta(ge=-MOST, le=MOST)]
_Row = Annotated[list[_Number], Meta(max_length=4096)]


class _Model(msgspec.Struct):
    styles: list[str]
    mean: Array
    spread: Array
    net: Perceptron | Neighbours


class _File(msgspec.Struct, forbid_unknown_fields=True):
    chorus: Literal["gestures"]
    version: int
    styles: list[str]
    poses: list[_Row]
    mixes: list[_Row]
    model: _Model | None = None


def _array(_: type, rows: Any) -> Array:
    """An array from lists; raises ValueError for lists of different lengths and for anything but numbers."""
    array = np.array(rows)
    if not array.ndim or array.dtype.kind not in "fi" or np.abs(array).max(initial=0.0) > MOST:
        raise ValueError("its model is not made of numbers")
    return array.astype(np.float64)


_encode = msgspec.json.Encoder(enc_hook=np.ndarray.tolist).encode
_decode = msgspec.json.Decoder(_File, dec_hook=_array).decode


def save(dataset: Dataset, path: Path) -> None:
    """Writes a dataset, whole or not at all. Raises ControllerError when it cannot be written."""
    model = None
    if dataset.model is not None:
        scale, net = dataset.model.scale, dataset.model.net
        model = _Model(list(dataset.model_styles), scale.mean, scale.spread, net)
    poses, mixes = [list(row) for row in dataset.poses], [list(row) for row in dataset.mixes]
    raw = _encode(_File("gestures", VERSION, list(dataset.styles), poses, mixes, model))
    try:
        with replacing(path) as part, part.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    except OSError as e:
        raise ControllerError(f"the gestures cannot be kept in {path} ({e.strerror}): choose another --file") from e


def load(path: Path) -> Dataset:
    """The dataset in a file; an empty one where there is no file. Raises ControllerError for a file of another kind."""
    try:
        if not path.exists():
            return Dataset()
        if path.stat().st_size > LARGEST:
            raise ControllerError(f"{path} is too large to hold gestures: choose another --file")
        raw = path.read_bytes()
    except OSError as e:
        raise ControllerError(f"the gestures in {path} cannot be read ({e.strerror}): choose another --file") from e
    try:
        return _dataset(_decode(raw))
    except (msgspec.MsgspecError, ValueError, RecursionError) as e:
        reason = " ".join(str(e).split())[:160]
        raise ControllerError(
            f"{path} holds no gestures of Chorus ({reason}): move it away or choose another --file"
        ) from e


def _dataset(file: _File) -> Dataset:
    """The dataset of a file. Raises ValueError for parts that do not fit together."""
    if file.version != VERSION:
        raise ValueError(f"it has version {file.version} instead of {VERSION}")
    features = len(file.poses[0]) if file.poses else 0
    if len(file.poses) > MOST_EXAMPLES or len(file.poses) != len(file.mixes) or features > MOST_FEATURES:
        raise ValueError("its examples do not fit together")
    if any(len(row) != features or not row for row in file.poses):
        raise ValueError("its poses are of different lengths")
    if any(len(row) > len(file.styles) or not _is_mix(row) for row in file.mixes):
        raise ValueError("its mixes are invalid")
    dataset = Dataset(tuple(file.styles), tuple(map(tuple, file.poses)), tuple(map(tuple, file.mixes)))
    if file.model is None:
        return dataset
    return replace(dataset, model=_model(file.model), model_styles=tuple(file.model.styles))


def _model(kept: _Model) -> Model:
    net, d, s = kept.net, len(kept.mean), len(kept.styles)
    fits = d > 0 and s > 0 and kept.mean.shape == kept.spread.shape == (d,) and bool((kept.spread > 0).all())
    if isinstance(net, Neighbours):
        n = len(net.points)
        fits &= n > 0 and net.points.shape == (n, d) and net.mixes.shape == (n, s) and all(map(_is_mix, net.mixes))
    else:
        parts, h = (net.w, net.b, net.v, net.c), len(net.b)
        fits &= h > 0 and [part.shape for part in parts] == [(d, h), (h,), (h, s), (s,)]
        fits &= all(np.abs(part).max(initial=0.0) < 1e6 for part in parts)
    if not fits:
        raise ValueError("its model does not fit together")
    return Model(Scale(kept.mean, kept.spread), net)


def _is_mix(row: Iterable[float]) -> bool:
    shares = list(row)
    return min(shares, default=0.0) >= 0 and 0 < math.fsum(shares) < 1e6


def of_styles(mix: Mix, styles: Sequence[str]) -> Mix:
    """The part of a mix that belongs to these styles, in their order, summing to 1; empty when none of it does."""
    return shares({slug: mix.get(slug, 0.0) for slug in styles})
