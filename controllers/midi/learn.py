"""MIDI learn: finds the control for a style. Pure.

Either the styles are named and their controls moved one after the other (`Lesson`), or a control is moved and then its
style touched by another hand (`Pairing`). The surface shows either the state of the mix before every round, and passes it
the touches that it takes; `learn_store` keeps the result.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from controllers import ControllerError
from controllers.midi.touch import Address, Touch

TRAVEL = 6 / 127  # a control that went so far is meant: a worn one trembles by a step or two
TOUCHED = 0.01  # of the loudest; a weight that went so far was touched
SETTLED_S = 0.3  # wait for stillness: a key ends a solo and a hold, and sets all weights
ALL = "all"  # styles in their order, on a command line


@dataclass(frozen=True)
class MixState:
    """The state of the mix: weights as they would be without solo, and the styles that are solo and held."""

    weights: Mapping[str, float] = field(default_factory=dict)
    solo: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()

    @property
    def alone(self) -> frozenset[str]:
        """The style that is the only one with a weight, if there is one."""
        loud = frozenset(slug for slug, weight in self.weights.items() if weight > 0)
        return loud if len(loud) == 1 else frozenset()


def touched(before: MixState, now: MixState) -> str:
    """The one style that a hand has touched between two states: its solo or hold has changed, or its weight.

    Empty when it was none, or several. A key that plays one style alone touches that one.
    """
    added = (now.solo - before.solo) | (now.held - before.held)
    removed = (before.solo - now.solo) | (before.held - now.held)
    least = TOUCHED * max((1.0, *before.weights.values(), *now.weights.values()))
    moved = {slug for slug in now.weights if abs(now.weights[slug] - before.weights.get(slug, 0.0)) >= least}
    one = added or removed | moved
    if len(one) > 1 and moved and not added:
        one = now.alone
    return next(iter(one)) if len(one) == 1 else ""


class Travel:
    """The way that each control has gone since it was asked for."""

    def __init__(self) -> None:
        self._ends: dict[Address, tuple[float, float]] = {}

    def is_meant(self, touch: Touch) -> bool:
        """True if the control of this touch has gone so far that it was no accident; then all begin anew."""
        low, high = self._ends.get(touch.address, (touch.position, touch.position))
        low, high = min(low, touch.position), max(high, touch.position)
        self._ends[touch.address] = (low, high)
        if high - low < TRAVEL:
            return False
        self._ends.clear()
        return True


class Pairing:
    """Pairs a control that is touched with the style that another hand touches next, again and again.

    The device plays nothing meanwhile, so every change is another hand's. Of two controls the last is meant.
    """

    def __init__(self) -> None:
        self._travel = Travel()
        self._control: Address | None = None
        self._said = ""
        self._before = self._newest = MixState()
        self._still_since = -math.inf

    @property
    def asks(self) -> str:
        """A line for the player: the last pair, and the next step."""
        if self._control:
            return f"{self._control}: now make its style solo, hold it or set its weight alone, with another hand"
        return f"{self._said}touch a control; Ctrl-C ends"

    @property
    def over(self) -> bool:
        return False

    def takes(self, address: Address) -> bool:
        """True if a touch of this control is for the lesson, and not played."""
        return True

    def heard(self, touch: Touch) -> str:
        """Takes a control in; nothing is learnt before `look` has seen its style."""
        if self._travel.is_meant(touch) and touch.address != self._control:
            self._control, self._before = touch.address, self._newest
        return ""

    def look(self, state: MixState, now: float) -> tuple[Address, str] | None:
        """The control and the style that are a pair from now on, if there is one."""
        if state.weights.keys() != self._newest.weights.keys():  # a style that comes or goes was not touched
            self._before = state
        if state != self._newest:
            self._newest, self._still_since = state, now
        named = (state.solo - self._before.solo) | (state.held - self._before.held)
        if self._control is None or (not named and now - self._still_since < SETTLED_S):
            return None
        slug = touched(self._before, state)
        self._before = state
        if not slug:
            return None
        learnt, self._control = (self._control, slug), None
        self._said = f"{slug} is on {learnt[0]} now; "
        return learnt


class Lesson:
    """Learns the controls of styles one after the other; without names, of all styles in their order."""

    def __init__(self, slugs: Sequence[str] = ()) -> None:
        self._left = list(slugs)
        self._all = not slugs
        self._checked = False
        self._learnt: set[Address] = set()
        self._travel = Travel()

    def look(self, state: MixState, now: float) -> None:
        """Takes in the styles, before every touch. Raises ControllerError once, when a named style is not there."""
        styles = list(state.weights)
        if self._checked or not styles:
            return
        self._checked = True
        if self._all:
            self._left = list(styles)
        for slug in self._left:
            if slug not in styles:
                raise ControllerError(
                    f"there is no style {slug!r} here to learn a control for: there are {', '.join(styles)}"
                )

    @property
    def over(self) -> bool:
        return not self._left and not (self._all and not self._checked)

    @property
    def asks(self) -> str:
        """A line for the player: the next step."""
        return f"move the control for {self._left[0]}" if self._left else ""

    def takes(self, address: Address) -> bool:
        """True if a touch of this control is for the lesson, and not played."""
        return not self.over and address not in self._learnt

    def heard(self, touch: Touch) -> str:
        """The slug of the style that this touch's control has from now on; empty if it may have been an accident."""
        if not self._left or not self._travel.is_meant(touch):
            return ""
        self._learnt.add(touch.address)
        return self._left.pop(0)


def lesson(argument: str) -> Lesson | Pairing:
    """The lesson of a flag: "shakespeare,linux-c", "all", or, when it is empty, one by touch."""
    named = [slug.strip() for slug in argument.split(",") if slug.strip()]
    if named == [ALL]:
        return Lesson()
    return Lesson(named) if named else Pairing()
