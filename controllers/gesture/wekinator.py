"""Wekinator as a hand: Wekinator itself learns, and its outputs are played."""

import math
from collections.abc import Sequence

from actors.wire.messages import Command
from controllers.easing import shares
from controllers.gesture.inputs import Port
from controllers.gesture.messages import OUTPUTS, Features
from controllers.gesture.output import MixOutput
from controllers.hand import Hand, Seen

SILENT_S = 2.0  # without outputs Wekinator is away


class WekinatorHand(Hand):
    """Plays the outputs of Wekinator: the weights of the styles, in order."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._outputs: tuple[float, ...] = ()
        self._heard_at = -math.inf
        self._styles = 0
        self._output = MixOutput()

    @property
    def trouble(self) -> str:
        """The reason why it does not play, in one line; empty when there is none."""
        if not self._outputs:
            return f"nothing has come from Wekinator: let it send {OUTPUTS} to UDP port {self._port.number}"
        if len(self._outputs) != self._styles > 0:
            return f"Wekinator sends {len(self._outputs)} outputs, here are {self._styles} styles: give it as many"
        return self._port.complaint

    @property
    def files(self) -> Sequence[int]:
        return [self._port.file]

    def play(self, now: float, seen: Seen) -> list[Command]:
        self._styles = len(seen.styles)
        for said in self._port.listen():
            if isinstance(said, Features) and said.address == OUTPUTS:
                self._outputs, self._heard_at = said.values, now
        mix = shares(dict.fromkeys(seen.styles, 0.0) | dict(zip(seen.styles, self._outputs, strict=False)))
        if not mix or now - self._heard_at > SILENT_S:
            return self._output.let_go()
        return self._output.wish(mix, self, now, seen)

    def close(self) -> None:
        self._port.close()
