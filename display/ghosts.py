"""Ghosts: the paths of a lookahead as faint letters after the cursor, each in the colour of its style. Pure.

The surer a letter, the brighter it is. A letter that is on no path of the newest lookahead fades away.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

SPACE = 32
FAINTEST = 0.08  # of all weight: a letter with less is not drawn
MOST_A_COLUMN = 2  # letters that can be read over one another
FADING = 0.8  # of its strength that a letter without a path keeps from picture to picture


@dataclass(frozen=True)
class Ghost:
    """A letter that may come."""

    column: int  # 1: right after the last letter
    code: int
    style: int
    strength: float  # 0 to 1


def letters(hypotheses: Sequence[tuple[bytes, float, bytes]], active: Sequence[int]) -> list[Ghost]:
    """The letters of all paths laid over one another; `active` are the styles that a path's voices count.

    Each path begins with the character that was written, or might have been. It is shown up to the end of its line.
    """
    seen: defaultdict[tuple[int, int], float] = defaultdict(float)
    whose: dict[tuple[int, int], int] = {}
    for path, weight, voices in hypotheses:
        for column, (code, voice) in enumerate(zip(path[1:], voices[1:], strict=False), 1):
            if code < SPACE:
                break
            if code > SPACE and voice < len(active):
                seen[column, code] += weight
                whose.setdefault((column, code), active[voice])
    columns: defaultdict[int, list[Ghost]] = defaultdict(list)
    for (column, code), share in sorted(seen.items()):
        if share >= FAINTEST:
            columns[column].append(Ghost(column, code, whose[column, code], min(1.0, share)))
    surest = (sorted(there, key=lambda ghost: -ghost.strength)[:MOST_A_COLUMN] for there in columns.values())
    return [ghost for there in surest for ghost in there]


class Ghosts:
    """Holds the letters of the newest lookahead, and the fading letters of those before."""

    def __init__(self) -> None:
        self._end = 0  # the position after the last letter, from which columns count
        self._shown: dict[tuple[int, int], Ghost] = {}

    def seen(self, end: int, hypotheses: Sequence[tuple[bytes, float, bytes]], active: Sequence[int]) -> list[Ghost]:
        """The letters to be drawn now; asked once a picture. The text ends before position `end`."""
        gone_on = end - self._end
        self._end = end
        fading = {
            (column, code): replace(ghost, column=column, strength=ghost.strength * FADING)
            for (old, code), ghost in self._shown.items()
            if (column := old - gone_on) > 0 <= gone_on and ghost.strength * FADING >= FAINTEST
        }
        newest = {(ghost.column, ghost.code): ghost for ghost in letters(hypotheses, active)}
        self._shown = fading | newest
        return sorted(self._shown.values(), key=lambda ghost: ghost.strength)
