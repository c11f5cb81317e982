"""Every live parameter of a performance, a row each: name, range, default, words and command.

Flags, OSC, OSCQuery, scores, MIDI maps, the screen, the page, `chorus status` and the documents are made from PARAMETERS. A
new parameter is a row here, a field of a message in `actors.wire.messages`, and the mathematics that it changes.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from actors import EnsembleError
from actors.wire.messages import Admit, Command, Frame, SetLookahead, SetPooling, SetRate, SetTemperature, SetTempo

STARTS = ("now", "word", "line", "sentence", "beat")  # where in the text a transition begins; `falls` on the wire
UNITS = ("char", "word", "line")  # what begins on the beat
POOLINGS = ("linear", "log-linear", "hand-over")  # how rows become ρ
LINEAR, LOG_LINEAR, HAND_OVER = POOLINGS
SILENT_SHARE = 0.05  # paper 2.1: a model whose weight is at most 5 % is not run in that step
WIDEST, DEEPEST = 16, 16  # hypotheses of a lookahead, and their characters


@dataclass(frozen=True)
class Parameter(ABC):
    """One live parameter. Values are read with `read` (OSC, TOML) or `read_text` (flags); both raise ValueError."""

    name: str  # in flags, scores, OSC addresses, MIDI maps and OSCQuery
    meaning: str  # one line, for help and documents
    default: Any
    message: type[Command]
    shown: str | Callable[[Any], str] = ""  # on the screen, a format of value `v` and frame `f`; empty: never
    metavar: str = ""  # of its flag
    argument: str = ""  # of the message, if not its name
    field: str = ""  # of the frame, if not its name
    tags = "f"  # OSC type tags of the values in force

    @property
    @abstractmethod
    def arguments(self) -> str:
        """OSC arguments, in type tags and words."""

    @property
    @abstractmethod
    def ranges(self) -> list[dict[str, Any]]:
        """OSCQuery's RANGE, one for each tag."""

    @abstractmethod
    def read(self, value: object) -> Any:
        """The value that a number, a word or, where several make one value, a sequence of them means."""

    def read_text(self, text: str) -> Any:
        """The value that a flag's text means."""
        return self.read(text)

    def command(self, value: Any) -> Command:
        """The command that sets a value which `read` has returned."""
        return self.message(**{self.argument or self.name: value})

    def now(self, frame: Frame) -> Any:
        """The value in force."""
        return getattr(frame, self.field or self.name)

    def values(self, frame: Frame) -> list[Any]:
        """The values in force, one for each tag."""
        return [self.now(frame)]

    def words(self, frame: Frame) -> str:
        """The value in force, as the screen says it; empty while it is the default."""
        value = self.now(frame)
        if value == self.default:
            return ""
        return self.shown.format(v=value, f=frame) if isinstance(self.shown, str) else self.shown(value)


@dataclass(frozen=True, kw_only=True)
class Number(Parameter):
    """A number from `low` to `high`; `off` is allowed beside them, and `at_most` a word for infinity."""

    low: float
    high: float
    off: float | None = None
    at_most: str = ""
    knob: tuple[
        float, ...
    ] = ()  # values at a knob's ends, and in the middle, equal ways being equal ratios; (): linear

    @property
    def range(self) -> str:
        """Its range in words."""
        words = f"{self.low:g} or more" if math.isinf(self.high) else f"{self.low:g} to {self.high:g}"
        words = words if self.off is None else f"{self.off:g}, or {words}"
        return f'{words}, or "{self.at_most}"' if self.at_most else words

    @property
    def arguments(self) -> str:
        return f'f, or s "{self.at_most}"' if self.at_most else "f"

    @property
    def ranges(self) -> list[dict[str, Any]]:
        low = self.low if self.off is None else min(self.low, self.off)
        return [{"MIN": low} if math.isinf(self.high) or self.off is not None else {"MIN": low, "MAX": self.high}]

    def read(self, value: object) -> float:
        if self.at_most and value == self.at_most:
            return math.inf
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value)
            if number == self.off or self.low <= number <= self.high:  # NaN neither
                return number
        raise ValueError(f"{self.name} is {self.range}; not {value!r}")

    def read_text(self, text: str) -> float:
        try:
            return self.read(float(text))
        except ValueError:
            return self.read(text)


