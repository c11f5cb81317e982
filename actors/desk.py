"""The coordinator's side of the wire: its two sockets, and nothing that a client does can hold it up."""

import random
import time
from collections.abc import Sequence

import zmq

from actors import EnsembleError, wire
from actors.wire import Endpoints, Reply


class Desk:
    """The coordinator's two sockets: frames out, commands in. A slow or dead client cannot hold it up."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._frames = wire.socket(self._context, zmq.PUB, wire.LARGEST_COMMAND)
        self._frames.setsockopt(zmq.SNDHWM, 1000)
        self._desk = wire.socket(self._context, zmq.ROUTER, wire.LARGEST_COMMAND)
        _bind(self._frames, endpoints.frames)
        _bind(self._desk, endpoints.desk)

    def publish(self, news: wire.News) -> None:
        self._frames.send(wire.encode(news))

    def commands(self, patience_s: float) -> Sequence[tuple[bytes, bytes]]:
        """What has come in, at most 64 at a time so that no flood stops the text; waits up to `patience_s` for it."""
        came: list[tuple[bytes, bytes]] = []
        if not self._desk.poll(int(patience_s * 1000)):
            rest = patience_s - int(patience_s * 1000) / 1000
            if patience_s < 0.002:
                time.sleep(max(rest, 0.0))
            return came
        while len(came) < 64:
            try:
                parts = self._desk.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            if len(parts) == 2:
                came.append((parts[0], parts[1]))
            else:
                self.answer(parts[0], Reply(error="a command is one message part"))
        return came

    def answer(self, sender: bytes, news: wire.News) -> None:
        try:
            self._desk.send_multipart([sender, wire.encode(news)], zmq.NOBLOCK)
        except zmq.ZMQError:  # who asked is gone or does not listen; the text goes on
            return

    def close(self) -> None:
        time.sleep(0.02)  # let the last frame leave
        self._context.destroy(linger=200)


def _bind(socket: "zmq.Socket[bytes]", address: str) -> None:
    """A predecessor that was killed may still hold the address for a moment."""
    for _ in range(100):
        try:
            socket.bind(address)
            return
        except zmq.ZMQError as e:
            if e.errno != zmq.EADDRINUSE:
                raise EnsembleError(f"cannot listen at {address}: {e}") from e
            time.sleep(0.02 + random.random() * 0.02)
    raise EnsembleError(f"{address} is in use: is another Chorus playing there?")
