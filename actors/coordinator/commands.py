"""What hands do to a performance: the coordinator's part about weights, moves, presets, pooling and tempo.

Whoever speaks, the wish goes through the one rule of `actors.hands.fusion`; what comes of it is looked at a hundred times a
second.
"""

import math
import time
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from actors import EnsembleError
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.membership import Seating
from actors.hands.presets import Presets
from actors.hands.tempo import Tempo
from actors.hands.transitions import Transitions
from actors.hands.visitors import Visitors
from actors.journal.writer import Journal
from actors.mixing import mixture
from actors.section.remote import Post
from actors.wire.messages import (
    Admit,
    Hold,
    LetGo,
    Move,
    Preset,
    Pull,
    SetLookahead,
    SetPooling,
    SetTemperature,
    SetTempo,
    SetWeights,
    Solo,
)
from actors.wire.parameters import STARTS, TEMPO, UNITS, VISITORS

FUSED_S = 0.01  # what comes of all hands is looked at this often, and whenever one speaks
NAMELESS = "a hand"
LONGEST_NAME = 40
MOST_PALMS = 16
MOST_PULLS = 64  # places of visitors that are shown
LONGEST_MOVE_S = 3600.0
LONGEST_PAGE = 200
LATELY = 64  # characters in which the end of a sentence is looked for

OfHands = (
    SetWeights
    | LetGo
    | Solo
    | Hold
    | Admit
    | Pull
    | Move
    | Preset
    | SetLookahead
    | SetPooling
    | SetTemperature
    | SetTempo
)
OF_HANDS = get_args(OfHands)


