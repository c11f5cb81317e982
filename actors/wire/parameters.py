"""What may be asked of a performance: the words, ranges and settings that both sides of the wire know."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from actors import EnsembleError

FALLS = ("now", "word", "line", "sentence", "beat")  # where in the text a move begins
UNITS = ("char", "word", "line")  # what begins on the beat
POOLINGS = ("linear", "log-linear", "hand-over")  # how rows become ρ
COLDEST, HOTTEST = 0.1, 4.0  # temperatures
SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0
WIDEST, DEEPEST = 16, 16  # hypotheses of a search, and their characters
LEAST_TOP_P = 0.05
BOLDEST = 2.0  # of a search

SILENT_SHARE = 0.05  # paper 2.1: a model whose weight is at most 5 % is not run in that step


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


LINEAR, LOG_LINEAR, HAND_OVER = POOLINGS


@dataclass(frozen=True)
class MixSettings(Settings):
    """How rows and weights become ρ: the live settings of an ensemble."""

    pooling: str = LINEAR
    evenness: float = 0.0
    top_p: float = 1.0
    temperature: float = 1.0
    cross: float = 0.0  # from 0, the ensemble, to 1, the monolith: see actors.mixing.crossfade

    def check(self) -> None:
        if self.pooling not in POOLINGS:
            raise EnsembleError(f"there is no pooling {self.pooling!r}; there are {', '.join(POOLINGS)}")
        if not 0 <= self.evenness <= 1:
            raise EnsembleError("evenness is from 0, as they are, to 1, equally sure")
        if not LEAST_TOP_P <= self.top_p <= 1:
            raise EnsembleError(f"top-p is from {LEAST_TOP_P:g} to 1, which is all characters")
        if not COLDEST <= self.temperature <= HOTTEST:
            raise EnsembleError(f"a temperature is from {COLDEST:g} to {HOTTEST:g}")
        if not 0 <= self.cross <= 1:
            raise EnsembleError("to cross is from 0, the ensemble, to 1, the monolith")


BOLDNESS = 0.25  # 8 equal voices, 8x8: 87 % known words instead of 75 %; with boldness 1 texts repeat themselves


@dataclass(frozen=True)
class Lookahead(Settings):
    """How far is looked: 1 wide and 1 deep is plain sampling."""

    width: int = 1
    depth: int = 1
    boldness: float = BOLDNESS
    auto: bool = False  # width and depth are as large as the character rate leaves time for, see actors.coordinator.lookahead_budget

    @property
    def looks(self) -> bool:
        return self.width > 1 and self.depth > 1

    def check(self) -> None:
        if not 1 <= self.width <= WIDEST or not 1 <= self.depth <= DEEPEST:
            raise EnsembleError(f"a lookahead is 1 to {WIDEST} wide and 1 to {DEEPEST} deep")
        if not 0 <= self.boldness <= BOLDEST:
            raise EnsembleError(f"boldness is from 0, plain sampling, to {BOLDEST:g}")
