"""A score: a composed piece, as a file of moves and their times.

# a move: its time (seconds or "minutes:seconds" from the beginning) and what happens; any live parameter may stand in it
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

import msgspec

from actors.wire.messages import Command, Move, Preset
from actors.wire.parameters import PARAMETERS, STARTS, TEMPO, read_time
from controllers import ControllerError
from controllers.coalesce import one_of_each
from controllers.hand import Hand, Seen

KNOWN = {"at", "mix", "preset", "over", "falls", "unit", "per_beat"} | {parameter.name for parameter in PARAMETERS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the score, TOML as above")
    parser.add_argument("--from", dest="begin", default="0", metavar="TIME", help="begin there, such as 1:30")
    parser.add_argument("--loop", type=str, default="", metavar="TIME", help="begin again after this long")


def make(args: argparse.Namespace) -> "Player":
    again_s = _flag_time(args.loop, "--loop") if args.loop else math.inf
    return Player(read_file(args.file), _flag_time(args.begin, "--from"), again_s)


@dataclass(frozen=True)
class Cue:
    """The commands of one moment."""

    at_s: float
    commands: tuple[Command, ...]


def read_file(path: Path) -> list[Cue]:
    """The cues of a score file. Raises ControllerError, like `read`."""
    try:
        return read(path.read_text(), str(path))
    except (OSError, UnicodeDecodeError) as e:
        raise ControllerError(f"the score {path} cannot be read: {e}") from e


def read(text: str, where: str) -> list[Cue]:
    """The cues of a score in order. Raises ControllerError that names the move in error, and why."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise ControllerError(f"{where} is not TOML: {e}") from e
    moves = table.get("move")
    if not isinstance(moves, list) or not moves or set(table) != {"move"}:
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
        raise ValueError("it has no time: at = 30")
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
    for parameter in PARAMETERS:
        if parameter.name in move:
            command = parameter.command(parameter.read(move[parameter.name]))
            if parameter is TEMPO:
                per_beat = _number(move.get("per_beat", 1), "per_beat")
                command = msgspec.structs.replace(command, unit=str(move.get("unit", "word")), per_beat=per_beat)
            commands.append(command)
    if not commands:
        raise ValueError(f"nothing happens in it; there are mix, preset, {', '.join(p.name for p in PARAMETERS)}")
    return Cue(read_time(move["at"]), tuple(one_of_each(commands)))


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} is a number of zero or more, not {value!r}")
    return float(value)


def _flag_time(text: str, flag: str) -> float:
    try:
        return read_time(text)
    except ValueError as e:
        raise ControllerError(f"{flag}: {e}") from e


class Player(Hand):
    """Plays the cues from when the text begins. With a later start, everything before it comes at once."""

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
        due: list[Command] = []
        while self._next < len(self._cues) and self._cues[self._next].at_s <= now - self._began_at:
            due += self._cues[self._next].commands
            self._next += 1
        return one_of_each(due)