@dataclass(frozen=True, kw_only=True)
class Choice(Parameter):
    """One of several words."""

    choices: tuple[str, ...]
    arguments = tags = "s"

    @property
    def ranges(self) -> list[dict[str, Any]]:
        return [{"VALS": list(self.choices)}]

    def read(self, value: object) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        raise ValueError(f"{self.name} is {', '.join(self.choices[:-1])} or {self.choices[-1]}; not {value!r}")


@dataclass(frozen=True)
class Settings:
    """Live settings: a few fields change at a time, are checked as a whole, and are noted by what changed."""

    def check(self) -> None:
        """Raises EnsembleError, with a line for the sender, for a value out of its range."""

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """These settings with `changes`. Raises EnsembleError for an unknown name or a value out of its range."""
        try:
            made = replace(self, **changes)
            made.check()
        except TypeError as e:
            raise EnsembleError(f"unknown settings: {e}") from e
        return made

    @property
    def shown(self) -> dict[str, Any]:
        """Every field by its name, which is that of `Frame`, too."""
        return dict(vars(self))

    def since(self, before: Self) -> dict[str, Any]:
        """The fields whose value is another than `before`."""
        return {name: value for name, value in asdict(self).items() if value != getattr(before, name)}


@dataclass(frozen=True)
class MixSettings(Settings):
    """How rows and weights become ρ."""

    pooling: str = LINEAR
    evenness: float = 0.0
    top_p: float = 1.0
    temperature: float = 1.0
    cross: float = 0.0

    def check(self) -> None:
        for parameter in (POOLING, EVENNESS, TOP_P, TEMPERATURE, CROSS):
            _check(parameter, getattr(self, parameter.name))


@dataclass(frozen=True)
class Lookahead(Settings):
    """How far a lookahead goes; 1 wide and 1 deep is plain sampling."""

    width: int = 1
    depth: int = 1
    boldness: float = 0.25  # 8 equal voices, 8x8: 87 % known words instead of 75 %; with 1 texts repeat themselves
    auto: bool = False  # `actors.coordinator.lookahead_budget` chooses width and depth

    @property
    def looks(self) -> bool:
        """True when hypotheses are explored at all."""
        return self.width > 1 and self.depth > 1

    def check(self) -> None:
        if not 1 <= self.width <= WIDEST or not 1 <= self.depth <= DEEPEST:
            raise EnsembleError(f"a lookahead is 1 to {WIDEST} wide and 1 to {DEEPEST} deep")
        _check(BOLDNESS, self.boldness)


def read_time(value: object) -> float:
    """Seconds, from `90`, `"90"` or `"1:30"`. Raises ValueError."""
    minutes, _, seconds = str(value).rpartition(":")
    try:
        time_s = float(seconds) + 60 * float(minutes or 0)
    except ValueError:
        time_s = -1.0
    if not (math.isfinite(time_s) and time_s >= 0):
        raise ValueError(f"a time is written as 90 or 1:30; not {value!r}")
    return time_s


def _check(parameter: Parameter, value: object) -> None:
    try:
        parameter.read(value)
    except ValueError as e:
        raise EnsembleError(str(e)) from e


