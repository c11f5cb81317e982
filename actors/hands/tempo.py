"""A tempo: characters, words or lines begin on the beat. Pure: time comes in as an argument, in seconds."""

import math
from dataclasses import dataclass

from actors.hands.transitions import ends

JUST_NOW_S = 0.012  # a beat that was missed by this much is still that beat


@dataclass(frozen=True)
class Tempo:
    """`bpm` beats a minute, one of them at `beat_at`; `per_beat` units fall on each (2: also on the off-beat)."""

    bpm: float
    beat_at: float
    unit: str = "word"
    per_beat: float = 1.0

    @property
    def period_s(self) -> float:
        """From one unit to the next."""
        return 60 / self.bpm / self.per_beat

    def last_beat(self, now: float) -> float:
        """The time of the last beat."""
        beat_s = 60 / self.bpm
        return self.beat_at + math.floor((now - self.beat_at) / beat_s) * beat_s

    def next_unit(self, now: float) -> float:
        """The time at which the next unit may begin."""
        return self.beat_at + math.ceil((now - JUST_NOW_S - self.beat_at) / self.period_s) * self.period_s

    def waits(self, text: bytes) -> bool:
        """True when the character after `text` is the first of a unit."""
        return self.unit == "char" or ends(text, self.unit)
