"""The One Euro filter (Casiez, Roussel and Vogel, CHI 2012): smooths what trembles, and follows fast moves without lag.

Pure: times come with the values. One filter follows one thing; make a new one for a new hand. Nothing that a device sends
can spoil it: a value that is no number leaves a component where it was, and a time that does not advance changes nothing.
"""

import math
from collections.abc import Sequence

SPEED_CUTOFF_HZ = 1.0  # of the speed itself, as in the paper: the third parameter that nobody has to tune
FASTEST = 1e30  # units a second: larger ones would overflow on the way


class OneEuro:
    """Smooths a vector whose components share a unit, by the length of its speed."""

    def __init__(self, min_cutoff_hz: float = 1.0, beta: float = 0.0) -> None:
        """`min_cutoff_hz` applies at rest: lower is calmer. Each unit a second adds `beta` Hz: higher lags less."""
        self.min_cutoff_hz, self.beta = min_cutoff_hz, beta
        self._at: tuple[float, ...] = ()
        self._speed: tuple[float, ...] = ()
        self._t_s = 0.0

    def smooth(self, values: Sequence[float], t_s: float) -> tuple[float, ...]:
        """The smoothed vector at `t_s` seconds; the first values, and a vector of another length, stay as they are."""
        if len(values) != len(self._at):
            if all(map(math.isfinite, values)) and math.isfinite(t_s):
                self._at, self._speed, self._t_s = tuple(values), (0.0,) * len(values), t_s
                return self._at
            return tuple(value if math.isfinite(value) else 0.0 for value in values)
        dt_s = t_s - self._t_s
        if not 0 < dt_s < math.inf:
            return self._at
        seen = [value if math.isfinite(value) else last for value, last in zip(values, self._at, strict=True)]
        speed = [max(-FASTEST, min(FASTEST, (value - last) / dt_s)) for value, last in zip(seen, self._at, strict=True)]
        self._speed = _towards(self._speed, speed, _share(SPEED_CUTOFF_HZ, dt_s))
        cutoff_hz = self.min_cutoff_hz + self.beta * math.hypot(*self._speed)
        self._at = _towards(self._at, seen, _share(cutoff_hz, dt_s))
        self._t_s = t_s
        return self._at


def _share(cutoff_hz: float, dt_s: float) -> float:
    """The share of the way that a low pass goes in `dt_s`."""
    return 1.0 / (1.0 + 1.0 / (2 * math.pi * cutoff_hz) / dt_s)


def _towards(last: Sequence[float], now: Sequence[float], share: float) -> tuple[float, ...]:
    return tuple((1.0 - share) * a + share * b for a, b in zip(last, now, strict=True))
