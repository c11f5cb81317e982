"""The commands of hands: a table from each to the function that applies it to `Controls`.

The coordinator applies commands as they come; a replay with other weights applies those of a score, with the clock of the
recording. Every function raises EnsembleError, with a line for the sender, for a command that cannot be followed; then
nothing has changed. It returns the event that everyone is told of, or nothing.
"""

import math
from collections.abc import Callable
from typing import Any

from actors import EnsembleError
from actors.hands.controls import Controls
from actors.hands.tempo import Tempo
from actors.mixing import mixture
from actors.wire import messages
from actors.wire.parameters import RATE, STARTS, TEMPO, UNITS, VISITORS, Parameter

NAMELESS = "a hand"
LONGEST_NAME = 40
MOST_PALMS = 16  # points of one hand
MOST_PULLS = 64  # points of visitors
LONGEST_MOVE_S = 3600.0
LONGEST_PAGE = 200

Apply = Callable[[Controls, str, Any, float], str | None]


def apply(controls: Controls, command: messages.Command, now: float) -> str:
    """Apply a command of COMMANDS at the time `now`, in seconds. Returns the event to tell everyone, or nothing."""
    hand = command.hand or NAMELESS
    if len(hand) > LONGEST_NAME or not hand.isprintable():
        raise EnsembleError(f"a hand's name has at most {LONGEST_NAME} printable characters")
    return COMMANDS[type(command)](controls, hand, command, now) or ""


def set_weights(controls: Controls, hand: str, command: messages.SetWeights, now: float) -> None:
    if len(command.at) > MOST_PALMS or not all(abs(x) <= 1 and abs(y) <= 1 for x, y in command.at):
        raise EnsembleError(f"a hand is at points from -1 to 1, at most {MOST_PALMS} of them")
    controls.check_weights(command.weights, whole=False)
    before = controls.fusion.copy()
    silent = dict.fromkeys(controls.mix, 0.0) if command.replace else {}
    controls.fusion.wish(hand, silent | command.weights, now, command.at)
    if not any(weight > 0 for weight in controls.fusion.mix(now).values()):
        controls.fusion = before
        raise EnsembleError(mixture.SILENCE)
    controls.transitions.stop(hand)


def let_go(controls: Controls, hand: str, command: messages.LetGo, now: float) -> None:
    controls.fusion.let_go(hand)
    controls.transitions.stop(hand)


def solo(controls: Controls, hand: str, command: messages.Solo, now: float) -> None:
    _check_slugs(controls, command.slugs)
    controls.fusion.solo = list(dict.fromkeys(command.slugs))


def hold(controls: Controls, hand: str, command: messages.Hold, now: float) -> None:
    _check_slugs(controls, command.slugs)
    controls.fusion.hold(command.slugs, command.held, now)


def admit(controls: Controls, hand: str, command: messages.Admit, now: float) -> None:
    controls.visitors.admitted = _read(VISITORS, command.share)


def pull(controls: Controls, hand: str, command: messages.Pull, now: float) -> None:
    if not 0 <= command.strength <= 1:
        raise EnsembleError("a pull has a strength of 0 to 1")
    if len(command.at) > MOST_PULLS or not all(abs(x) <= 1 and abs(y) <= 1 for x, y in command.at):
        raise EnsembleError(f"visitors are at points from -1 to 1, at most {MOST_PULLS} of them")
    if len(command.page) > LONGEST_PAGE or not command.page.isprintable():
        raise EnsembleError("the address of a page is one line")
    here = {slug: weight for slug, weight in command.weights.items() if slug in controls.mix}
    if not all(math.isfinite(weight) and weight >= 0 for weight in here.values()):
        raise EnsembleError("the weights of a pull are finite, and zero or more")
    strength = command.strength if any(here.values()) else 0.0
    controls.visitors.pull(here, strength, command.at, command.page, now)


def move(controls: Controls, hand: str, command: messages.Move, now: float) -> None:
    _begin(controls, hand, command.weights, command, now)


