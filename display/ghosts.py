"""What almost comes: the paths of a search as faint letters after the cursor, the surer the brighter. Pure."""

from collections import defaultdict
from collections.abc import Sequence

SPACE = 32
FAINTEST = 0.08  # of a path's weight: what is less is not seen


def letters(hypotheses: Sequence[tuple[bytes, float]]) -> list[tuple[int, int, float]]:
    """(columns after the last letter, character, strength from 0 to 1) of all paths laid one over the other.

    Each path begins with the character that was written, or might have been; it ends for the eye where its line does.
    """
    seen: defaultdict[tuple[int, int], float] = defaultdict(float)
    for path, weight in hypotheses:
        for offset, code in enumerate(path[1:], 1):
            if code < SPACE:
                break
            if code > SPACE:
                seen[offset, code] += weight
    return [(offset, code, min(1.0, share)) for (offset, code), share in sorted(seen.items()) if share >= FAINTEST]
