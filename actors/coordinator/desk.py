"""The coordinator's side of the wire: its sockets, and nothing that a client does can hold it up.

Clients on this machine come through local sockets, which their folder's permissions protect. Clients from elsewhere come
through sockets of their own, if they are asked for: with a CURVE key each, which can be taken back while the text runs.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import zmq
from zmq.auth.thread import ThreadAuthenticator

from actors import EnsembleError
from actors.wire import codec, keys, messages
from actors.wire.endpoints import Endpoints, Public, open_socket
from actors.wire.messages import Reply

COMMANDS_A_SECOND = 250.0  # of one client, twice as many at once
MOST_SENDERS = 1024  # whose commands are counted
KEYS_EVERY_S = 1.0
AGAIN_S = 0.25  # until the outside sockets are tried again
MOST_ANSWERS = 64  # that wait for a client who does not read
DOMAIN = "chorus"  # by which the authenticator knows our sockets


@dataclass(frozen=True)
class Sender:
    """The sender of a command: a client, and the socket it came through."""

    client: bytes
    outside: bool


class Desk:
    """Frames out, commands in. A slow, dead or flooding client cannot hold it up."""

    def __init__(self, endpoints: Endpoints, public: Public | None = None) -> None:
        """Raises EnsembleError when an address is in use."""
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._frames, self._desk = self._open(endpoints.frames, endpoints.desk)
        self._budgets: dict[Sender, tuple[float, float]] = {}  # commands left, and when that was so
        self._gate = _Gate(self._context, public) if public else None
        self._outside: tuple[zmq.Socket[bytes], zmq.Socket[bytes]] | None = None
        self._poller = zmq.Poller()
        self._poller.register(self._desk, zmq.POLLIN)
        self._warned_at = 0.0
        self.trouble = ""  # why nobody is let in from outside
        self._again = 0.0
        self._open_outside()

    def publish(self, news: messages.News) -> None:
        raw = codec.encode(news)
        self._frames.send(raw)
        if self._gate is None:
            return
        if self._gate.changed() or (self._outside is None and time.monotonic() > self._again):
            self._open_outside()  # a key was taken back: all connections end, and who is still known comes again
        if self._outside:
            self._outside[0].send(raw)

    def commands(self, patience_s: float) -> Sequence[tuple[Sender, bytes]]:
        """Commands that have come, at most 64 so that no flood stops the text; waits up to `patience_s` for them."""
        came: list[tuple[Sender, bytes]] = []
        if not self._poller.poll(int(patience_s * 1000)):
            rest = patience_s - int(patience_s * 1000) / 1000
            if patience_s < 0.002:
                time.sleep(max(rest, 0.0))
            return came
        for socket in (self._desk, *(self._outside[1:] if self._outside else ())):
            for _ in range(64):
                try:
                    parts = socket.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                sender = Sender(parts[0], socket is not self._desk)
                if len(parts) != 2:
                    self.answer(sender, Reply(error="a command is one message part"))
                elif self._affords(sender):
                    came.append((sender, parts[1]))
        return came

    def _affords(self, sender: Sender) -> bool:
        """True when a client has sent fewer commands than it may; the rest is dropped, with a word once a second."""
        now = time.monotonic()
        left, since = self._budgets.pop(sender, (2 * COMMANDS_A_SECOND, now))
        left = min(2 * COMMANDS_A_SECOND, left + (now - since) * COMMANDS_A_SECOND) - 1
        self._budgets[sender] = (max(left, -1.0), now)
        if len(self._budgets) > MOST_SENDERS:
            del self._budgets[next(iter(self._budgets))]  # who has been silent for longest
        if left < 0 and now - self._warned_at > 1.0:
            self._warned_at = now
            self.answer(sender, Reply(error=f"more than {COMMANDS_A_SECOND:.0f} commands a second: some are dropped"))
        return left >= 0

    def charge(self, sender: Sender, commands: int) -> None:
        """Counts a request of a client as so many commands."""
        left, since = self._budgets.get(sender, (0.0, time.monotonic()))
        self._budgets[sender] = (left - commands, since)

    def answer(self, sender: Sender, news: messages.News) -> None:
        socket = self._outside[1] if sender.outside and self._outside else self._desk
        try:
            socket.send_multipart([sender.client, codec.encode(news)], zmq.NOBLOCK)
        except zmq.ZMQError:  # who asked is gone or does not listen; the text goes on
            return

    def close(self) -> None:
        time.sleep(0.02)  # let the last frame leave
        if self._gate:
            self._gate.close()
        self._context.destroy(linger=200)

    def _open_outside(self) -> None:
        if self._gate is None:
            return
        if self._outside:
            self._poller.unregister(self._outside[1])
            for socket in self._outside:
                socket.close(0)
            self._outside = None
        public = self._gate.public
        addresses = f"tcp://{public.host}:{public.port}", f"tcp://{public.host}:{public.port + 1}"
        try:
            self._outside = self._open(*addresses, self._gate.pair)
        except EnsembleError as e:  # the network may be down; who plays here goes on, and it is tried again
            self.trouble = f"nobody is let in from outside: {e}"
            self._again = time.monotonic() + AGAIN_S
        else:
            self.trouble = ""
            self._poller.register(self._outside[1], zmq.POLLIN)

    def _open(self, frames: str, desk: str, pair: keys.Pair | None = None) -> tuple[Any, Any]:
        made = (
            open_socket(self._context, zmq.PUB, codec.LARGEST_COMMAND),
            open_socket(self._context, zmq.ROUTER, codec.LARGEST_COMMAND),
        )
        made[0].setsockopt(zmq.SNDHWM, 1000)
        made[1].setsockopt(zmq.SNDHWM, MOST_ANSWERS)
        try:
            for socket, address in zip(made, (frames, desk), strict=True):
                if pair:
                    socket.curve_server = True
                    socket.curve_secretkey = pair.secret.encode()
                    socket.setsockopt_string(zmq.ZAP_DOMAIN, DOMAIN)
                _bind(socket, address, tries=1 if pair else 100)
        except EnsembleError:
            for socket in made:
                socket.close(0)
            raise
        return made[0], made[1]


class _Gate:
    """Says who comes in from outside: the clients whose public keys lie in the folder, as it is now."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", public: Public) -> None:
        self.public = public
        self.pair = keys.server(public.keys)
        self._inside: set[str] = set()  # keys that were let in since all had to show them
        self._looked_at = time.monotonic()
        self._porter = ThreadAuthenticator(context)
        self._porter.start()
        self._porter.configure_curve_callback(domain=DOMAIN, credentials_provider=self)

    def callback(self, domain: str, key: bytes) -> bool:
        """Asked by ZeroMQ's authenticator, in its own thread, for every connection; `key` is Z85 text."""
        public = key.decode("ascii", "replace")
        if public not in keys.clients(self.public.keys):
            return False
        self._inside.add(public)
        return True

    def changed(self) -> bool:
        """True when a client that was let in is no longer known: then all connect anew. Looks once a second."""
        now = time.monotonic()
        if now - self._looked_at < KEYS_EVERY_S:
            return False
        self._looked_at = now
        if self._inside <= keys.clients(self.public.keys).keys():
            return False
        self._inside.clear()
        return True

    def close(self) -> None:
        self._porter.stop()


def _bind(socket: "zmq.Socket[bytes]", address: str, tries: int) -> None:
    """A predecessor that was killed may still hold the address for a moment."""
    for _ in range(tries):
        try:
            socket.bind(address)
            return
        except zmq.ZMQError as e:
            if e.errno != zmq.EADDRINUSE:
                raise EnsembleError(f"cannot listen at {address}: {e}") from e
            if tries > 1:
                time.sleep(0.02 + random.random() * 0.02)
    raise EnsembleError(f"{address} is in use: is another Chorus playing there?")
