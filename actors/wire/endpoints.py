"""Addresses of an ensemble, and ZeroMQ sockets whose defaults are safe for a stage. Loads without Ray."""

from dataclasses import dataclass
from pathlib import Path

import zmq

from actors.wire.keys import ClientKey

KEEPALIVE = {zmq.TCP_KEEPALIVE: 1, zmq.TCP_KEEPALIVE_IDLE: 5, zmq.TCP_KEEPALIVE_INTVL: 2, zmq.TCP_KEEPALIVE_CNT: 3}  # s


@dataclass(frozen=True)
class Endpoints:
    """The addresses of an ensemble: two ZeroMQ addresses, and the key file of a client on another machine."""

    frames: str
    desk: str
    key: str = ""  # file of a client's key; local sockets need none

    @classmethod
    def local(cls, folder: Path) -> "Endpoints":
        """The sockets of a session on this machine, protected by their folder's permissions."""
        return cls(f"ipc://{folder}/frames", f"ipc://{folder}/desk")


@dataclass(frozen=True)
class Public:
    """The address at which clients on other machines are let in: frames at `port`, the desk at the next."""

    host: str
    port: int
    keys: Path

    def endpoints(self, key: Path) -> Endpoints:
        """The endpoints that a client with this key file connects to."""
        return Endpoints(f"tcp://{self.host}:{self.port}", f"tcp://{self.host}:{self.port + 1}", str(key))


def open_socket(context: "zmq.Context[zmq.Socket[bytes]]", kind: int, received_bytes: int) -> "zmq.Socket[bytes]":
    """A socket with the defaults changed that would let a stranger or a dead peer hold us up.

    A dead peer is noticed by TCP's keepalive. ZeroMQ's own heartbeats end healthy connections whose reader is busy, and
    libzmq 4.3.5 then aborts the whole process when it reads on (zeromq/libzmq issue 3937).
    """
    made = context.socket(kind)
    made.setsockopt(zmq.LINGER, 0)
    made.setsockopt(zmq.MAXMSGSIZE, received_bytes)
    for option, value in KEEPALIVE.items():
        made.setsockopt(option, value)
    made.setsockopt(zmq.RECONNECT_IVL, 50)
    made.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
    return made


def show_key(socket: "zmq.Socket[bytes]", key: ClientKey) -> None:
    """From now on the socket connects as a client that holds `key`, to the ensemble that the key is for."""
    socket.curve_publickey = key.own.public.encode()
    socket.curve_secretkey = key.own.secret.encode()
    socket.curve_serverkey = key.server.encode()
