"""Scales of knobs: from a position, 0 to 1, to the value of a live parameter, and back. Pure."""

import math

from actors.wire.parameters import Number

MIDDLE = 64 / 127  # where a knob with a notch has it


def value_at(parameter: Number, position: float) -> float:
    """The value at a position. Without a scale of its own a knob is linear; at its lower end it is off, if that exists."""
    match parameter.knob:
        case (low, high):
            return float(low * (high / low) ** position)
        case (low, middle, high):
            if position <= MIDDLE:
                return float(middle * (low / middle) ** (1 - position / MIDDLE))
            return float(middle * (high / middle) ** ((position - MIDDLE) / (1 - MIDDLE)))
    if parameter.off is not None and position <= 0:
        return parameter.off
    return parameter.low + (parameter.high - parameter.low) * position


def position_of(parameter: Number, value: float) -> float:
    """The position of a value; beyond the ends of the knob, the nearer end."""
    match parameter.knob:
        case (low, high):
            return min(1.0, math.log(max(value, low) / low) / math.log(high / low))
        case (low, middle, high):
            if value <= middle:
                return MIDDLE * (1 - math.log(max(value, low) / middle) / math.log(low / middle))
            return MIDDLE + (1 - MIDDLE) * math.log(min(value, high) / middle) / math.log(high / middle)
    return min(1.0, max(0.0, (value - parameter.low) / (parameter.high - parameter.low)))
