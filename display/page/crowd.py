"""The crowd: all visitors, where each pulls, and the mix that they wish together. Pure: times are arguments, in seconds.

All visitors have the same weight, however often each speaks: their wish is the mean of their pulls, and its strength grows
with their number, so that one alone has little. The coordinator limits how much of the mix they have at most.
"""

import ipaddress
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from actors.wire import plane
from actors.wire.plane import Point
from display.page import PageError

MOST = 300  # visitors at once
MOST_OF_ONE_ADDRESS = 32  # a household, or a class behind one router
TOUCHES_A_SECOND = 20.0  # of one visitor; a page sends 15
PATIENCE_A_SECOND = 100.0  # messages of any kind; no page sends more
PER_VISITOR = 0.2  # of the full strength: five visitors have all of it
LASTS_S = 3.0  # a touch; a page repeats it every second
MOST_SHOWN = 64  # points; the desk takes no more
DIGITS = 3  # of a point: a thousandth of the field is less than a pixel of most telephones


class Bucket:
    """A token bucket: it fills by `a_second`, holds two seconds' worth, and each message takes one drop."""

    def __init__(self, a_second: float, now: float) -> None:
        self.a_second, self.filled_at, self.drops = a_second, now, 2 * a_second

    def take(self, now: float) -> bool:
        """Takes a drop; False if there was none."""
        self.drops = min(2 * self.a_second, self.drops + max(0.0, now - self.filled_at) * self.a_second)
        self.filled_at = max(self.filled_at, now)
        if self.drops < 1:
            return False
        self.drops -= 1
        return True


@dataclass
class Visitor:
    """One page that is open somewhere."""

    address: str
    touches: Bucket
    patience: Bucket
    at: Point | None = None
    touched_at: float = -math.inf


@dataclass(frozen=True)
class Wish:
    """The wish of all visitors: the weight of every style, summing to 1; its strength; and the points where they pull."""

    weights: list[float]
    strength: float
    at: list[Point]


class Crowd:
    """All visitors who are there."""

    def __init__(self) -> None:
        self._here: dict[int, Visitor] = {}
        self._addresses: Counter[str] = Counter()
        self._count = 0

    def __len__(self) -> int:
        return len(self._here)

    def come(self, address: str, now: float) -> int:
        """Lets a visitor in; returns their number. Raises PageError when there is no room."""
        if len(self._here) >= MOST:
            raise PageError(f"{MOST} visitors are here already: come again later")
        if self._addresses[address] >= MOST_OF_ONE_ADDRESS and not is_own(address):
            raise PageError(f"{MOST_OF_ONE_ADDRESS} visitors are here from your address already")
        self._count += 1
        self._addresses[address] += 1
        self._here[self._count] = Visitor(address, Bucket(TOUCHES_A_SECOND, now), Bucket(PATIENCE_A_SECOND, now))
        return self._count

    def go(self, number: int) -> None:
        """Removes a visitor and their pull."""
        visitor = self._here.pop(number, None)
        if visitor:
            self._addresses[visitor.address] -= 1
            self._addresses += Counter()  # forgets addresses that have no visitor left

    def touch(self, number: int, at: Point | None, now: float) -> bool:
        """A visitor pulls at `at`, or no more; False if it came too soon and is dropped. Raises PageError for a flood."""
        visitor = self._here[number]
        if not visitor.patience.take(now):
            raise PageError("too many messages")
        if at is None:  # is never lost
            visitor.at = None
            return True
        if not visitor.touches.take(now):
            return False
        visitor.at, visitor.touched_at = at, now
        return True

    def pulling(self, now: float) -> list[Point]:
        """The points where visitors pull now, in the order in which they came."""
        return [v.at for v in self._here.values() if v.at is not None and now - v.touched_at < LASTS_S]

    def wish(self, places: Sequence[Point], now: float) -> Wish:
        """The visitors' wish for styles that lie at `places`."""
        at = self.pulling(now)
        if not at or not places:
            return Wish([0.0] * len(places), 0.0, [])
        pulls = [plane.pull(hand, places) for hand in at]
        mean = [sum(of_style) / len(pulls) for of_style in zip(*pulls, strict=True)]
        step = -(-len(at) // MOST_SHOWN)
        shown = [(round(x, DIGITS), round(y, DIGITS)) for x, y in at[::step]]
        return Wish(mean, min(1.0, len(at) * PER_VISITOR), shown)


def is_own(address: str) -> bool:
    """True if an address is this machine's: everyone who comes through a proxy here has that one."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