def preset(controls: Controls, hand: str, command: messages.Preset, now: float) -> str | None:
    if command.what == "keep":
        controls.presets.keep(command.name, controls.mix)
        return f"preset {command.name} is kept"
    if command.what == "forget":
        controls.presets.forget(command.name)
        return f"preset {command.name} is forgotten"
    if command.what != "recall":
        raise EnsembleError(f"a preset is kept, recalled or forgotten; not {command.what!r}")
    mix = {slug: weight for slug, weight in controls.presets.mix(command.name).items() if slug in controls.mix}
    if not mix:
        raise EnsembleError(f"no style of preset {command.name} is here")
    _begin(controls, hand, mix, command, now)
    return None


def set_rate(controls: Controls, hand: str, command: messages.SetRate, now: float) -> None:
    controls.rate_cps = _read(RATE, command.cps)


def set_temperature(controls: Controls, hand: str, command: messages.SetTemperature, now: float) -> None:
    controls.settings = controls.settings.changed({"temperature": command.temperature})


def set_pooling(controls: Controls, hand: str, command: messages.SetPooling, now: float) -> None:
    if command.cross and not controls.has_monolith:
        raise EnsembleError("there is no monolith to cross to: see  chorus monolith --help")
    controls.settings = controls.settings.changed(_changes(command))


def set_lookahead(controls: Controls, hand: str, command: messages.SetLookahead, now: float) -> None:
    by_hand = command.width is not None or command.depth is not None
    controls.lookahead = controls.lookahead.changed(({"auto": False} if by_hand else {}) | _changes(command))


def set_tempo(controls: Controls, hand: str, command: messages.SetTempo, now: float) -> None:
    if command.bpm == 0:
        controls.tempo = None
        return
    _read(TEMPO, command.bpm)
    if command.unit not in UNITS or not 0.125 <= command.per_beat <= 32 or not math.isfinite(command.beat_in_s):
        raise EnsembleError(f"{', '.join(UNITS)} fall on the beat, 0.125 to 32 of them")
    controls.tempo = Tempo(command.bpm, now + command.beat_in_s, command.unit, command.per_beat)


COMMANDS: dict[type[messages.Command], Apply] = {
    messages.SetWeights: set_weights,
    messages.LetGo: let_go,
    messages.Solo: solo,
    messages.Hold: hold,
    messages.Admit: admit,
    messages.Pull: pull,
    messages.Move: move,
    messages.Preset: preset,
    messages.SetRate: set_rate,
    messages.SetTemperature: set_temperature,
    messages.SetPooling: set_pooling,
    messages.SetLookahead: set_lookahead,
    messages.SetTempo: set_tempo,
}


def _begin(
    controls: Controls, hand: str, weights: dict[str, float], command: messages.Move | messages.Preset, now: float
) -> None:
    controls.check_weights(weights)
    if command.falls not in STARTS:
        raise EnsembleError(f"a move falls {', '.join(STARTS)}; not {command.falls!r}")
    if not 0 <= command.over_s <= LONGEST_MOVE_S:
        raise EnsembleError(f"a move takes 0 to {LONGEST_MOVE_S:g} seconds")
    goal = dict.fromkeys(controls.mix, 0.0) | weights
    controls.transitions.begin(hand, goal, command.over_s, command.falls, now)


def _check_slugs(controls: Controls, slugs: list[str]) -> None:
    mixture.check_weights(dict.fromkeys(slugs, 1.0), controls.mix, whole=False)


def _changes(command: messages.SetPooling | messages.SetLookahead) -> dict[str, Any]:
    """The fields of the command's own that are not None."""
    fields = type(command).__annotations__
    return {name: getattr(command, name) for name in fields if getattr(command, name) is not None}


def _read(parameter: Parameter, value: float) -> float:
    try:
        number: float = parameter.read(value)
    except ValueError as e:
        raise EnsembleError(str(e)) from e
    return number
