"""A search on the styles of one node, in the time that a character has: `actors.mixing.lookahead` is what is done, here is with whom.

The coordinator asks for the next character; a section writes the hypotheses on. What a search usually takes decides how
long the next is waited for: with many large styles it is slow, and not late.
"""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors.mixing import lookahead
from actors.mixing.lookahead import Chosen
from actors.mixing.mixture import Floats
from actors.section.section import Section
from actors.wire.parameters import Lookahead, MixSettings

LADDER = ((1, 1), (4, 2), (4, 3), (8, 3), (8, 4), (8, 6), (8, 8), (12, 8), (16, 8), (16, 12), (16, 16))
SPENT = 0.6  # of the time there is: the rest is for what takes longer than usual
STEADY = 16  # characters for which a further look must have fitted before it is taken
FIRST_S, LONGEST_S = 0.1, 1.0  # what is waited for at first, and at most, for one character
PATIENCE = 3  # times the usual


def work(width: int, depth: int) -> float:
    """What a search takes, in rounds of one hypothesis: sixteen take about as long as two rounds of one (ONNX Runtime)."""
    return (depth - 1) * (1 + width / 16) if width > 1 else 0.0


class LookaheadBudget:
    """Remembers how long searches take."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self._usual_s = FIRST_S / PATIENCE
        self._unit_s = 0.0  # what one unit of a search's work takes, see `work`
        self._fits_since = 0

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

    def choose(
        self,
        settings: MixSettings,
        ahead: Lookahead,
        rho: Floats,
        omega: NDArray[np.float32],
        pi: Floats,
        evidence: Floats,
        dice: np.random.Generator,
        u: float,
        heard: Sequence[int],
        deadline_s: float | None,
        exact: bool,
    ) -> Chosen:
        """As `search.choose`, with the styles in the slots `heard`. `exact`: every round has the whole deadline."""
        began = time.monotonic()
        budget_s = None if deadline_s is None or exact else max(deadline_s, PATIENCE * self._usual_s)
        rounds = 0

        def explore(parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32] | None:
            nonlocal rounds
            rounds += 1
            left_s = deadline_s if budget_s is None else began + budget_s - time.monotonic()
            return self._section.explore(heard, parents, chars, left_s)

        self._section.begin_search()
        found = lookahead.choose(settings, ahead, rho, omega, pi, evidence, dice, u, explore)
        took_s = time.monotonic() - began
        unit_s = took_s / work(ahead.width, 1 + rounds)
        if found.looked:
            self._usual_s += (took_s - self._usual_s) / 16
            self._unit_s += (unit_s - self._unit_s) / 16 if self._unit_s else unit_s
        else:  # it would have taken longer than that
            self._usual_s = min(1.1 * self._usual_s, LONGEST_S / PATIENCE)
            self._unit_s = max(self._unit_s, unit_s)
        return found