class Conducting(Seating):
    """π, the manner of pooling, and tempo as hands have them."""

    def __init__(self, score: CoordinatorConfig, journal: Journal, connect: Callable[[str], Post] | None) -> None:
        super().__init__(score, journal, connect)
        self.tempo: Tempo | None = None
        self.moves = Transitions()
        self.presets = Presets(score.presets)
        self.visitors = Visitors()
        self.visitors.admitted = score.admitted
        self._fused_at = self._noted_at = 0.0
        self._frozen: NDArray[np.float64] | None = None  # π of the character that the monolith was asked for
        self._unnoted = False  # whether hands have moved weights since the journal was told

    def fuse(self, at_once: bool = False) -> None:
        """What comes of all hands' wishes, also of those that were said a while ago."""
        now = time.monotonic()
        if now - self._fused_at < FUSED_S and not at_once:
            return
        self._fused_at = now
        beat_at = self.tempo.last_beat(now) if self.tempo else None
        self.moves.go(self.fusion, self.fusion.base, self.lately(), beat_at, now)
        weights = self.fusion.mix(now)
        weights = self.visitors.over(weights, weights if self.fusion.solo else self.fusion.held, now)
        if any(weight > 0 for weight in weights.values()) and weights != self._weights():
            self.pi = self._vector(weights)
            self._moved = self._unnoted = True  # a moved hand is seen at once

    def note_weights(self, every_s: float = 0.0) -> None:
        """Into the journal with what the weights are now, if they have changed: a moving hand is noted once a character."""
        if not self._unnoted or (self._frozen is not None and self.monolith.asked_at == self.sections.tape.length):
            return  # the character that is being waited for is still drawn with the weights before
        now = time.monotonic()
        if now - self._noted_at >= every_s:
            self._noted_at, self._unnoted = now, False
            self.journal.weights(self._weights())

    def lately(self) -> bytes:
        """The last characters written."""
        tape = self.sections.tape
        return tape.read(max(1, tape.length - LATELY), tape.length).tobytes()

    def obey_hand(self, command: OfHands) -> None:
        """Raises EnsembleError, with a line for its sender, for what cannot be followed; then nothing has changed."""
        hand = command.hand or NAMELESS
        if len(hand) > LONGEST_NAME or not hand.isprintable():
            raise EnsembleError(f"a hand's name has at most {LONGEST_NAME} printable characters")
        if isinstance(command, SetWeights):
            self._wish(hand, command)
        elif isinstance(command, LetGo):
            self.fusion.let_go(hand)
            self.moves.stop(hand)
        elif isinstance(command, Solo | Hold):
            mixture.check_weights(dict.fromkeys(command.slugs, 1.0), self.roster.members, whole=False)
            if isinstance(command, Solo):
                self.fusion.solo = list(dict.fromkeys(command.slugs))
            else:
                self.fusion.hold(command.slugs, command.held, time.monotonic())
        elif isinstance(command, Admit):
            if not 0 <= command.share <= VISITORS.high:
                raise EnsembleError(f"visitors are admitted to 0 to {VISITORS.high:g} of the mix")
            self.visitors.admitted = command.share
            self.journal.admitted(command.share)
        elif isinstance(command, Pull):
            self._pull(command)
            return  # said ten times a second, and mostly the same
        elif isinstance(command, Move):
            self._begin(hand, command.weights, command)
        elif isinstance(command, Preset):
            self._preset(hand, command)
        elif isinstance(command, SetTemperature):
            self._change_manner({"temperature": command.temperature})
        elif isinstance(command, SetLookahead):
            before = self.ahead
            told = _given(width=command.width, depth=command.depth, boldness=command.boldness, auto=command.auto)
            by_hand = command.width is not None or command.depth is not None
            self.ahead = before.changed({"auto": False} | told if by_hand else told)
            self.journal.ahead(before, self.ahead)
        elif isinstance(command, SetPooling):
            if command.cross and not self.monolith.here:
                raise EnsembleError("no monolith is here to cross to: see  chorus monolith --help")
            wished = _given(
                pooling=command.pooling, evenness=command.evenness, top_p=command.top_p, cross=command.cross
            )
            self._change_manner(wished)
        else:
            self._set_tempo(command)
        self._fused_at, self._moved = 0.0, True

    def _change_manner(self, settings: dict[str, Any]) -> None:
        before, self.settings = self.settings, self.settings.changed(settings)
        self.journal.settings(before, self.settings)

    def _wish(self, hand: str, told: SetWeights) -> None:
        if len(told.at) > MOST_PALMS or not all(abs(x) <= 1 and abs(y) <= 1 for x, y in told.at):
            raise EnsembleError("a hand is at places from -1 to 1, a few of them")
        self.check_weights(told.weights, whole=False)
        before, now = self.fusion.copy(), time.monotonic()
        silent = dict.fromkeys(self.roster.members, 0.0) if told.replace else {}
        self.fusion.wish(hand, silent | told.weights, now, told.at)
        if not any(weight > 0 for weight in self.fusion.mix(now).values()):
            self.fusion = before
            raise EnsembleError(mixture.SILENCE)
        self.moves.stop(hand)

    def _pull(self, told: Pull) -> None:
        if not 0 <= told.strength <= 1:
            raise EnsembleError("a pull has a strength of 0 to 1")
        if len(told.at) > MOST_PULLS or not all(abs(x) <= 1 and abs(y) <= 1 for x, y in told.at):
            raise EnsembleError(f"visitors are at places from -1 to 1, at most {MOST_PULLS} of them")
        if len(told.page) > LONGEST_PAGE or not told.page.isprintable():
            raise EnsembleError("the address of a page is one line")
        here = {slug: weight for slug, weight in told.weights.items() if slug in self.roster.members}
        if not all(math.isfinite(weight) and weight >= 0 for weight in here.values()):
            raise EnsembleError("what visitors wish is finite, and zero or more")
        self.visitors.pull(here, told.strength if any(here.values()) else 0.0, told.at, told.page, time.monotonic())

    def _begin(self, hand: str, weights: dict[str, float], told: Move | Preset) -> None:
        self.check_weights(weights)
        if told.falls not in STARTS:
            raise EnsembleError(f"a move falls {', '.join(STARTS)}; not {told.falls!r}")
        if not 0 <= told.over_s <= LONGEST_MOVE_S:
            raise EnsembleError(f"a move takes 0 to {LONGEST_MOVE_S:g} seconds")
        goal = dict.fromkeys(self.roster.members, 0.0) | weights
        self.moves.begin(hand, goal, told.over_s, told.falls, time.monotonic())

    def _preset(self, hand: str, told: Preset) -> None:
        if told.what == "keep":
            self.presets.keep(told.name, self._weights())
            self._tell(f"preset {told.name} is kept")
        elif told.what == "forget":
            self.presets.forget(told.name)
            self._tell(f"preset {told.name} is forgotten")
        elif told.what == "recall":
            mix = {slug: weight for slug, weight in self.presets.mix(told.name).items() if slug in self.roster.members}
            if not mix:
                raise EnsembleError(f"no style of preset {told.name} is here")
            self._begin(hand, mix, told)
        else:
            raise EnsembleError(f"a preset is kept, recalled or forgotten; not {told.what!r}")

    def _set_tempo(self, told: SetTempo) -> None:
        if told.bpm == 0:
            self.tempo = None
            return
        if not TEMPO.low <= told.bpm <= TEMPO.high:
            raise EnsembleError(f"a tempo has {TEMPO.low:g} to {TEMPO.high:g} beats a minute, or 0 for none")
        if told.unit not in UNITS or not 0.125 <= told.per_beat <= 32 or not math.isfinite(told.beat_in_s):
            raise EnsembleError(f"{', '.join(UNITS)} fall on the beat, 0.125 to 32 of them")
        self.tempo = Tempo(told.bpm, time.monotonic() + told.beat_in_s, told.unit, told.per_beat)


def _given(**settings: Any) -> dict[str, Any]:
    """Those that are not None."""
    return {name: value for name, value in settings.items() if value is not None}
