"""Measures the rate of the text."""

import time
from collections import deque

EARLIER = 8  # askings that a long wait is told of


class RateMeter:
    """Characters per second over the last moments, and the longest wait for one."""

    def __init__(self) -> None:
        self._count = 0
        self._since = time.monotonic()
        self._cps = 0.0
        self._last = 0.0
        self._longest = 0.0
        self._earlier: deque[float] = deque(maxlen=EARLIER)

    def count(self) -> None:
        now = time.monotonic()
        if self._last:
            self._longest = max(self._longest, now - self._last)
        self._count, self._last = self._count + 1, now

    def pause(self) -> None:
        """The text stands still on purpose: no wait is counted."""
        self._last = 0.0

    def cps(self, now: float) -> float:
        if now - self._since > 1.0:
            self._cps = self._count / (now - self._since)
            self._count, self._since = 0, now
        return self._cps

    def longest_s(self) -> float:
        """The longest wait for a character since this was asked for the eighth time before."""
        self._earlier.append(self._longest)
        self._longest = 0.0
        return max(self._earlier)
