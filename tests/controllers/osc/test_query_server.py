"""The HTTP door, spoken to by a client we did not write, and by some who mean no good."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest

from controllers import ControllerError
from controllers.osc import query_server
from controllers.osc.query import Node
from controllers.osc.query_server import LARGEST_REQUEST, MOST_CLIENTS, PATIENCE_S, QueryServer, open_socket

HOST = "127.0.0.1"


def answer(target: str, ip: str) -> tuple[int, Node | None]:
    return {"/": (200, {"IP": ip, "ü": 1}), "/nothing": (204, None)}.get(target, (404, None))


@pytest.fixture
def port() -> Iterator[int]:
    tcp = open_socket(HOST, 0)
    server = QueryServer(tcp, lambda host: host == HOST, answer)
    yield int(tcp.getsockname()[1])
    server.close()


def ask(port: int, method: str, target: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    connection.request(method, target)
    response = connection.getresponse()
    return response, response.read()


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection((HOST, port), timeout=2 * PATIENCE_S) as client:
        client.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            return client.recv(65536)
    return b""


def test_a_browser_is_answered(port: int) -> None:
    response, body = ask(port, "GET", "/")
    assert (response.status, json.loads(body)) == (200, {"IP": HOST, "ü": 1})
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    for target, status in (("/nothing", 204), ("/elsewhere", 404)):
        response, body = ask(port, "GET", target)
        assert (response.status, body) == (status, b"")
    response, body = ask(port, "HEAD", "/")
    assert (response.status, body) == (200, b"")
    response, _ = ask(port, "POST", "/")
    assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / FTP/1.0\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * LARGEST_REQUEST + b" HTTP/1.1\r\n\r\n",
        b"\0" * 100 + b"\r\n\r\n",
    ],
)
def test_an_invalid_request_is_refused(port: int, request_: bytes) -> None:
    assert raw(port, request_)[:12] in (b"HTTP/1.1 400", b"")
    assert ask(port, "GET", "/")[0].status == 200


def test_slow_and_dead_clients_are_closed_and_others_are_answered(port: int) -> None:
    dead = [socket.create_connection((HOST, port), timeout=5) for _ in range(MOST_CLIENTS - 1)]
    began = time.monotonic()
    assert ask(port, "GET", "/")[0].status == 200
    assert time.monotonic() - began < PATIENCE_S / 2
    slow = socket.create_connection((HOST, port), timeout=5)
    with contextlib.suppress(OSError):  # let go while it still types
        while time.monotonic() - began < 3 * PATIENCE_S:
            slow.sendall(b"a")
            time.sleep(0.05)
    assert time.monotonic() - began < 2 * PATIENCE_S
    assert all(client.recv(1) == b"" for client in dead)
    for client in (*dead, slow):
        client.close()


def test_a_client_beyond_the_limit_is_closed_and_may_come_again(port: int) -> None:
    many = [socket.create_connection((HOST, port), timeout=5) for _ in range(3 * MOST_CLIENTS)]
    time.sleep(0.5)
    assert raw(port, b"GET / HTTP/1.1\r\n\r\n") == b""
    for client in many:
        client.close()
    time.sleep(0.2)
    assert ask(port, "GET", "/")[0].status == 200


def test_a_machine_that_may_not_send_osc_is_not_answered() -> None:
    tcp = open_socket(HOST, 0)
    server = QueryServer(tcp, lambda host: False, answer)
    assert raw(int(tcp.getsockname()[1]), b"GET / HTTP/1.1\r\n\r\n") == b""
    server.close()


def test_a_closed_door_is_closed_and_its_port_free_again(port: int) -> None:
    tcp = open_socket(HOST, 0)
    where = int(tcp.getsockname()[1])
    server = QueryServer(tcp, lambda host: True, answer)
    assert ask(where, "GET", "/")[0].status == 200
    server.close()
    with pytest.raises(ConnectionError):
        ask(where, "GET", "/")
    open_socket(HOST, where).close()


def test_a_taken_port_is_an_error_in_one_line(port: int) -> None:
    with pytest.raises(ControllerError, match=f"TCP 127.0.0.1:{port} is not available"):
        query_server.open_socket(HOST, port)
