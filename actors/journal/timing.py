"""When each character of a recorded performance came. Pure.

The journal notes it of some characters and at most every 40 ms; those between two of them are spread evenly. Where nothing
was noted, as in older journals, the rate says it.
"""

from collections.abc import Iterable
from typing import Any

RUSH_CPS = 100.0  # what "as fast as it goes" is taken for


def seconds(entries: Iterable[Any]) -> list[float]:
    """Seconds from the first character to each, by position from 1 on; never less than to the one before.

    `entries` are the lines of a journal.
    """
    came: list[float] = []
    period_s, stamp, stamped, offset_s = 1 / RUSH_CPS, None, 0, None
    for entry in entries:
        if not isinstance(entry, list):
            if "at" in entry:
                stamp = float(entry["at"])
            elif "rate" in entry and entry["rate"] != 0:
                period_s = 1 / (RUSH_CPS if entry["rate"] == "max" else min(RUSH_CPS, float(entry["rate"])))
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
