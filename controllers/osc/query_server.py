"""The HTTP server of OSCQuery: answers GET, one request a connection, and never more than the bridge can spare.

A client costs at most one of a few threads for a few seconds, whatever it does. Connections are accepted at a limited pace,
so that a flood of them waits outside and the bridge goes on. Machines that may not send OSC are not answered.
"""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from controllers import ControllerError
from controllers.osc.query import Node, encoded

MOST_CLIENTS = 8  # at once
PATIENCE_S = 2.0  # for a whole request, and again for the whole answer
PACE_S = 0.01  # between connections: an answer takes 2.5 ms of the interpreter that the bridge shares, with 36 styles
LARGEST_REQUEST = 8192  # bytes of request line and headers

Answer = Callable[[str, str], tuple[int, Node | None]]  # target, and the address the client reached us at


class QueryServer:
    """Answers at a listening socket until it is closed."""

    def __init__(self, tcp: socket.socket, lets_in: Callable[[str], bool], answer: Answer) -> None:
        self._tcp, self._lets_in, self._answer = tcp, lets_in, answer
        self._places = threading.BoundedSemaphore(MOST_CLIENTS)
        threading.Thread(target=self._open, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._tcp.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a connection
        self._tcp.close()

    def _open(self) -> None:
        while True:
            try:
                client, (host, _) = self._tcp.accept()
            except OSError:
                if self._tcp.fileno() < 0:
                    return
                time.sleep(PACE_S)
                continue
            if self._lets_in(host) and self._places.acquire(blocking=False):
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()
            else:
                client.close()
            time.sleep(PACE_S)

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, contextlib.suppress(OSError):  # gone, or too slow
                request = _read(client)
                status, node = self._reply(request, client)
                client.settimeout(PATIENCE_S)
                client.sendall(_response(status, node, body=not request.startswith(b"HEAD ")))
        finally:
            self._places.release()

    def _reply(self, request: bytes, client: socket.socket) -> tuple[int, Node | None]:
        line, *_ = request.split(b"\r\n", 1)
        words = line.split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1.") or not words[1].isascii():
            return HTTPStatus.BAD_REQUEST, None
        if words[0] not in (b"GET", b"HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, None
        return self._answer(words[1].decode("ascii"), str(client.getsockname()[0]))


def _read(client: socket.socket) -> bytes:
    """The request line and headers; empty for one that is too long or has no end."""
    until, request = time.monotonic() + PATIENCE_S, b""
    while b"\r\n\r\n" not in request:
        client.settimeout(max(0.001, until - time.monotonic()))
        part = client.recv(LARGEST_REQUEST)
        if not part or len(request) + len(part) > LARGEST_REQUEST:
            return b""
        request += part
        if time.monotonic() > until:
            raise TimeoutError
    return request


def _response(status: int, node: Node | None, body: bool) -> bytes:
    said = HTTPStatus(status)
    content = encoded(node) if node is not None else b""
    head = [f"HTTP/1.1 {said.value} {said.phrase}", "Connection: close", "Cache-Control: no-store"]
    if node is not None:
        head.append("Content-Type: application/json; charset=utf-8")
    if status != HTTPStatus.NO_CONTENT:
        head.append(f"Content-Length: {len(content)}")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        head.append("Allow: GET, HEAD")
    return "\r\n".join([*head, "", ""]).encode() + (content if body else b"")


def open_socket(host: str, port: int) -> socket.socket:
    """A listening TCP socket. Raises ControllerError when the port is taken."""
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # it would let two programs share a port
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((host, port))
        tcp.listen()
    except OSError as e:
        tcp.close()
        raise ControllerError(
            f"OSC without OSCQuery: TCP {host}:{port} is not available ({e.strerror}): free it, or choose --osc-port"
        ) from e
    return tcp
