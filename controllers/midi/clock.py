"""The beat of a MIDI clock: its ticks, whether it runs, and where its beat is. Pure.

A clock sends 24 ticks to a quarter note, also while it is stopped. Start places the beat: on the next tick.
"""

from controllers.beat import Beat
from controllers.midi.clock_filter import PAUSE_S, Pulse
from controllers.midi.messages import Clock, Continue, Message, SongPosition, Start, Stop

A_BEAT = 24  # ticks
A_SIXTEENTH = 6


class Beats:
    """The state of a clock. `ticks` only grows; `song_tick` counts from the last Start, -1 before the first."""

    def __init__(self) -> None:
        self.ticks = 0
        self.song_tick = -1
        self.running = False
        self._stopped = False
        self._placed = False  # whether the position in the song is known
        self._pulse = Pulse()

    def heard(self, message: Message, now: float) -> None:
        """Takes in any message; those of no clock change nothing."""
        match message:
            case Clock():
                passed = self._pulse.tick(now)
                self.ticks += passed
                if self.running:
                    self.song_tick += passed
            case Start():
                self.running, self._stopped, self._placed = True, False, True
                self.song_tick = -1  # the first beat falls on the first tick after it
            case Continue():
                self.running, self._stopped, self._placed = True, False, True
            case SongPosition(sixteenths):
                self.song_tick = sixteenths * A_SIXTEENTH - 1
            case Stop():
                self.running, self._stopped = False, True

    @property
    def bpm(self) -> float:
        """Quarter notes a minute; 0 while unknown."""
        return 60 / A_BEAT / self._pulse.period_s if self._pulse.period_s > 0 else 0.0

    def beat(self, now: float) -> Beat | None:
        """The present beat; None while the clock is stopped, silent, or too new.

        For a clock that ran already, the first tick counts as a beat until it sends a position.
        """
        if self._stopped or not self.bpm or now - self._pulse.heard_at > PAUSE_S:
            return None
        number, rest = divmod(self.song_tick if self._placed else self.ticks - 1, A_BEAT)
        return Beat(self.bpm, self._pulse.at - rest * self._pulse.period_s, number)
