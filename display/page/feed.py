"""The feed of a page: the text that it lacks, its tints, the mix, and the ensemble's health. Pure: numbers to JSON.

Tints are mixed once, when a letter comes. A message is made once for all pages that have the text up to the same
position. A page that has fallen too far behind begins anew.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from actors.wire import plane
from actors.wire.messages import Card, Health
from actors.wire.plane import Point
from actors.wire.transcript import Transcript
from display import palette
from display.page.messages import Since

LATEST = 4000  # characters with which a page begins; one that misses more begins anew
DIGITS = 3
ALONE = np.array([255], np.uint8)
PULL = [plane.REACH, plane.STEEPNESS]  # with it a page draws which styles a hand pulls


class Paper:
    """The end of the text, and the tint of each letter as 0xRRGGBB."""

    def __init__(self) -> None:
        self.start = 1  # position of the first character kept
        self._text = bytearray()
        self._tints: list[int] = []

    @property
    def position(self) -> int:
        """The position after the last character."""
        return self.start + len(self._text)

    def take(self, transcript: Transcript) -> bool:
        """Takes over the new part of a transcript; False if there is none."""
        colours = {card.slug: palette.parse(card.colour) for card in transcript.cards}
        if transcript.position <= self.position:
            return False
        if transcript.start > self.position or transcript.position - self.position > LATEST:
            self._text.clear()
            self._tints.clear()
            self.start = max(transcript.start, transcript.position - LATEST)
        first = self.position - transcript.start
        inks = [colours.get(slug, palette.TEXT) for slug in transcript.styles]  # a card may follow a moment later
        self._text += transcript.text[first:]
        self._tints += [number(palette.tint(inks, voices)) for voices in transcript.voices[first:]]
        if len(self._text) > 2 * LATEST:
            self.start += len(self._text) - LATEST
            del self._text[:-LATEST], self._tints[:-LATEST]
        return True

    def since(self, position: int) -> dict[str, Any]:
        """The text from `position` on. Where that is not kept or lies ahead: the end of the text, and `anew` is true."""
        first = max(self.start, self.position - LATEST)
        anew = not first <= position <= self.position
        begin = (first if anew else position) - self.start
        update: dict[str, Any] = {"t": self.start + begin, "text": self._text[begin:].decode("ascii", "replace")}
        update["tints"] = runs(self._tints[begin:])
        if anew:
            update["anew"] = True
        return update


class Feed:
    """Makes the messages for pages, each once for all of them."""

    def __init__(self, performance: str) -> None:
        self.performance = performance  # a position is of one performance alone
        self.paper = Paper()
        self.styles: dict[str, Any] = {"styles": []}  # a new object whenever its content changes
        self.now: dict[str, Any] = {}
        self.points: dict[str, Point] = {}  # of every style, by its slug
        self._made: dict[tuple[int, bool], str] = {}

    def begins_at(self, since: Since) -> int:
        """The position from which a page is sent text; 0, which is never kept, begins anew."""
        return since.position if since.of == self.performance else 0

    def refresh(self, transcript: Transcript, visitors: int, silent: bool) -> bool:
        """Takes in a transcript; True if pages are to be sent something. `silent`: the ensemble is not heard any more."""
        new = self.paper.take(transcript)
        slugs = [card.slug for card in transcript.cards]
        styles = {"styles": styles_of(transcript.cards, transcript.health), "pull": PULL}
        if styles != self.styles:
            self.styles, new = styles, True
            points = plane.lying_at([card.at for card in transcript.cards])
            self.points = dict(zip(slugs, points, strict=True))
        now = {"of": self.performance, "here": visitors, "silent": silent, "ended": transcript.ended}
        now |= mix_of(transcript, slugs) | {"health": health_of(transcript.health)}
        if now != self.now:
            self.now, new = now, True
        if new:
            self._made.clear()
        return new

    def message(self, position: int, with_styles: bool) -> str:
        """The message for a page that has the text up to `position`."""
        key = position, with_styles
        if key not in self._made:
            update = self.paper.since(position) | self.now | (self.styles if with_styles else {})
            self._made[key] = json.dumps(update, separators=(",", ":"), allow_nan=False)
        return self._made[key]


def runs(tints: Sequence[int]) -> list[int]:
    """Tints as runs: the number of letters, their tint, the number of the next, …"""
    made: list[int] = []
    for tint in tints:
        if made and made[-1] == tint:
            made[-2] += 1
        else:
            made += [1, tint]
    return made


def number(colour: palette.Colour) -> int:
    """A colour as 0xRRGGBB."""
    return colour[0] << 16 | colour[1] << 8 | colour[2]


def styles_of(cards: Sequence[Card], health: Health | None) -> list[list[Any]]:
    """Of every style: title, the tint of its own letters, point on the plane, and whether it can be heard."""
    states = {style.slug: style.state for style in health.styles} if health else {}
    return [
        [
            card.title,
            number(palette.tint([palette.parse(card.colour)], ALONE)),
            round(x, DIGITS),
            round(y, DIGITS),
            states.get(card.slug) in ("ready", "late"),
        ]
        for card, (x, y) in zip(cards, plane.lying_at([card.at for card in cards]), strict=True)
    ]


def mix_of(transcript: Transcript, slugs: Sequence[str]) -> dict[str, Any]:
    """The weights above zero, as [number of the style, share], the rate, and the visitors' part."""
    frame = transcript.frame
    if frame is None:
        return {}
    pi = {slug: weight for slug, weight in zip(frame.styles, frame.pi, strict=True) if weight > 0}
    total = sum(pi.values()) or 1.0
    return {
        "mix": [[k, round(pi[slug] / total, DIGITS)] for k, slug in enumerate(slugs) if slug in pi],
        "rate": None if math.isinf(frame.rate_cps) else round(frame.rate_cps, 2),  # None: as fast as it goes
        "measured": round(frame.measured_cps, 1),
        "admitted": frame.admitted,
        "pulled": round(frame.pulled, DIGITS),
        "pulls": [[round(x, DIGITS), round(y, DIGITS)] for x, y in frame.pulls],
    }


def health_of(health: Health | None) -> dict[str, Any]:
    """The operator's line: styles that are up, styles in trouble, nodes by number. It holds no message, host or path."""
    if health is None:
        return {}
    return {
        "up": sum(style.state in ("ready", "late") for style in health.styles),
        "troubled": [
            [style.slug, style.state] for style in health.everyone if style.state in ("late", "failed", "lost")
        ],
        "nodes": [[node.node, round(node.answer_ms, 1), bool(node.trouble)] for node in health.nodes],
        "unrecorded": bool(health.journal),
    }
