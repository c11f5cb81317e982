"""The lights of one device: remembers what was sent to each, and sends only changes. Pure."""

import math
from collections.abc import Iterable

from controllers.midi.map import Light
from controllers.midi.messages import Message

LIGHTS_S = 1 / 30
MOST_LIGHTS = 40  # messages a turn, 120 bytes: a 5-pin cable carries 100 in 1/30 s, USB more


class Lights:
    """The present state of all lights, as far as it is known."""

    def __init__(self) -> None:
        self.lit: dict[tuple[str, int, int], Message] = {}
        self._at = -math.inf

    def forget(self) -> None:
        """Forgets the state, as when the device was away."""
        self.lit.clear()

    def is_due(self, now: float) -> bool:
        """True if it is time to send again."""
        return now - self._at >= LIGHTS_S

    def show(self, lights: Iterable[tuple[Light, float]], now: float) -> list[Message]:
        """The messages that make these lights so bright; those beyond the limit wait for the next time."""
        self._at = now
        changed: list[Message] = []
        for light, brightness in lights:
            changed += self._light(light, brightness)
            if len(changed) == MOST_LIGHTS:
                break
        return changed

    def dark(self, lights: Iterable[Light]) -> list[Message]:
        """The messages that put these lights out, for those that were ever sent anything."""
        return [message for light in lights if _place(light) in self.lit for message in self._light(light, 0.0)]

    def _light(self, light: Light, brightness: float) -> list[Message]:
        message, place = light.message(brightness), _place(light)
        if self.lit.get(place) == message:
            return []
        self.lit[place] = message
        return [message]


def _place(light: Light) -> tuple[str, int, int]:
    return light.kind, light.channel, light.number
