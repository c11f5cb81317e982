"""What every controller is: a hand that looks at the mix, and says what it wishes.

A controller is pure mapping in the middle and a device at the edge. `controllers.runner` asks it a hundred times a second;
what it answers goes to the coordinator under the hand's name, which fuses all hands by one rule (`actors.hands.fusion`).
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from actors.wire.messages import Command, HandSeen
from actors.wire.parameters import Number
from actors.wire.plane import Point


@dataclass(frozen=True)
class Seen:
    """The performance as a hand sees it: the styles in order, the weights as they are now, whoever set them."""

    styles: Sequence[str] = ()
    # as they were sent, on any scale; divided by their sum they are the paper's π
    weights: dict[str, float] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)  # of the live parameters, by name
    text: bytes = b""  # what was written last, some thousand characters
    hands: Sequence[HandSeen] = ()  # who else was heard lately, and oneself
    solo: Sequence[str] = ()  # the styles that alone are heard, whoever wished it
    held: Sequence[str] = ()  # the styles that keep their weights
    presets: Sequence[str] = ()  # the names of the mixes that can be recalled
    points: Sequence[Point] = ()  # where on the plane each style lies; none as long as nobody has said so

    def value(self, parameter: Number) -> float:
        """The value of a live parameter that is in force."""
        return float(self.values.get(parameter.name, parameter.default))


class Hand(Protocol):
    """One controller at work. Those that are derived from it have only what is their own to say."""

    @property
    def trouble(self) -> str:
        """Empty, or why nothing can be played at the moment, in one line."""

    @property
    def files(self) -> Sequence[int]:
        """Descriptors that can be read as soon as there is something to play; there may be others after every round.

        Whoever has one is asked at once when it is touched; the others wait for their turn, a hundred times a second.
        """

    def play(self, now: float, seen: Seen) -> list[Command]:
        """What is wished since it was asked last; never waits. `now` in seconds of a clock that only goes forward.

        Raises ControllerError when the device cannot be played any more and will not come back by itself.
        """

    def farewell(self, now: float) -> list[Command]:
        """What ends with the hand, such as a tempo that it keeps: said before it closes. Weights stay by themselves."""
        return []

    def close(self) -> None:
        """Leave the device as it was found: lights out, ports closed."""


class Kind(Protocol):
    """A module of this package that makes hands of one kind."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The flags of `chorus control KIND`."""

    def make(self, args: argparse.Namespace) -> Hand:
        """Raises ControllerError, in one line that says what to do, when there is no such device."""
