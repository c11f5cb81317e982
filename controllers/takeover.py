"""Soft take-over: a control acts only once it has met the value that it stands for, so nothing jumps. Pure.

A fader without a motor stays where it was left, while other hands move its weight, or a bank button brings another style
under it. It acts again when it passes the present weight or rests upon it. The position of a control belongs to the device
and outlives every change of what it stands for: a control that was switched away and back unmoved acts at once, and one
that was moved meanwhile does not. No more need be remembered: a fader that acts rests upon its weight until one of the two
is moved without the other.

Positions go from 0 to 1. The present value must be known without delay (`controllers.midi.local_mix`), or a fast fader
loses it.
"""

NEAR = 1.5 / 127  # so close counts as met: a fader moves in steps, and a worn one stops before the end of its travel
NEAR_AN_END = 10 / 127  # a control first seen this close to an end counts as coming from there


class Takeover:
    """One control of a device."""

    def __init__(self) -> None:
        self.where: float | None = None  # None until it is first moved: most devices do not send positions

    def moved(self, to: float, present: float) -> bool:
        """Moves the control to `to`; returns whether it acts when its value is at `present`."""
        was, self.where = self.where, to
        return meets(was, to, present)


def meets(was: float | None, to: float, present: float) -> bool:
    """True if a control that went from `was` (None: unknown) to `to` met `present` on its way."""
    if abs(to - present) <= NEAR:
        return True
    if was is None:
        return min(present, 1 - present) <= NEAR and abs(to - present) <= NEAR_AN_END
    return abs(was - present) <= NEAR or (was - present) * (to - present) < 0
