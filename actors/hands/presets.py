"""Presets: whole mixes under names, in a TOML file that outlives the performance and may be edited by hand."""

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomli_w

from actors import EnsembleError
from models.atomic import replacing

MOST = 256
LONGEST_NAME = 40


class Presets:
    """The presets of one file. A file that cannot be read stays as it is, and nothing is kept in it."""

    def __init__(self, path: Path | None) -> None:
        """Without a path they last as long as this object."""
        self.path = path
        self._mixes: dict[str, dict[str, float]] = {}
        self._trouble = ""
        if path is not None and path.exists():
            try:
                self._mixes = _checked(tomllib.loads(path.read_text()))
            except (OSError, ValueError, AttributeError, TypeError) as e:
                self._trouble = f"the presets in {path} cannot be read: {e}"

    @property
    def names(self) -> list[str]:
        return list(self._mixes)

    def mix(self, name: str) -> dict[str, float]:
        """Raises EnsembleError when there is none of that name."""
        if name not in self._mixes:
            there = ", ".join(self._mixes) or "none yet"
            raise EnsembleError(self._trouble or f"there is no preset {name!r}; there are: {there}")
        return self._mixes[name]

    def keep(self, name: str, mix: Mapping[str, float]) -> None:
        """Raises EnsembleError for a name that cannot be shown, or when the file cannot be written."""
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise EnsembleError(f"a preset's name has 1 to {LONGEST_NAME} printable characters")
        if len(self._mixes) >= MOST and name not in self._mixes:
            raise EnsembleError(f"there are {MOST} presets already: forget one first")
        self._write(self._mixes | {name: {slug: weight for slug, weight in mix.items() if weight}})

    def forget(self, name: str) -> None:
        """Raises EnsembleError when there is none of that name, or the file cannot be written."""
        self.mix(name)
        self._write({other: mix for other, mix in self._mixes.items() if other != name})

    def _write(self, mixes: dict[str, dict[str, float]]) -> None:
        if self._trouble:
            raise EnsembleError(self._trouble)
        if self.path is not None:
            try:
                with replacing(self.path) as part:
                    part.write_text(tomli_w.dumps(mixes))
            except OSError as e:
                raise EnsembleError(f"presets cannot be kept in {self.path}: {e.strerror}") from e
        self._mixes = mixes


def _checked(record: dict[str, object]) -> dict[str, dict[str, float]]:
    mixes: dict[str, dict[str, float]] = {}
    for name, mix in record.items():
        mixes[name] = {str(slug): float(weight) for slug, weight in mix.items()}  # type: ignore[attr-defined]
        if not all(math.isfinite(weight) and weight >= 0 for weight in mixes[name].values()):
            raise ValueError(f"a weight of {name!r} is no number of zero or more")
    return mixes
