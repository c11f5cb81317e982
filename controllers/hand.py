"""A hand: what every controller is. It sees the mix, and returns the commands that it wishes.

A controller is a pure mapping in the middle and a device at the edge. `controllers.runner` asks it a hundred times a
second and sends its commands to the coordinator under the hand's name, which fuses all hands (`actors.hands.fusion`).
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
    """The performance as a hand sees it: styles in order, weights and settings as they are now, of all hands."""

    styles: Sequence[str] = ()
    # as they were sent, on any scale; divided by their sum they are the paper's π
    weights: dict[str, float] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)  # of the live parameters, by name
    text: bytes = b""  # what was written last, some thousand characters
    hands: Sequence[HandSeen] = ()  # the hands heard lately, this one included
    solo: Sequence[str] = ()  # the styles that alone are heard
    held: Sequence[str] = ()  # the styles that keep their weights
    presets: Sequence[str] = ()  # the names of the mixes that can be recalled
    points: Sequence[Point] = ()  # of the styles on the plane; empty until they are known

    def value(self, parameter: Number) -> float:
        """The value in force of a live parameter."""
        return float(self.values.get(parameter.name, parameter.default))


class Hand(Protocol):
    """One controller at work. Classes derived from it define what is their own."""

    @property
    def trouble(self) -> str:
        """The reason why nothing can be played at the moment, in one line; empty when there is none."""

    @property
    def files(self) -> Sequence[int]:
        """Descriptors that can be read as soon as there is something to play; they may change after every round.

        A hand that has some is asked at once when it is touched; others wait for their turn, a hundred times a second.
        """

    def play(self, now: float, seen: Seen) -> list[Command]:
        """The commands since the last time; never waits. `now` in seconds of a clock that only goes forward.

        Raises ControllerError when the device cannot be played any more and will not come back by itself.
        """

    def farewell(self, now: float) -> list[Command]:
        """The commands sent before it closes: they end what only this hand keeps up, such as a tempo. Weights stay."""
        return []

    def close(self) -> None:
        """Leaves the device as it was found: lights out, ports closed."""
        return


class Kind(Protocol):
    """A module of this package that makes hands of one kind."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the flags of `chorus control KIND`."""

    def make(self, args: argparse.Namespace) -> Hand:
        """The hand. Raises ControllerError, in one line that says what to do, when its device is missing."""
