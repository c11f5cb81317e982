"""The time of a lookahead: its deadline, and the width and depth that the rate leaves time for.

`actors.mixing.lookahead` searches; here its rounds are carried to the styles of the coordinator's own node and timed.
What a search usually takes decides how long the next one is waited for: with many large styles it is slow, and not
late.
"""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors.section.section import Section
from actors.wire.parameters import Lookahead

LADDER = ((1, 1), (4, 2), (4, 3), (8, 3), (8, 4), (8, 6), (8, 8), (12, 8), (16, 8), (16, 12), (16, 16))
SPENT = 0.6  # of the time there is: the rest is for what takes longer than usual
STEADY = 16  # characters for which a wider or deeper search must have fitted before it is taken
FIRST_S, LONGEST_S = 0.1, 1.0  # waited for one character at first, and at most
PATIENCE = 3  # times the usual


def work(width: int, depth: int) -> float:
    """The work of a search, in rounds of one hypothesis: a round of 16 takes about as long as two of one (ONNX Runtime)."""
    return (depth - 1) * (1 + width / 16) if width > 1 else 0.0


class Search:
    """One search: carries its rounds to the section, within a budget of time."""

    def __init__(
        self, section: Section, slots: Sequence[int], deadline_s: float | None, budget_s: float | None
    ) -> None:
        """`deadline_s` is that of a round when there is no budget for all rounds together."""
        self._section, self._slots, self._deadline_s, self._budget_s = section, slots, deadline_s, budget_s
        self.began, self.rounds = time.monotonic(), 0
        section.begin_search()

    def explore(self, parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32] | None:
        """Rows (len(chars), n, 128) of hypotheses, or None when a style is late; see `actors.mixing.lookahead.choose`."""
        self.rounds += 1
        left_s = self._deadline_s if self._budget_s is None else self.began + self._budget_s - time.monotonic()
        return self._section.explore(self._slots, parents, chars, left_s)


class LookaheadBudget:
    """Remembers how long searches take."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self._usual_s = FIRST_S / PATIENCE
        self._unit_s = 0.0  # of one unit of work
        self._fits_since = 0

    def begin(self, slots: Sequence[int], deadline_s: float | None, exact: bool) -> Search:
        """A search with the styles in `slots`. `exact`: every round has the whole deadline."""
        budget_s = None if deadline_s is None or exact else max(deadline_s, PATIENCE * self._usual_s)
        return Search(self._section, slots, deadline_s, budget_s)

    def end(self, search: Search, width: int, looked: bool) -> None:
        """Take in how long a search took, and whether every style answered."""
        took_s = time.monotonic() - search.began
        unit_s = took_s / work(width, 1 + search.rounds)
        if looked:
            self._usual_s += (took_s - self._usual_s) / 16
            self._unit_s += (unit_s - self._unit_s) / 16 if self._unit_s else unit_s
        else:  # it would have taken longer than that
            self._usual_s = min(1.1 * self._usual_s, LONGEST_S / PATIENCE)
            self._unit_s = max(self._unit_s, unit_s)

    def fitting(self, ahead: Lookahead, left_s: float) -> Lookahead:
        """Width and depth for `left_s`: the next on the ladder as soon as it fits steadily, a smaller one at once."""
        units = work(ahead.width, ahead.depth)
        fit = [rung for rung in LADDER if work(*rung) * self._unit_s <= SPENT * left_s] or [LADDER[0]]
        if work(*fit[-1]) < units:
            self._fits_since = 0
            return ahead.changed({"width": fit[-1][0], "depth": fit[-1][1]})
        wider = [rung for rung in fit if work(*rung) > units]
        self._fits_since = self._fits_since + 1 if wider else 0
        if self._fits_since < STEADY:
            return ahead
        self._fits_since = 0
        return ahead.changed({"width": wider[0][0], "depth": wider[0][1]})
