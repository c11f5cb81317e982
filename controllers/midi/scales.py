"""What the positions of a knob mean for rate and temperature, and back. Positions go from 0 to 1. Pure."""

import math

from actors.wire.parameters import TEMPERATURE

SLOWEST_CPS, FASTEST_CPS = 1.0, 100.0
MIDDLE = 64 / 127  # where a knob with a notch has it


def rate_at(position: float) -> float:
    """Characters a second: equal ways are equal ratios."""
    return float(SLOWEST_CPS * (FASTEST_CPS / SLOWEST_CPS) ** position)


def rate_position(cps: float) -> float:
    if cps <= SLOWEST_CPS:
        return 0.0
    return min(1.0, math.log(cps / SLOWEST_CPS) / math.log(FASTEST_CPS / SLOWEST_CPS))


def temperature_at(position: float) -> float:
    """1 in the middle, TEMPERATURE.low and TEMPERATURE.high at the ends."""
    if position <= MIDDLE:
        return float(TEMPERATURE.low ** (1 - position / MIDDLE))
    return float(TEMPERATURE.high ** ((position - MIDDLE) / (1 - MIDDLE)))


def temperature_position(temperature: float) -> float:
    if temperature <= 1:
        return MIDDLE * (1 - math.log(max(temperature, TEMPERATURE.low)) / math.log(TEMPERATURE.low))
    return MIDDLE + (1 - MIDDLE) * math.log(min(temperature, TEMPERATURE.high)) / math.log(TEMPERATURE.high)
