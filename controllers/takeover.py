"""Soft take-over: a control acts only once it has met what it stands for, so nothing jumps. Pure.

A fader without a motor rests where it was left, while the weight it stands for is moved by other hands, or another style
comes under it. It is heard again when it passes the present weight or rests upon it. Where the control *is* is a fact of
the device and outlives every change of what it stands for: so a control that was switched away and back unmoved acts at
once, and one that was moved meanwhile does not. More than that need not be remembered: a fader that was heard rests upon
its weight, until one of the two is moved without the other.

Positions go from 0 to 1. What a control stands for must be known without delay (`controllers.midi.local_mix`), or a
fast fader loses it.
"""

NEAR = 1.5 / 127  # so close is met: a step of a fader, and worn ones that stop a step before the end of their travel
NEAR_AN_END = 10 / 127  # a control first heard this close to an end is taken to come from there


class Takeover:
    """One control of a device."""

    def __init__(self) -> None:
        self.where: float | None = None  # unknown until it is first heard: most devices do not tell

    def moved(self, to: float, present: float) -> bool:
        """The control is at `to` now, what it stands for at `present`: whether it acts."""
        was, self.where = self.where, to
        return meets(was, to, present)


def meets(was: float | None, to: float, present: float) -> bool:
    """Whether a control that went from `was` (None: nobody knows) to `to` met `present` on its way."""
    if abs(to - present) <= NEAR:
        return True
    if was is None:
        return min(present, 1 - present) <= NEAR and abs(to - present) <= NEAR_AN_END
    return abs(was - present) <= NEAR or (was - present) * (to - present) < 0