@dataclass(frozen=True, kw_only=True)
class LookaheadSize(Parameter):
    """Width and depth of a lookahead: `8x4`, or two numbers (and boldness as a third); `auto` as far as time allows."""

    arguments = "i i, i i f, or s"
    tags = "iif"

    @property
    def ranges(self) -> list[dict[str, Any]]:
        return [{"MIN": 1, "MAX": WIDEST}, {"MIN": 1, "MAX": DEEPEST}, *BOLDNESS.ranges]

    def read(self, value: object) -> Lookahead:
        if value == "auto":
            return Lookahead(auto=True)
        if isinstance(value, str):
            width, _, depth = value.partition("x")
            value = (int(width), int(depth)) if width.isdecimal() and depth.isdecimal() else ()
        if isinstance(value, Sequence) and 2 <= len(value) <= 3 and all(isinstance(v, int | float) for v in value):
            width, depth, *boldness = value
            if width in range(1, WIDEST + 1) and depth in range(1, DEEPEST + 1):
                return Lookahead(int(width), int(depth), BOLDNESS.read(boldness[0]) if boldness else Lookahead.boldness)
        raise ValueError(f"{self.name} is auto, or WIDTHxDEPTH up to {WIDEST}x{DEEPEST}, such as 8x4")

    def command(self, value: Lookahead) -> Command:
        """Sets width and depth alone: boldness is a parameter of its own."""
        return SetLookahead(auto=True) if value.auto else SetLookahead(width=value.width, depth=value.depth)

    def now(self, frame: Frame) -> Lookahead:
        return Lookahead(frame.width, frame.depth, frame.boldness, frame.auto)

    def values(self, frame: Frame) -> list[Any]:
        return [frame.width, frame.depth, frame.boldness]

    def words(self, frame: Frame) -> str:
        size = f" {frame.width}\u00d7{frame.depth}" if self.now(frame).looks else ""
        return f"lookahead{' auto' * frame.auto}{size}" if size or frame.auto else ""


# fmt: off
RATE = Number(
    "rate", "characters a second; 0 stands still", 15.0, SetRate, "", "N", "cps", "rate_cps",
    low=0.01, high=math.inf, off=0.0, at_most="max", knob=(1.0, 100.0))
TEMPERATURE = Number(
    "temperature", "below 1 tamer, above it wilder", 1.0, SetTemperature, "temperature {v:.2g}", "T",
    low=0.1, high=4.0, knob=(0.1, 1.0, 4.0))
POOLING = Choice(
    "pooling", "linear: letters from all, as in the paper; hand-over: word by word, legible with many voices; "
    "log-linear: what all agree on, weights below zero avoid a style", LINEAR, SetPooling, "{v}",
    choices=POOLINGS)
LOOKAHEAD = LookaheadSize(
    "lookahead", "before a character is written, explore W hypotheses, D characters deep; auto: as the rate leaves "
    "time; 1x1: none", Lookahead(), SetLookahead, metavar="WxD")
BOLDNESS = Number(
    "boldness", "how much the likelihood of a hypothesis counts; 0: plain sampling", Lookahead.boldness, SetLookahead,
    metavar="B", low=0.0, high=2.0)
EVENNESS = Number(
    "evenness", "0: styles as sure as they are; 1: all equally sure", 0.0, SetPooling, "evenness {v:.2g}", "0…1",
    low=0.0, high=1.0)
TOP_P = Number(
    "top_p", "the likeliest characters alone, of so much together; 1: all", 1.0, SetPooling, "top-p {v:.2g}", "P",
    low=0.05, high=1.0)
CROSS = Number(
    "cross", "from 0, the ensemble, to 1, the monolith: one network that has all its styles", 0.0, SetPooling,
    lambda x: f"{x:.0%} monolith" if x < 1 else "monolith", "0…1", low=0.0, high=1.0)
TEMPO = Number(
    "tempo", "beats a minute, from now; char, word or line fall on them; 0: none", 0.0, SetTempo,
    "{v:.0f} beats/min", "BPM", "bpm", "bpm", low=20.0, high=400.0, off=0.0)
VISITORS = Number(
    "visitors", "how much of the mix all visitors together may pull; 0: they look on", 0.0, Admit,
    "visitors {f.pulled:.0%} of {f.admitted:.0%}", "SHARE", "share", "admitted",
    low=0.0, high=0.8)  # the performer is always heard
PARAMETERS: tuple[Parameter, ...] = (
    RATE, TEMPERATURE, POOLING, LOOKAHEAD, BOLDNESS, EVENNESS, TOP_P, CROSS, TEMPO, VISITORS)
# fmt: on
