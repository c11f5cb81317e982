"""Explains why a remote client cannot connect, from ZeroMQ's handshake events: ZeroMQ itself tries on in silence."""

import zmq
from zmq.utils.monitor import recv_monitor_message

from actors import EnsembleError

# a handshake with a ZeroMQ that does not hold the key we know it by fails without a reason; so does one that breaks off
REASONS = {
    zmq.Event.HANDSHAKE_FAILED_AUTH: "this key is not known there (any more): make one with  chorus keys new NAME",
    zmq.Event.HANDSHAKE_FAILED_NO_DETAIL: "who answers there is not the ensemble that this key was made for",
    zmq.Event.HANDSHAKE_FAILED_PROTOCOL: "who answers there is no Chorus that takes keys: is it the port of --public?",
    zmq.Event.CLOSED: "nobody answers there: is it playing with --public, at this address?",
}


class Handshake:
    """`trouble` is empty, or why the socket's last attempt came to nothing, in one line."""

    def __init__(self, socket: "zmq.Socket[bytes]", address: str) -> None:
        """To be made before the socket connects."""
        self.trouble = ""
        self._socket, self._address = socket, address
        self._events = socket.get_monitor_socket(int(sum(REASONS) | zmq.Event.HANDSHAKE_SUCCEEDED))

    def look(self) -> None:
        """Takes in what has happened; never waits."""
        while self._events.poll(0):
            event = zmq.Event(recv_monitor_message(self._events)["event"])
            if event in REASONS:
                self.trouble = f"{self._address}: {REASONS[event]}"
            elif event is zmq.Event.HANDSHAKE_SUCCEEDED:
                self.trouble = ""

    def check(self) -> None:
        """Raises EnsembleError when there is trouble."""
        self.look()
        if self.trouble:
            raise EnsembleError(self.trouble)
