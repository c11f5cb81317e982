"""Who is sent what happens, and until when: bookkeeping without a clock, the time comes in as an argument.

A subscription lasts for some time after the last packet from its machine, whatever that packet was: a surface that is
played stays, one that went away without a word is forgotten. A port where nobody is any more is forgotten within seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from controllers import ControllerError

Peer = tuple[str, int]

MOST_SUBSCRIBERS = 32
CLOSED_S = 2.0  # a program that is started again has its port back by then


@dataclass
class _Stay:
    lasts_s: float
    heard_at: float
    closed_at: float | None = None  # since when its machine says that nobody is at the port


class Subscribers:
    """The peers that are sent everything, each until it goes, is not heard of any more, or has closed its port."""

    def __init__(self) -> None:
        self._stays: dict[Peer, _Stay] = {}

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._stays))

    def __len__(self) -> int:
        return len(self._stays)

    def add(self, peer: Peer, lasts_s: float, now: float) -> None:
        """It asks to be sent everything, or asks again. Raises ControllerError when there is no room."""
        self.forget(now)
        if len(self._stays) >= MOST_SUBSCRIBERS and peer not in self._stays:
            raise ControllerError(f"{MOST_SUBSCRIBERS} subscribers are here already: ask again when one has gone")
        self._stays[peer] = _Stay(lasts_s, now)

    def remove(self, peer: Peer) -> None:
        """It asks to be sent no more."""
        self._stays.pop(peer, None)

    def heard(self, host: str, now: float) -> None:
        """A packet came from this machine; from which port says little, many send from another than they listen at."""
        for (subscribed, _), stay in self._stays.items():
            if subscribed == host:
                stay.heard_at, stay.closed_at = now, None

    def closed(self, peer: Peer, now: float) -> None:
        """Its machine answered that nobody is at that port."""
        stay = self._stays.get(peer)
        if stay is None:
            return
        if stay.closed_at is None:
            stay.closed_at = now
        elif now - stay.closed_at >= CLOSED_S:
            del self._stays[peer]

    def forget(self, now: float) -> None:
        """Those whose time is over go."""
        for peer, stay in list(self._stays.items()):
            if now - stay.heard_at > stay.lasts_s:
                del self._stays[peer]
