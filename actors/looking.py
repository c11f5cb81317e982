"""A search on the styles of one node, in the time that a character has: `actors.search` is what is done, here is with whom.

The coordinator asks for the next character; a section writes the hypotheses on. What a search usually takes decides how
long the next is waited for: with many large styles it is slow, and not late.
"""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors import search
from actors.mixture import Floats
from actors.pooling import Manner
from actors.search import Chosen, Lookahead
from actors.section import Section

FIRST_S, LONGEST_S = 0.1, 1.0  # what is waited for at first, and at most, for one character
PATIENCE = 3  # times the usual


class Looking:
    """Remembers how long searches take."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self._usual_s = FIRST_S / PATIENCE

    def choose(
        self,
        manner: Manner,
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

        def explore(parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32] | None:
            left_s = deadline_s if budget_s is None else began + budget_s - time.monotonic()
            return self._section.explore(heard, parents, chars, left_s)

        self._section.begin_search()
        found = search.choose(manner, ahead, rho, omega, pi, evidence, dice, u, explore)
        if found.looked:
            self._usual_s += (time.monotonic() - began - self._usual_s) / 16
        else:
            self._usual_s = min(1.1 * self._usual_s, LONGEST_S / PATIENCE)
        return found
