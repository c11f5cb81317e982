"""Hands over a Leap device as a mix: the palm lies on the field of styles and pulls. Pure: frames and times to commands.

- x to the right is right on the field, z towards the performer is down; beyond the box the hand stays at its edge.
- The height of the palm is the temperature, or the rate, or nothing; both are scaled as ratios.
- A fist holds everything as it is until it opens. So one can make a fist, draw the hand away, and leave the mix behind.
- With several hands the mix is the mean of their pulls, each weighted by how open the hand is, and so is the height.
  Closing one hand leaves the mix to the other; it is held when all are fists.
- Nothing jumps. Whenever other hands pull (one appears, is lost, opens, closes, is found under a new id), the mix eases
  from where it is. When all are gone it stays, and after LET_GO_S the hand lets go.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actors.wire import plane
from actors.wire.messages import Command
from actors.wire.parameters import RATE, TEMPERATURE, Number
from actors.wire.plane import Point
from controllers.easing import Easing, Mix, Voice, as_it_is
from controllers.hand import Seen
from controllers.leap.frames import Frame, HandShape
from controllers.one_euro import OneEuro

LEAST_CONFIDENCE = 0.1  # below it a hand is ignored
CLOSES, OPENS = 0.8, 0.6  # grab strength at which a hand becomes a fist, and a fist a hand
LEAST_OPEN = 0.05  # what an almost closed hand still weighs
GRACE_S = 0.12  # a hand that is missing in a few frames is still there
LET_GO_S = 0.5
LOWEST_MM, HIGHEST_MM = 100.0, 400.0
LATE_US = 1_000_000  # a frame older than the last by less is late; by more, the service's clock has restarted
HEIGHT_EVERY_S = 1 / 20
A_RATIO = 1.01  # of temperature or rate
GRAB_CUTOFF_HZ, GRAB_BETA = 2.0, 1.0

Pulling = tuple[tuple[str, ...], tuple[Point, ...], frozenset[int]]  # the styles, where they lie, and the open hands
NOBODY: Pulling = ((), (), frozenset())


@dataclass(frozen=True)
class Height:
    """A parameter that the height of the palm sets: from `low` at LOWEST_MM to `high` at HIGHEST_MM."""

    parameter: Number
    low: float
    high: float

    def at(self, mm: float) -> float:
        level = min(1.0, max(0.0, (mm - LOWEST_MM) / (HIGHEST_MM - LOWEST_MM)))
        return float(self.low * (self.high / self.low) ** level)


HEIGHTS: Mapping[str, Height | None] = {
    "temperature": Height(TEMPERATURE, 0.4, 1.8),
    "rate": Height(RATE, 2.0, 60.0),
    "none": None,
}


@dataclass(frozen=True)
class Box:
    """The room over the device: `half_mm` from the middle to each side, `height` one of HEIGHTS."""

    half_mm: float = 160.0
    height: str = "temperature"
    min_cutoff_hz: float = 1.2
    beta: float = 0.01  # Hz for every mm/s


class Palm:
    """One hand, followed from when it appears until it is lost."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._place = OneEuro(box.min_cutoff_hz, box.beta)
        self._grab = OneEuro(GRAB_CUTOFF_HZ, GRAB_BETA)
        self.mm = (0.0, 0.0, 0.0)
        self.openness = 1.0
        self.closed = False
        self.seen_at = 0.0

    def follow(self, hand: HandShape, t_s: float, now: float) -> None:
        x, y, z = self._place.smooth(hand.palm_mm, t_s)
        self.mm = (x, y, z)
        self.openness = max(LEAST_OPEN, 1.0 - self._grab.smooth((hand.grab,), t_s)[0])
        self.closed = hand.grab > (OPENS if self.closed else CLOSES)
        self.seen_at = now

    @property
    def at(self) -> Point:
        """Its point on the plane of styles."""
        x, _, z = (min(1.0, max(-1.0, mm / self._box.half_mm)) for mm in self.mm)
        return x, z


class LeapField:
    """Follows the frames of one device, and returns the commands that its hands wish."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._height = HEIGHTS[box.height]
        self._palms: dict[int, Palm] = {}
        self._timestamp_us = -1
        self._pulling = NOBODY
        self._easing = Easing({}, -math.inf)
        self._from_height = 0.0
        self._voice = Voice()
        self._height_at = -math.inf
        self._said_height = 0.0
        self._seen_at = -math.inf

    def play(self, frames: Sequence[Frame], now: float, seen: Seen) -> list[Command]:
        """The commands for the hands in these newest frames at `now` seconds."""
        for frame in frames:
            self._follow(frame, now)
        self._palms = {id: palm for id, palm in self._palms.items() if now - palm.seen_at <= GRACE_S}
        if not self._palms:
            self._pulling = NOBODY
            if now - self._seen_at <= LET_GO_S:
                return []
            self._said_height = 0.0
            return self._voice.let_go()
        if not seen.styles:
            return []
        return self._wish(now, seen)

    def _follow(self, frame: Frame, now: float) -> None:
        late_us = self._timestamp_us - frame.timestamp_us
        if 0 <= late_us < LATE_US:
            return
        if late_us > 0:
            self._palms.clear()
            self._pulling = NOBODY
        self._timestamp_us = frame.timestamp_us
        for hand in frame.hands:
            if hand.confidence >= LEAST_CONFIDENCE:
                palm = self._palms.setdefault(hand.id, Palm(self._box))
                palm.follow(hand, frame.timestamp_us / 1e6, now)
                self._seen_at = now

    def _wish(self, now: float, seen: Seen) -> list[Command]:
        styles = tuple(seen.styles)
        at = [palm.at for palm in self._palms.values()]
        opened = {id: palm for id, palm in self._palms.items() if not palm.closed}
        points = tuple(seen.points or plane.places(len(styles)))
        pulling = (styles, points, frozenset(opened))
        if pulling != self._pulling:
            self._pulling = pulling
            self._easing = Easing(self._voice.mix or as_it_is(seen), now)
            self._from_height = self._said_height or (seen.value(self._height.parameter) if self._height else 0.0)
        if not opened:
            return self._voice.say({slug: self._voice.mix.get(slug, 0.0) for slug in styles}, now, at)
        palms = list(opened.values())
        mix = self._easing.mix(pull(palms, styles, points), now)
        return self._voice.say(mix, now, at) + self._say_height(palms, now)

    def _say_height(self, palms: Sequence[Palm], now: float) -> list[Command]:
        if self._height is None or now - self._height_at < HEIGHT_EVERY_S:
            return []
        start = min(self._height.high, max(self._height.low, self._from_height))
        wished = self._height.at(mean([palm.mm[1] for palm in palms], palms))
        height = start * (wished / start) ** self._easing.progress(now)
        if self._said_height and 1 / A_RATIO < height / self._said_height < A_RATIO:
            return []
        self._said_height, self._height_at = height, now
        return [self._height.parameter.command(height)]


def pull(palms: Sequence[Palm], styles: Sequence[str], points: Sequence[Point]) -> Mix:
    """The mean of what every hand pulls of styles at `points`, each weighted by how open it is."""
    pulls = [plane.weights(palm.at, points, {}) for palm in palms]
    return {slug: mean([of_hand[k] for of_hand in pulls], palms) for k, slug in enumerate(styles)}


def mean(values: Sequence[float], palms: Sequence[Palm]) -> float:
    """One value of every hand, weighted by how open it is."""
    weighted = math.fsum(value * palm.openness for value, palm in zip(values, palms, strict=True))
    return weighted / math.fsum(palm.openness for palm in palms)
