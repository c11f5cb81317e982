"""Replays a recording with other weights: from position `since` on, a fixed mix or a scripted hand decides.

A hand, such as a score, is played in the time of the recording; its commands take the way of every command
(`actors.hands.commands`), and nothing here looks at a clock. With a mix alone, all but the weights stays as it was; with a
hand, nothing that hands did from there on counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from actors import EnsembleError
from actors.hands import commands
from actors.hands.controls import Controls
from actors.hands.presets import Presets
from actors.journal.state import TurnState
from actors.mixing import mixture
from actors.wire.messages import Command, Move, Preset, SetLookahead, SetPooling, SetRate, SetTemperature, SetTempo
from actors.wire.parameters import LOG_LINEAR

# the commands of a hand: at a time in seconds of the recording, with these styles, after this text
Hand = Callable[[float, Sequence[str], bytes], Iterable[Command]]

SCRIPTED = (Move, Preset, SetTemperature, SetPooling, SetLookahead, SetTempo)
BEGINS_S = 1.0  # of its clock, on which a transition that began at 0 would not have begun


class WhatIf:
    """Decides from the character at position `since` on."""

    def __init__(
        self,
        since: int = 1,
        mix: Mapping[str, float] | None = None,
        hand: Hand | None = None,
        presets: Presets | None = None,
        has_monolith: bool = False,
    ) -> None:
        """`mix`: the weights to begin with (default: those of the recording)."""
        self.since = since
        self._mix, self._hand = mix, hand
        self._presets, self._has_monolith = presets or Presets(None), has_monolith
        self._controls: Controls | None = None  # since the first character it decided

    def decide(self, at_s: float, recorded: TurnState, text: bytes) -> TurnState:
        """The state in the place of the `recorded` one, after `text`; asked of every character from `since` on.

        Raises EnsembleError for a command that cannot be followed.
        """
        now, slugs = BEGINS_S + at_s, [member.slug for member in recorded.members]
        controls = self._controls or self._begin(recorded, slugs)
        if self._hand is None:
            if self._mix is None:
                return recorded
            return replace(recorded, pi=tuple(self._mix.get(slug, 0.0) for slug in slugs))
        if list(controls.mix) != slugs:
            begin = dict(zip(slugs, recorded.pi, strict=True)) if self._mix is None else self._mix
            base = controls.fusion.base
            controls.set_mix({slug: base.get(slug, begin.get(slug, 0.0)) for slug in slugs})
        for command in self._hand(at_s, slugs, text):
            if isinstance(command, SCRIPTED):
                commands.apply(controls, command, now)
            elif not isinstance(command, SetRate):  # the rate is the recording's
                raise EnsembleError(f"a recording cannot follow {type(command).__name__}")
        controls.fuse(text, now)
        pi = tuple(controls.mix[slug] for slug in slugs)
        return replace(recorded, pi=pi, settings=controls.settings, lookahead=controls.lookahead)

    def _begin(self, recorded: TurnState, slugs: Sequence[str]) -> Controls:
        self._controls = controls = Controls(
            recorded.settings, recorded.lookahead, presets=self._presets, has_monolith=self._has_monolith
        )
        mix = dict(zip(slugs, recorded.pi, strict=True)) if self._mix is None else self._mix
        if self._mix:
            mixture.check_weights(mix, mix, below_zero=recorded.settings.pooling == LOG_LINEAR)
        controls.set_mix({slug: mix.get(slug, 0.0) for slug in slugs})
        return controls
