"""Live settings: a frozen dataclass; a few fields are changed at a time, checked as a whole, and noted by what changed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from actors import EnsembleError


@dataclass(frozen=True)
class Settings:
    """Fields are numbers and words, each with the value that it has to begin with."""

    def check(self) -> None:
        """Raises EnsembleError, with a line for whoever wished it, for settings that are none."""

    def changed(self, settings: Mapping[str, Any]) -> Self:
        """The same but for these. Raises EnsembleError for what is none."""
        try:
            made = replace(self, **settings)
            made.check()
        except TypeError as e:
            raise EnsembleError(f"these are no settings: {e}") from e
        return made

    @property
    def shown(self) -> dict[str, Any]:
        """Every field by its name, which is that of the wire's Frame, too."""
        return dict(vars(self))

    def since(self, before: Self) -> dict[str, Any]:
        """The fields that have another value than before."""
        return {name: value for name, value in asdict(self).items() if value != getattr(before, name)}
