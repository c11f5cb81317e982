"""A filter for the ticks of a clock: a straight line in time, however they jitter. Pure.

A tick comes late when a machine was busy, several come at once when it was very busy, and none when a byte was lost. The
line is made of medians, which a few late ticks do not move. When the last ticks have left it, either some were lost, and
it goes on as it was, or the tempo has changed, and a new line begins where they left it.
"""

import math
from collections import deque
from collections.abc import Sequence

KEPT = 193  # ticks, eight beats: with 5 ms of jitter the line is then good to a millisecond and 1/3000 of the tempo
A_FEW = 18  # ticks, three quarters of a beat: fewer make no line
RECENT = 9  # ticks: their middle one shows whether they are still on the line
NEAR_S, NEAR_SPREADS = 0.004, 2.5  # on the line: within so much, or so many times the usual distance
PAUSE_S = 1.0  # after a longer pause it begins anew; the slowest clock in use ticks ten times as often
BURST = 1 / 4  # of the time between two ticks: of closer ones only the last is near its time


class Pulse:
    """The ticks so far. `period_s` is the time from one to the next, 0 while unknown."""

    def __init__(self) -> None:
        self.period_s = 0.0
        self.heard_at = -math.inf
        self._number = 0  # of the last tick
        self._ticks: deque[tuple[int, float]] = deque(maxlen=KEPT)
        self._line = (0, 0.0)  # a tick and when it was, without the jitter
        self._spread_s = 0.0

    @property
    def at(self) -> float:
        """The time of the last tick, without jitter."""
        return self._expected(self._number)

    def tick(self, now: float) -> int:
        """Takes in a tick; returns how many passed: lost ones are counted as soon as they are certain."""
        if now - self.heard_at > PAUSE_S:
            self._ticks.clear()
            self.period_s = 0.0
        if self._ticks and now - self.heard_at <= self.period_s * BURST:
            self._ticks.pop()
        self.heard_at = now
        self._number += 1
        self._ticks.append((self._number, now))
        lost = self._look_back()
        if len(self._ticks) >= A_FEW:
            self._draw()
        return 1 + lost

    def _look_back(self) -> int:
        """The number of lost ticks. When the last ticks have left the line and none were lost, a new line begins."""
        if not self.period_s or len(self._ticks) < RECENT:
            return 0
        late = [when - self._expected(number) for number, when in self._ticks]
        middle, near = _median(late[-RECENT:]), max(NEAR_S, NEAR_SPREADS * self._spread_s)
        if abs(middle) <= near:
            return 0
        gone = 0  # ticks since the line was left
        while gone < len(late) and late[-1 - gone] * math.copysign(1, middle) > near / 2:
            gone += 1
        if gone <= RECENT // 2:
            return 0
        lost = self._lost(late[len(late) - gone :])
        if lost and gone < RECENT:  # a tempo that falls by much looks like this for a moment
            return 0
        left = [self._ticks.pop() for _ in range(gone)][::-1]
        if lost:
            self._number += lost
        else:
            self._ticks.clear()
        self._ticks.extend((number + lost, when) for number, when in left)
        return lost

    def _lost(self, late: Sequence[float]) -> int:
        """The lost ticks: late by whole periods, and no more at the end than at the beginning."""
        first, then = _median(late[: len(late) // 2]), _median(late[len(late) // 2 :])
        ticks = _median(late) / self.period_s
        flat = abs(then - first) < 0.3 * self.period_s and abs(ticks - round(ticks)) < 0.25
        return max(0, round(ticks)) if flat else 0

    def _draw(self) -> None:
        """Draws the line through all ticks that are kept."""
        ticks = list(self._ticks)
        there = zip(ticks, ticks[len(ticks) // 2 :], strict=False)
        self.period_s = _median([(b - a) / (m - n) for (n, a), (m, b) in there])
        self._line = self._number, 0.0
        at = _median([when - self._expected(number) for number, when in ticks])
        self._line = self._number, at
        self._spread_s = _median([abs(when - self._expected(number)) for number, when in ticks])

    def _expected(self, number: int) -> float:
        tick, at = self._line
        return at + (number - tick) * self.period_s


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
