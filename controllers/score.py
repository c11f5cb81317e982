"""A score: a file of moves and when they come, so that a piece can be composed.

# every move: at (seconds, or "minutes:seconds", from when the score begins) and what happens then
[[move]]
at = 0
mix = { shakespeare = 1 }

[[move]]
at = "0:40"
mix = { shakespeare = 0.4, linux-c = 0.6 }
over = 20            # seconds it takes (default: 0, at once)
falls = "line"       # begins after the next word, line or sentence, or on the next beat (default: now)

[[move]]
at = "1:30"
preset = "dark forest"
rate = 30            # characters a second, or "max"
temperature = 0.8
pooling = "hand-over"  # linear, log-linear or hand-over
evenness = 0.5
top_p = 0.95
lookahead = "8x4"    # or "auto", or "1x1" for none
cross = 1            # from 0, the ensemble, to 1, the monolith
tempo = 90           # beats a minute; 0: none
unit = "word"        # what falls on the beat: char, word or line
"""

import argparse
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.wire.messages import Command, Move, Preset, SetLookahead, SetPooling, SetRate, SetTemperature, SetTempo
from actors.wire.parameters import DEEPEST, POOLINGS, STARTS, WIDEST
from controllers import ControllerError
from controllers.hand import Hand, Seen

OF_POOLING = ("pooling", "evenness", "top_p", "cross")
KNOWN = {"at", "mix", "preset", "over", "falls", "rate", "temperature", "lookahead", "tempo", "unit", "per_beat"}
KNOWN |= set(OF_POOLING)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the score, TOML as above")
    parser.add_argument("--from", dest="begin", default="0", metavar="TIME", help="begin there, such as 1:30")
    parser.add_argument("--loop", type=str, default="", metavar="TIME", help="begin again after this long")


def make(args: argparse.Namespace) -> "Player":
    again_s = _seconds(args.loop, "--loop") if args.loop else math.inf
    return Player(read_file(args.file), _seconds(args.begin, "--from"), again_s)


@dataclass(frozen=True)
class Cue:
    """What happens at one moment."""

    at_s: float
    commands: tuple[Command, ...]


def read_file(path: Path) -> list[Cue]:
    """The cues of the score in a file. Raises ControllerError, like `read`."""
    try:
        return read(path.read_text(), str(path))
    except (OSError, UnicodeDecodeError) as e:
        raise ControllerError(f"the score {path} cannot be read: {e}") from e


