"""The client of an ensemble, for displays, controllers and the headless text. Loads without Ray.

It subscribes first, then asks for a snapshot, and asks again for whatever it missed: what `text` holds is the
coordinator's text without gap or doubling, also across the coordinator's death and return.
"""

import time
from pathlib import Path

import zmq

from actors import EnsembleError
from actors.wire import codec, keys, messages
from actors.wire.endpoints import Endpoints, open_socket, show_key
from actors.wire.handshake import Handshake
from actors.wire.messages import Command, GetSnapshot, Reply
from actors.wire.transcript import Transcript

ASK_AGAIN_S = 0.5
LARGEST_NEWS = 64 << 20


class Client(Transcript):
    """Connects to one ensemble. `errors` holds the refusals of the desk since it was last emptied."""

    def __init__(self, endpoints: Endpoints) -> None:
        """Raises EnsembleError when the key of `endpoints` cannot be read."""
        super().__init__()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        key = keys.read(Path(endpoints.key)) if endpoints.key else None
        self._frames = open_socket(self._context, zmq.SUB, LARGEST_NEWS)
        self._desk = open_socket(self._context, zmq.DEALER, LARGEST_NEWS)
        self._handshake = None
        if key:
            for socket in (self._frames, self._desk):
                show_key(socket, key)
            self._handshake = Handshake(self._desk, endpoints.desk)
        self._frames.setsockopt(zmq.SUBSCRIBE, b"")
        self._frames.connect(endpoints.frames)
        self._desk.connect(endpoints.desk)
        self.poller = zmq.Poller()
        self.poller.register(self._frames, zmq.POLLIN)
        self.poller.register(self._desk, zmq.POLLIN)
        self.heard_at = 0.0
        self.errors: list[Reply] = []
        self.malformed = 0
        self._asked_at = 0.0

    @property
    def trouble(self) -> str:
        """Empty, or why an ensemble on another machine is not to be reached, in one line."""
        if self._handshake is None:
            return ""
        self._handshake.look()
        return self._handshake.trouble

    def send(self, command: Command) -> None:
        """Leaves a command for the desk; its refusal, if any, appears in `errors`."""
        try:
            self._desk.send(codec.encode(command), zmq.NOBLOCK)
        except zmq.Again:
            self.errors.append(Reply(error="the ensemble does not answer: the command was not sent", ref=command.ref))

    def listen(self, patience_s: float = 0.0) -> bool:
        """Take in everything that has come, waiting up to `patience_s` for something. True if there was news."""
        self._ask_for_what_is_missing()
        news = False
        if not self.poller.poll(max(0, int(patience_s * 1000))):
            return news
        for socket in (self._desk, self._frames):
            while True:
                try:
                    raw = socket.recv(zmq.NOBLOCK)
                except zmq.Again:
                    break
                try:
                    self._hear(codec.decode_news(raw))
                    news = True
                except EnsembleError:
                    self.malformed += 1
        return news

    def close(self) -> None:
        self._context.destroy(linger=100)

    def _hear(self, news: messages.News) -> None:
        self.heard_at = time.monotonic()
        if isinstance(news, Reply):
            if news.error:
                self.errors.append(news)
            return
        before = self.whole
        self.hear(news)
        if before and not self.whole:
            self._asked_at = 0.0
            self._ask_for_what_is_missing()

    def _ask_for_what_is_missing(self) -> None:
        now = time.monotonic()
        # while nothing is heard the first asking waits at the socket: more of them would be charged all at once
        unheard = self._asked_at and self.heard_at <= self._asked_at
        if not self.whole and not unheard and now - self._asked_at > ASK_AGAIN_S:
            self._asked_at = now
            self.send(GetSnapshot(since=self.position))
