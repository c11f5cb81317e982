"""A port for MIDI bytes over TCP: for devices at another machine, and where a machine has no MIDI of its own.

The bytes are those of a MIDI cable, in both directions, without any framing.
"""

import socket
from collections.abc import Sequence

from controllers import ControllerError

A_READ = 65536  # bytes a turn
MOST_WAITING = 4096  # bytes that a client has not read yet
DEAD_AFTER_S = 15


class TcpPort:
    """MIDI bytes over TCP, from one client after the other; who comes while another is there waits for its turn."""

    def __init__(self, host: str, port: int) -> None:
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
        self._client: socket.socket | None = None
        self._waiting = b""

    @property
    def trouble(self) -> str:
        return "" if self._client else f"nobody is connected to {self.address[0]}:{self.address[1]} yet"

    @property
    def files(self) -> Sequence[int]:
        return [(self._client or self._server).fileno()]

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def read(self, now: float) -> bytes:
        if self._client is None:
            self._accept()
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
        self._server.close()

    def _accept(self) -> None:
        try:
            client, _ = self._server.accept()
        except OSError:  # nobody, or somebody who has gone again
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # a machine that lost its power says no good-bye
        for option, seconds in (
            ("TCP_KEEPIDLE", DEAD_AFTER_S // 3),
            ("TCP_KEEPINTVL", DEAD_AFTER_S // 3),
            ("TCP_KEEPCNT", 2),
        ):
            if hasattr(socket, option):
                client.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)
        self._client, self._waiting = client, b""
        self.plugged += 1

    def _hang_up(self) -> None:
        if self._client:
            self._client.close()
        self._client, self._waiting = None, b""
