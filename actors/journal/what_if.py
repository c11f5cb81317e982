"""Other weights than there were: what decides, from some character on, in the place of the hands that played.

A mix that stands, or a hand such as a score, which is played in the time of the recording: what it wishes goes the way
that `actors.coordinator.commands` has for it, and nothing here looks at a clock. With a mix alone, all but the weights is as it was;
with a hand, nothing of what hands did from there on is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from actors import EnsembleError
from actors.hands.fusion import Fusion
from actors.hands.presets import Presets
from actors.hands.tempo import Tempo
from actors.hands.transitions import Transitions
from actors.journal.state import TurnState
from actors.mixing import mixture
from actors.wire import parameters
from actors.wire.messages import Command, Move, Preset, SetLookahead, SetPooling, SetRate, SetTemperature, SetTempo

# what is wished at a time, in seconds of the recording, with these styles, after this text
Hand = Callable[[float, Sequence[str], bytes], Iterable[Command]]

NAME = "otherwise"
LATELY = 64  # characters in which the end of a sentence is looked for
BEGINS_S = 1.0  # of its clock, for whose moves zero is never


class WhatIf:
    """Decides from the character at position `since` on."""

    def __init__(
        self,
        since: int = 1,
        mix: Mapping[str, float] | None = None,
        hand: Hand | None = None,
        presets: Presets | None = None,
        crosses: bool = False,
    ) -> None:
        """`mix`: the weights to begin with (default: those there were); `crosses`: there is a monolith."""
        self.since = since
        self._mix, self._hand, self._crosses = mix, hand, crosses
        self._presets = presets or Presets(None)
        self._fusion, self._moves = Fusion(), Transitions()
        self._tempo: Tempo | None = None
        self._stood: TurnState | None = None  # at the character before

    def decide(self, at_s: float, was: TurnState, text: bytes) -> TurnState:
        """How things stand now instead, after `text`; to be asked of every character from `since` on.

        Raises EnsembleError for what cannot be followed.
        """
        now, slugs = BEGINS_S + at_s, [member.slug for member in was.members]
        before = self._stood or was
        if self._stood is None and self._mix:
            mixture.check_weights(self._mix, self._mix, below_zero=was.settings.pooling == parameters.LOG_LINEAR)
        if self._hand is None:
            self._stood = was if self._mix is None else replace(was, pi=tuple(self._mix.get(s, 0.0) for s in slugs))
            return self._stood
        begin = dict(zip(slugs, was.pi, strict=True)) if self._mix is None else self._mix
        base = self._fusion.base if self._stood else {}
        if list(base) != slugs:
            self._fusion.stand({slug: base.get(slug, begin.get(slug, 0.0)) for slug in slugs})
        stood = replace(was, settings=before.settings, ahead=before.ahead)
        for command in self._hand(at_s, slugs, text):
            stood = self._obey(command, stood, slugs, now)
        beat_at = self._tempo.last_beat(now) if self._tempo else None
        self._moves.go(self._fusion, self._fusion.base, text[-LATELY:], beat_at, now)
        weights = self._fusion.mix(now)
        self._stood = replace(stood, pi=tuple(weights[slug] for slug in slugs))
        return self._stood

    def _obey(self, command: Command, stood: TurnState, slugs: Sequence[str], now: float) -> TurnState:
        if isinstance(command, Move):
            self._begin(command, command.weights, stood, slugs, now)
        elif isinstance(command, Preset):
            mix = {slug: weight for slug, weight in self._presets.mix(command.name).items() if slug in slugs}
            if not mix:
                raise EnsembleError(f"no style of preset {command.name} is here")
            self._begin(command, mix, stood, slugs, now)
        elif isinstance(command, SetTemperature):
            return replace(stood, settings=stood.settings.changed({"temperature": command.temperature}))
        elif isinstance(command, SetPooling):
            if command.cross and not self._crosses:
                raise EnsembleError("no monolith was there to cross to")
            told = {name: getattr(command, name) for name in ("pooling", "evenness", "top_p", "cross")}
            return replace(stood, settings=stood.settings.changed(_given(told)))
        elif isinstance(command, SetLookahead):
            told = {name: getattr(command, name) for name in ("width", "depth", "boldness", "auto")}
            by_hand = command.width is not None or command.depth is not None
            return replace(stood, ahead=stood.ahead.changed(({"auto": False} if by_hand else {}) | _given(told)))
        elif isinstance(command, SetTempo):
            beat_at = now + command.beat_in_s
            self._tempo = Tempo(command.bpm, beat_at, command.unit, command.per_beat) if command.bpm else None
        elif not isinstance(command, SetRate):  # its pace is the recording's
            raise EnsembleError(f"a recording cannot be told {type(command).__name__}")
        return stood

    def _begin(
        self, told: Move | Preset, weights: Mapping[str, float], stood: TurnState, slugs: Sequence[str], now: float
    ) -> None:
        mixture.check_weights(weights, slugs, below_zero=stood.settings.pooling == parameters.LOG_LINEAR)
        self._moves.begin(NAME, dict.fromkeys(slugs, 0.0) | dict(weights), told.over_s, told.falls, now)


def _given(settings: Mapping[str, object]) -> dict[str, object]:
    """Those that are not None."""
    return {name: value for name, value in settings.items() if value is not None}
