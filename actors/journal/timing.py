"""The time at which each character of a recorded performance came. Pure.

The journal notes it for some characters, at most every 40 ms; those between two of them are spread evenly. Where nothing is
noted, as in older journals, the rate gives it.
"""

from collections.abc import Iterable

from actors.journal.format import Came, Character, Line, Rate

MAX_CPS = 100.0  # stands for "as fast as possible"


def seconds(lines: Iterable[Line]) -> list[float]:
    """Seconds from the first character to each, by position from 1 on, never falling. `lines` are those of a journal."""
    came: list[float] = []
    period_s, stamp, stamped, offset_s = 1 / MAX_CPS, None, 0, None
    for line in lines:
        if isinstance(line, Came):
            stamp = line.at
        elif isinstance(line, Rate) and line.cps:
            period_s = 1 / min(MAX_CPS, line.cps)
        if not isinstance(line, Character):
            continue
        expected = came[-1] + period_s if came else 0.0
        if stamp is None:
            came.append(expected)
            continue
        if offset_s is None:
            offset_s = expected - stamp
            stamped = len(came)
        before = came[stamped - 1] if stamped else 0.0
        now, between = max(before, stamp + offset_s), len(came) + 1 - stamped
        for k in range(stamped, len(came)):
            came[k] = before + (now - before) * (k + 1 - stamped) / between
        came.append(now)
        stamp, stamped = None, len(came)
    return came
