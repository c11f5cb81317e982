"""The transcript of a performance: the text, who wrote it, the newest frame and health. No sockets, no clocks.

A `Client` fills it from the wire; a film is drawn from one that is told the same messages by a recording.
"""

import numpy as np
from numpy.typing import NDArray

from actors.wire import codec
from actors.wire.messages import Card, Frame, Health, Snapshot

KEPT = 100_000  # characters remembered; older ones are forgotten in one go at twice as many


class Transcript:
    """`text` are the characters from position `start` on, `voices` (len(text), n) uint8 who wrote each of them.

    `frame` and `health` are the newest of their kind or None. `styles` may change meanwhile; the `cards` of those that
    joined follow within a moment. While it is not `whole`, something before the next frame is missing.
    """

    def __init__(self) -> None:
        self.text = bytearray()
        self.start = 1
        self.styles: list[str] = []
        self.cards: list[Card] = []
        self._voices = np.zeros((0, 0), np.uint8)  # room for more rows than there are characters
        self.frame: Frame | None = None
        self.health: Health | None = None
        self.ended = False
        self.whole = False

    @property
    def position(self) -> int:
        """The position after the last character heard."""
        return self.start + len(self.text)

    @property
    def voices(self) -> NDArray[np.uint8]:
        """The author of each character of `text`: (len(text), n) uint8, 255 times the responsibilities."""
        return self._voices[: len(self.text)]

    def hear(self, news: Frame | Snapshot | Health) -> None:
        """Takes in a message. A frame whose characters do not follow on leaves the text as it is, and not `whole`."""
        if isinstance(news, Frame):
            self.frame = news
            self._order(news.styles)
            if self.whole:
                self._take(news.t, news.chars, news.voices)
                self.ended = news.ended and self.whole
        elif isinstance(news, Snapshot):
            self._order(news.styles)
            self.cards = news.cards
            if news.t > self.position:  # older text than the coordinator keeps: begin where it begins
                self.text.clear()
                self.start = news.t
            self.whole = True
            self._take(news.t, news.chars, news.voices)
            self.ended = news.ended
        else:
            self.health = news
            self.cards = [member.card for member in news.roster[: len(news.styles)]]

    def _take(self, t: int, chars: bytes, voices: bytes) -> None:
        skip = self.position - t
        if skip < 0:
            self.whole = False
        elif skip < len(chars):
            held, n = len(self.text), len(self.styles)
            self.text += chars[skip:]
            if len(self._voices) < len(self.text):
                before = self._voices[:held]
                self._voices = np.zeros((2 * len(self.text) + 1024, n), np.uint8)
                self._voices[:held] = before
            if n:  # somebody else wrote for us: an ensemble that nobody is left of, or no one yet
                self._voices[held : len(self.text)] = codec.voices(voices, n)[skip:]
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
