"""The listening side of the wire, used by display, controllers and the headless text. Loads without Ray.

It subscribes first, then asks for a snapshot, and asks again for whatever it missed: what `text` holds is the
coordinator's text without gap or doubling, also across the coordinator's death and return.
"""

import os
import select
import sys
import time
from pathlib import Path

import numpy as np
import zmq
from numpy.typing import NDArray

from actors import EnsembleError, keys, wire
from actors.handshake import Handshake
from actors.wire import Card, Command, Endpoints, Frame, GetSnapshot, Health, Reply, Snapshot

ASK_AGAIN_S = 0.5
LARGEST_NEWS = 64 << 20
KEPT = 100_000  # characters remembered; older ones are forgotten in one go at twice as many


class Listener:
    """Hears an ensemble and speaks to it.

    `text` are the characters from position `start` on, `voices` (len(text), n) uint8 who wrote each of them, `frame` and
    `health` the newest of their kind or None, `errors` what the desk refused since it was last emptied. `styles` may change
    while it listens; the `cards` of those that joined follow within a moment.
    """

    def __init__(self, endpoints: Endpoints) -> None:
        """Raises EnsembleError when the key of `endpoints` cannot be read."""
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        key = keys.read(Path(endpoints.key)) if endpoints.key else None
        self._frames = wire.socket(self._context, zmq.SUB, LARGEST_NEWS)
        self._desk = wire.socket(self._context, zmq.DEALER, LARGEST_NEWS)
        self._handshake = None
        if key:
            for socket in (self._frames, self._desk):
                wire.show_key(socket, key)
            self._handshake = Handshake(self._desk, endpoints.desk)
        self._frames.setsockopt(zmq.SUBSCRIBE, b"")
        self._frames.connect(endpoints.frames)
        self._desk.connect(endpoints.desk)
        self.poller = zmq.Poller()
        self.poller.register(self._frames, zmq.POLLIN)
        self.poller.register(self._desk, zmq.POLLIN)
        self.text = bytearray()
        self.start = 1
        self.styles: list[str] = []
        self.cards: list[Card] = []
        self._voices = np.zeros((0, 0), np.uint8)  # room for more rows than there are characters
        self.frame: Frame | None = None
        self.health: Health | None = None
        self.ended = False
        self.heard_at = 0.0
        self.errors: list[Reply] = []
        self.malformed = 0
        self._asked_at = 0.0
        self._whole = False  # whether everything before the next frame is here

    @property
    def position(self) -> int:
        """The position after the last character heard."""
        return self.start + len(self.text)

    @property
    def voices(self) -> NDArray[np.uint8]:
        """Who wrote each character of `text`: (len(text), n) uint8, 255 times the responsibilities."""
        return self._voices[: len(self.text)]

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
            self._desk.send(wire.encode(command), zmq.NOBLOCK)
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
                    self._hear(wire.decode_news(raw))
                    news = True
                except EnsembleError:
                    self.malformed += 1
        return news

    def close(self) -> None:
        self._context.destroy(linger=100)

    def _hear(self, news: wire.News) -> None:
        self.heard_at = time.monotonic()
        if isinstance(news, Frame):
            self.frame = news
            self._order(news.styles)
            if self._whole:
                self._take(news.t, news.chars, news.voices)
                self.ended = news.ended and self._whole
        elif isinstance(news, Snapshot):
            self._order(news.styles)
            self.cards = news.cards
            if news.t > self.position:  # older text than the coordinator keeps: begin where it begins
                self.text.clear()
                self.start = news.t
            self._whole = True
            self._take(news.t, news.chars, news.voices)
            self.ended = news.ended
        elif isinstance(news, Health):
            self.health = news
            self.cards = [member.card for member in news.roster[: len(news.styles)]]
        elif isinstance(news, Reply) and news.error:
            self.errors.append(news)

    def _take(self, t: int, chars: bytes, voices: bytes) -> None:
        skip = self.position - t
        if skip < 0:
            self._whole = False
            self._asked_at = 0.0
            self._ask_for_what_is_missing()
        elif skip < len(chars):
            held, n = len(self.text), len(self.styles)
            self.text += chars[skip:]
            if len(self._voices) < len(self.text):
                before = self._voices[:held]
                self._voices = np.zeros((2 * len(self.text) + 1024, n), np.uint8)
                self._voices[:held] = before
            self._voices[held : len(self.text)] = wire.voices(voices, n)[skip:]
            if len(self.text) > 2 * KEPT:
                self._voices[:KEPT] = self.voices[-KEPT:].copy()
                self.start += len(self.text) - KEPT
                del self.text[:-KEPT]

    def _order(self, styles: list[str]) -> None:
        """The styles are these from now on, in this order: who wrote the text so far keeps its letters."""
        if styles == self.styles:
            return
        voices = np.zeros((len(self._voices), len(styles)), np.uint8)
        for k, slug in enumerate(styles):
            if slug in self.styles:
                voices[:, k] = self._voices[:, self.styles.index(slug)]
        self.styles, self._voices = list(styles), voices

    def _ask_for_what_is_missing(self) -> None:
        now = time.monotonic()
        # while nothing is heard the first asking waits at the socket: more of them would be charged all at once
        unheard = self._asked_at and self.heard_at <= self._asked_at
        if not self._whole and not unheard and now - self._asked_at > ASK_AGAIN_S:
            self._asked_at = now
            self.send(GetSnapshot(since=self.position))


def input_ended() -> bool:
    """Whether standard input has ended: then whoever started this process is gone."""
    try:
        ready, _, _ = select.select([sys.stdin], [], [], 0)
        return bool(ready) and not os.read(sys.stdin.fileno(), 4096)
    except (OSError, ValueError):
        return True