def read(text: str, where: str) -> list[Cue]:
    """The cues of a score in order. Raises ControllerError naming the move that cannot be followed, and why."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise ControllerError(f"{where} is no TOML: {e}") from e
    moves = told.get("move")
    if not isinstance(moves, list) or not moves or set(told) != {"move"}:
        raise ControllerError(f"{where} holds [[move]] and nothing else: see  chorus control score --help")
    cues = []
    for k, move in enumerate(moves, 1):
        try:
            cues.append(_cue(move))
        except (KeyError, TypeError, ValueError) as e:
            raise ControllerError(f"{where}: move {k}: {e}") from e
    return sorted(cues, key=lambda cue: cue.at_s)


def _cue(move: Mapping[str, Any]) -> Cue:
    if odd := set(move) - KNOWN:
        raise ValueError(f"{', '.join(sorted(odd))} is not known; there are {', '.join(sorted(KNOWN))}")
    if "at" not in move:
        raise ValueError("it says not when: at = 30")
    commands: list[Command] = []
    over_s, falls = _number(move.get("over", 0), "over"), str(move.get("falls", "now"))
    if falls not in STARTS:
        raise ValueError(f"falls is one of {', '.join(STARTS)}")
    if "mix" in move:
        mix = {str(slug): _number(weight, str(slug)) for slug, weight in dict(move["mix"]).items()}
        if not any(mix.values()):
            raise ValueError("a mix has at least one weight above zero")
        commands.append(Move(weights=mix, over_s=over_s, falls=falls))
    if "preset" in move:
        commands.append(Preset(name=str(move["preset"]), over_s=over_s, falls=falls))
    if "rate" in move:
        commands.append(SetRate(cps=math.inf if move["rate"] == "max" else _number(move["rate"], "rate")))
    if "temperature" in move:
        commands.append(SetTemperature(temperature=_number(move["temperature"], "temperature")))
    if settings := {name: move[name] for name in OF_POOLING if name in move}:
        commands.append(_pooling(settings))
    if "lookahead" in move:
        commands.append(_lookahead(move["lookahead"]))
    if "tempo" in move:
        per_beat = _number(move.get("per_beat", 1), "per_beat")
        commands.append(
            SetTempo(bpm=_number(move["tempo"], "tempo"), unit=str(move.get("unit", "word")), per_beat=per_beat)
        )
    if not commands:
        raise ValueError("nothing happens in it: mix, preset, rate, temperature, pooling, lookahead, cross or tempo")
    return Cue(_seconds(move["at"], "at"), tuple(commands))


def _pooling(told: Mapping[str, Any]) -> Command:
    pooling = told.get("pooling")
    if pooling not in (None, *POOLINGS):
        raise ValueError(f"pooling is one of {', '.join(POOLINGS)}")
    numbers = {name: _number(told[name], name) if name in told else None for name in OF_POOLING[1:]}
    for name, number in numbers.items():
        if number is not None and number > 1:
            raise ValueError(f"{name} is at most 1")
    return SetPooling(pooling=pooling, evenness=numbers["evenness"], top_p=numbers["top_p"], cross=numbers["cross"])


def _lookahead(told: Any) -> Command:
    if told == "auto":
        return SetLookahead(auto=True)
    width, x, depth = str(told).partition("x")
    if not x or not (width.isdecimal() and depth.isdecimal()):
        width = depth = "0"
    if not (1 <= int(width) <= WIDEST and 1 <= int(depth) <= DEEPEST):
        raise ValueError(f"lookahead is auto, or hypotheses x characters up to {WIDEST}x{DEEPEST}; not {told!r}")
    return SetLookahead(width=int(width), depth=int(depth))


def _number(told: Any, what: str) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told) or told < 0:
        raise ValueError(f"{what} is a number of zero or more, not {told!r}")
    return float(told)


def _seconds(told: Any, what: str) -> float:
    """`90`, `"90"` or `"1:30"`. Raises ControllerError for anything else."""
    try:
        minutes, _, seconds = str(told).rpartition(":")
        value = float(seconds) + 60 * float(minutes or 0)
    except ValueError:
        value = -1.0
    if isinstance(told, bool) or not (math.isfinite(value) and value >= 0):
        raise ControllerError(f"{what} is a time such as 90 or 1:30, not {told!r}")
    return value


class Player(Hand):
    """Plays the cues from when the text begins; at a later start, whatever had been said by then comes at once."""

    trouble = ""
    files: Sequence[int] = ()

    def __init__(self, cues: list[Cue], begin_s: float = 0.0, again_s: float = math.inf) -> None:
        self._cues, self._begin_s, self._again_s = cues, begin_s, again_s
        self._began_at: float | None = None
        self._next = 0

    def play(self, now: float, seen: Seen) -> list[Command]:
        if self._began_at is None:
            if not seen.text:
                return []
            self._began_at = now - self._begin_s
        if now - self._began_at >= self._again_s:
            self._began_at, self._next = now, 0
        due: dict[type[Command], Command] = {}
        while self._next < len(self._cues) and self._cues[self._next].at_s <= now - self._began_at:
            for command in self._cues[self._next].commands:
                kind = Move if isinstance(command, Preset) else type(command)
                due[kind] = command  # of several that are due at once, the last of its kind
            self._next += 1
        return list(due.values())

    def close(self) -> None:
        """There is no device."""
