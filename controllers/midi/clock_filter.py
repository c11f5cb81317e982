"""The ticks of a clock as a straight line in time, however they jitter. Pure.

A tick is heard late when a machine was busy, several at once when it was very busy, not at all when a byte was lost. The
line is made of medians, which a few late ticks do not move. When the last ticks have left it, either some were lost, and it
goes on as it was, or the tempo has changed, and a new line begins where they left it.
"""

import math
from collections import deque
from collections.abc import Sequence

KEPT = 193  # ticks, eight beats: with 5 ms of jitter the line is then good to a millisecond and 1/3000 of the tempo
A_FEW = 18  # ticks, three quarters of a beat: of fewer no line is made
RECENT = 9  # ticks: whether they are still on the line is told by their middle one
NEAR_S, NEAR_SPREADS = 0.004, 2.5  # which is on it within so much, or so many times what ticks usually are off it
PAUSE_S = 1.0  # after a longer one everything is taken anew; the slowest clock in use ticks ten times as often
BURST = 1 / 4  # of the time between two ticks: of those that come closer together the last alone is near its time


class Pulse:
    """What is known of the ticks: `period_s` from one to the next, 0 as long as nobody can tell."""

    def __init__(self) -> None:
        self.period_s = 0.0
        self.heard_at = -math.inf
        self._number = 0  # of the last tick
        self._ticks: deque[tuple[int, float]] = deque(maxlen=KEPT)
        self._line = (0, 0.0)  # a tick and when it was, without the jitter
        self._spread_s = 0.0

    @property
    def at(self) -> float:
        """When the last tick was, without the jitter."""
        return self._expected(self._number)

    def tick(self, now: float) -> int:
        """Takes in a tick; how many it was: those before it that were lost are counted as soon as that is sure."""
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
        """Whether the last ticks are still on the line; how many were lost if they are not, and that is why."""
        if not self.period_s or len(self._ticks) < RECENT:
            return 0
        late = [when - self._expected(number) for number, when in self._ticks]
        middle, near = _median(late[-RECENT:]), max(NEAR_S, NEAR_SPREADS * self._spread_s)
        if abs(middle) <= near:
            return 0
        gone = 0  # ticks since it was left
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
        """Who is late by whole ticks, and no more at the end than at the beginning, counts from too few."""
        first, then = _median(late[: len(late) // 2]), _median(late[len(late) // 2 :])
        ticks = _median(late) / self.period_s
        flat = abs(then - first) < 0.3 * self.period_s and abs(ticks - round(ticks)) < 0.25
        return max(0, round(ticks)) if flat else 0

    def _draw(self) -> None:
        """The line through all ticks that are kept."""
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
