"""The subscribers of OSC, and when their subscriptions end. Pure: times are arguments.

A subscription lasts for some time after the last packet from its machine, whatever that packet was: a surface in use stays,
one that has disappeared is forgotten. A closed port is forgotten within seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from controllers import ControllerError

Peer = tuple[str, int]

MOST_SUBSCRIBERS = 32
CLOSED_S = 2.0  # a restarted program has its port back by then


@dataclass
class _Stay:
    lasts_s: float
    heard_at: float
    closed_at: float | None = None  # since when its machine reports the port as closed


class Subscribers:
    """The peers that are sent everything, each until it unsubscribes, falls silent, or has closed its port."""

    def __init__(self) -> None:
        self._stays: dict[Peer, _Stay] = {}

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._stays))

    def __len__(self) -> int:
        return len(self._stays)

    def add(self, peer: Peer, lasts_s: float, now: float) -> None:
        """Adds or renews a peer. Raises ControllerError when there is no room."""
        self.forget(now)
        if len(self._stays) >= MOST_SUBSCRIBERS and peer not in self._stays:
            raise ControllerError(f"{MOST_SUBSCRIBERS} subscribers are here already: ask again when one has gone")
        self._stays[peer] = _Stay(lasts_s, now)

    def remove(self, peer: Peer) -> None:
        """Removes a peer."""
        self._stays.pop(peer, None)

    def heard(self, host: str, now: float) -> None:
        """Renews every peer of a machine that has sent a packet, from whichever port."""
        for (subscribed, _), stay in self._stays.items():
            if subscribed == host:
                stay.heard_at, stay.closed_at = now, None

    def closed(self, peer: Peer, now: float) -> None:
        """Notes that the machine of a peer has reported its port as closed."""
        stay = self._stays.get(peer)
        if stay is None:
            return
        if stay.closed_at is None:
            stay.closed_at = now
        elif now - stay.closed_at >= CLOSED_S:
            del self._stays[peer]

    def forget(self, now: float) -> None:
        """Removes the peers whose time is over."""
        for peer, stay in list(self._stays.items()):
            if now - stay.heard_at > stay.lasts_s:
                del self._stays[peer]
