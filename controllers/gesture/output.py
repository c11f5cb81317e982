"""The output of gestures: sends a learnt mix without a jump, to the ensemble and as Wekinator's outputs. Pure."""

import math
from collections.abc import Iterable

from pythonosc.osc_message_builder import OscMessageBuilder

from actors.wire.messages import Command
from controllers.easing import Easing, Mix, Voice, as_it_is
from controllers.gesture.messages import OUTPUTS
from controllers.hand import Seen


class MixOutput:
    """Sends a mix without a jump: eases into it whenever its origin or the styles have changed."""

    def __init__(self) -> None:
        self._voice = Voice()
        self._easing = Easing({}, -math.inf)
        self._who: object = None

    def wish(self, mix: Mix, who: object, now: float, seen: Seen) -> list[Command]:
        """The commands for a mix. `who` is its origin: anything that differs when the mix comes from elsewhere."""
        who = (who, tuple(seen.styles))
        if who != self._who:
            self._who = who
            self._easing = Easing(self._voice.mix or as_it_is(seen), now)
        return self._voice.say(self._easing.mix(mix, now), now)

    def let_go(self) -> list[Command]:
        self._who = None
        return self._voice.let_go()


def outputs(weights: Iterable[float]) -> bytes:
    """A packet like Wekinator's outputs."""
    builder = OscMessageBuilder(OUTPUTS)
    for weight in weights:
        builder.add_arg(float(weight), "f")
    return bytes(builder.build().dgram)
