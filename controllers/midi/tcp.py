"""A port for MIDI bytes over TCP: for devices at another machine, and where a machine has no MIDI of its own.

The bytes are those of a MIDI cable, in both directions, without framing.
"""

import contextlib
import socket
from collections import deque
from collections.abc import Sequence

from controllers import ControllerError
from controllers.access import Guests

A_READ = 65536  # bytes a turn
MOST_COMERS = 16  # accepted a turn, so that many connections do not hold up the player
LONGEST_QUEUE = 4
MOST_WAITING = 4096  # bytes that a client has not read yet
DEAD_AFTER_S = 15


class TcpPort:
    """MIDI bytes over TCP, from one client at a time; others wait for their turn.

    Strangers, and clients that find the queue full, are turned away at once.
    """

    def __init__(self, host: str, port: int, guests: Guests) -> None:
        """Raises ControllerError when nothing can listen there."""
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            self._server = socket.create_server(address[:2], family=family, backlog=4)
        except OSError as e:
            why = e.strerror or e
            raise ControllerError(f"MIDI cannot listen at {host}:{port} ({why}): choose another with --tcp") from e
        self._server.setblocking(False)
        self.address: tuple[str, int] = self._server.getsockname()[:2]
        self.name = "tcp"
        self.plugged = 0
        self._guests = guests
        self._client: socket.socket | None = None
        self._queue: deque[socket.socket] = deque()
        self._waiting = b""

    @property
    def trouble(self) -> str:
        return "" if self._client else f"nobody is connected to {self.address[0]}:{self.address[1]} yet"

    @property
    def files(self) -> Sequence[int]:
        return [self._server.fileno(), *([self._client.fileno()] if self._client else [])]

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def read(self, now: float) -> bytes:
        self._accept()
        if self._client is None and self._queue:
            self._client = self._queue.popleft()
            self.plugged += 1
        if self._client is None:
            return b""
        self.write(b"")
        try:
            raw = self._client.recv(A_READ) if self._client else b""
        except BlockingIOError:
            return b""
        except OSError:
            raw = b""
        if not raw:
            self._hang_up()
        return raw

    def write(self, raw: bytes) -> None:
        if self._client is None:
            return
        self._waiting += raw
        if not self._waiting:
            return
        try:
            self._waiting = self._waiting[self._client.send(self._waiting) :]
        except BlockingIOError:
            if len(self._waiting) > MOST_WAITING:
                self._hang_up()
        except OSError:
            self._hang_up()

    def close(self) -> None:
        self._hang_up()
        for client in self._queue:
            client.close()
        self._queue.clear()
        self._server.close()

    def _accept(self) -> None:
        for _ in range(MOST_COMERS):
            try:
                client, peer = self._server.accept()
            except OSError:  # no one, or a client that has gone again
                return
            if not self._guests.lets_in(peer[0]) or len(self._queue) == LONGEST_QUEUE:
                client.close()
                continue
            with contextlib.suppress(OSError):  # gone again, which is seen at its turn
                _prepare(client)
            self._queue.append(client)

    def _hang_up(self) -> None:
        if self._client:
            self._client.close()
        self._client, self._waiting = None, b""


def _prepare(client: socket.socket) -> None:
    client.setblocking(False)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # a machine without power closes nothing
    for option, seconds in (
        ("TCP_KEEPIDLE", DEAD_AFTER_S // 3),
        ("TCP_KEEPINTVL", DEAD_AFTER_S // 3),
        ("TCP_KEEPCNT", 2),
    ):
        if hasattr(socket, option):
            client.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)
