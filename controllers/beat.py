"""The beat of other music, and the times at which the ensemble is sent it. Pure.

A tempo runs on by itself at the coordinator. So it is sent again only when it has drifted, never oftener than every
AT_MOST_S, and between two units: close to one it might fall twice. `midi` and `link` follow a beat in this way.
"""

import argparse
import math
from dataclasses import dataclass, replace
from fractions import Fraction

from actors.wire.messages import Command, SetTempo
from actors.wire.parameters import TEMPO

FEWEST, MOST = 0.125, 32.0  # units on a beat that it takes
DRIFT_S = 0.005  # of a beat; up to 12 ms off, the coordinator takes it for the same one
DRIFT_BPM = 0.005  # of the tempo: it would be as much as DRIFT_S after a second
AT_MOST_S = 0.5
AGAIN_S = 10.0  # without any drift: another hand may have set a tempo, or the coordinator have restarted
CLEAR_S = 0.05  # of a unit
LONGEST_PATTERN = 32  # beats


@dataclass(frozen=True)
class Beat:
    """`bpm` beats a minute; number `number` of them is at `at`, in seconds of a clock that only goes forward."""

    bpm: float
    at: float
    number: int = 0

    @property
    def period_s(self) -> float:
        return 60 / self.bpm

    def next(self, now: float, every: int = 1) -> float:
        """The time of the next beat whose number is a multiple of `every`."""
        number = self.number + math.ceil((now - self.at) / self.period_s)
        return self.at + (-(-number // every) * every - self.number) * self.period_s


class Follower:
    """Keeps the ensemble on a beat: `per_beat` of `unit` fall on each."""

    def __init__(self, unit: str, per_beat: float) -> None:
        self.unit, self.per_beat = unit, per_beat
        self.pattern = Fraction(per_beat).limit_denominator(LONGEST_PATTERN).denominator  # beats until units repeat
        self._sent: Beat | None = None
        self._sent_at = -math.inf

    def tell(self, beat: Beat | None, now: float) -> list[Command]:
        """The commands that are due when the beat is so; None: there is none."""
        if beat is not None:
            beat = replace(beat, bpm=round(beat.bpm, 2)) if TEMPO.low <= beat.bpm <= TEMPO.high else None
        if not self._is_due(beat, now):
            return []
        self._sent, self._sent_at = beat, now
        if beat is None:
            return [SetTempo(bpm=0.0)]
        beat_in_s = beat.next(now, self.pattern) - now
        return [SetTempo(bpm=beat.bpm, beat_in_s=beat_in_s, unit=self.unit, per_beat=self.per_beat)]

    def _is_due(self, beat: Beat | None, now: float) -> bool:
        sent = self._sent
        if beat is None or sent is None:
            return beat is not sent
        since = now - self._sent_at
        if since < AT_MOST_S or not self._is_clear(sent, now):
            return False
        return since >= AGAIN_S or abs(beat.bpm / sent.bpm - 1) > DRIFT_BPM or self._apart(beat, sent, now) > DRIFT_S

    def _is_clear(self, sent: Beat, now: float) -> bool:
        unit_s = sent.period_s / self.per_beat
        ahead = (sent.next(now, self.pattern) - now) % unit_s
        return min(ahead, unit_s - ahead) >= min(CLEAR_S, unit_s / 4)

    def _apart(self, beat: Beat, sent: Beat, now: float) -> float:
        apart, span = beat.next(now, self.pattern) - sent.next(now, self.pattern), beat.period_s * self.pattern
        return abs(apart - round(apart / span) * span)


def add_per_beat(parser: argparse.ArgumentParser) -> None:
    """Adds the flag of a follower's `per_beat`."""
    said = "the number of them on a beat (default: %(default)g)"
    parser.add_argument("--per-beat", type=per_beat, default=1.0, metavar="N", help=said)


def per_beat(text: str) -> float:
    """The number of units on a beat that a flag means."""
    try:
        units = float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        units = math.nan
    if not FEWEST <= units <= MOST:
        raise argparse.ArgumentTypeError(f"{FEWEST:g} to {MOST:g} units fall on a beat, not {text}")
    return units
