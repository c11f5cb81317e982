"""Scales: the value that a knob's position means for a live parameter, and back. Positions go from 0 to 1. Pure."""

import math

from actors.wire.parameters import Number

MIDDLE = 64 / 127  # where a knob with a notch has it


def value_at(parameter: Number, position: float) -> float:
    """The value at a position. A knob without a scale of its own is linear, and off at its lower end where that exists."""
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
    """The position of a value; beyond the ends of the knob the nearer end."""
    match parameter.knob:
        case (low, high):
            return min(1.0, math.log(max(value, low) / low) / math.log(high / low))
        case (low, middle, high):
            if value <= middle:
                return MIDDLE * (1 - math.log(max(value, low) / middle) / math.log(low / middle))
            return MIDDLE + (1 - MIDDLE) * math.log(min(value, high) / middle) / math.log(high / middle)
    return min(1.0, max(0.0, (value - parameter.low) / (parameter.high - parameter.low)))
