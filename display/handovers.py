"""Hand-overs: the places in a text where another style begins to lead. Pure.

The style leads that wrote most of the last dozen letters. Another takes over as soon as it has clearly written more of
them, and keeps the lead for a while: among many equal voices it would otherwise change with every letter, and mean
nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEEPS = 0.9  # of the share so far, with every letter
CLEARLY = 1.6  # times the share of the style that leads
SHORTEST = 28  # letters that a lead lasts at least
READ = 4000  # letters before the end, where reading begins
SPACES = frozenset(b" \n\t")


@dataclass(frozen=True)
class Handover:
    """From the letter at `position` on, `style` leads."""

    position: int
    style: int


class Handovers:
    """Follows a text as it grows."""

    def __init__(self) -> None:
        self.found: list[Handover] = []
        self.leads = -1  # none yet
        self._share: NDArray[np.float64] = np.zeros(0)
        self._at = 0  # the position to be read next
        self._word = 0  # where the word being read began

    def begin_anew(self) -> None:
        """Forgets everything: the styles are others, or in another order."""
        self.__init__()  # type: ignore[misc]

    def read(self, text: bytes | bytearray, first: int, voices: NDArray[np.uint8]) -> list[Handover]:
        """All hand-overs of the last letters. `text` begins at position `first`; `voices`: (len(text), n) uint8."""
        n, end = voices.shape[1], first + len(voices)
        if n != len(self._share) or not first <= self._at <= end:
            self.begin_anew()
            self._share = np.zeros(n)
            self._at = self._word = max(first, end - READ)
        for position in range(self._at, end) if n else ():
            if text[position - first] in SPACES:
                self._word = position + 1
            else:
                self._hear(position, voices[position - first])
        self._at = end
        if self.found and self.found[0].position < end - 2 * READ:
            self.found = [handover for handover in self.found if handover.position >= end - READ]
        return self.found

    def _hear(self, position: int, voices: NDArray[np.uint8]) -> None:
        self._share = KEEPS * self._share + (1 - KEEPS) / 255 * voices
        most = int(self._share.argmax())
        if most == self.leads or not self._share[most]:
            return
        before = self._share[self.leads] if self.leads >= 0 else 0.0
        lasts = self.found[-1].position + SHORTEST if self.found else 0
        if self._share[most] > CLEARLY * before and self._word >= lasts:
            self.leads = most
            self.found.append(Handover(self._word, most))
