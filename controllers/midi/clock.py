"""The beat of a MIDI clock: how many of its ticks were heard, whether it runs, how fast it is. Pure.

A clock sends 24 ticks to a quarter note, also while it is stopped.
"""

from collections import deque

from controllers.midi.bytes import Clock, Continue, Message, Start, Stop

A_BEAT = 24  # ticks
KEPT = (
    4 * A_BEAT + 1
)  # ticks over which the tempo is taken: hands look a hundred times a second, so one tick says little
PAUSE_S = 1.0  # after a longer one the tempo is taken anew; the slowest clock in use ticks ten times as often


class Beats:
    """What a clock said so far. `ticks` only grows; `song_tick` counts from the last Start, -1 before the first."""

    def __init__(self) -> None:
        self.ticks = 0
        self.song_tick = -1
        self.running = False
        self._times: deque[float] = deque(maxlen=KEPT)

    def heard(self, message: Message, now: float) -> None:
        """Takes in any message; those that are not of a clock change nothing."""
        match message:
            case Clock():
                self.ticks += 1
                if self.running:
                    self.song_tick += 1
                if self._times and now - self._times[-1] > PAUSE_S:
                    self._times.clear()
                self._times.append(now)
            case Start():
                self.running, self.song_tick = True, -1  # the first beat falls on the first tick after it
            case Continue():
                self.running = True
            case Stop():
                self.running = False

    @property
    def bpm(self) -> float:
        """Quarter notes a minute; 0 as long as nobody can tell."""
        if len(self._times) <= A_BEAT or self._times[-1] <= self._times[0]:
            return 0.0
        return 60 * (len(self._times) - 1) / A_BEAT / (self._times[-1] - self._times[0])
