"""The presenter: makes the scene of a picture from a transcript. Bars glide, ghosts fade, hand-overs are found.

It has a memory, so it is asked once a picture, with the time. The same messages at the same times give the same scenes.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from actors.wire import codec, plane
from actors.wire.messages import Card, Frame
from actors.wire.parameters import PARAMETERS
from actors.wire.plane import Point
from actors.wire.transcript import Transcript
from display import field, ghosts, palette
from display.handovers import Handovers
from display.scene import Scene, StyleView

FRAME_S = 1 / 60
SMOOTHING = 0.35  # of the way to its new height that a bar moves in a sixtieth of a second
LONGEST_S = 0.25  # that counts as time between two pictures
MOST_EVENTS = 100
TROUBLED = ("failed", "lost", "late")
LETTERS = 60  # of a style's message that are shown


class Presenter:
    """Presents one performance. `cards` are those of the styles until the performance sends its own."""

    def __init__(self, transcript: Transcript, cards: Sequence[Card]) -> None:
        self.transcript = transcript
        self.cards: list[Card] = []
        self.points: list[Point] = []
        self.events: deque[tuple[float, str]] = deque(maxlen=MOST_EVENTS)
        self._goals: list[Point] = []  # where styles glide to: points change when one joins or leaves
        self._seen_at = 0.0
        self._event_at: int | None = None  # the newest event of the ensemble that was noted
        self._ghosts, self._handovers = ghosts.Ghosts(), Handovers()
        self._smooth: dict[str, NDArray[np.floating]] = {}
        self._smooth_pi: NDArray[np.floating] = np.zeros(0)
        self._adopt(list(cards))

    def scene(self, now: float, own_hand: str = "") -> Scene:
        """The scene at `now`, in seconds of a clock that only goes forward. `own_hand` is not among the other hands."""
        if self.transcript.cards and self.transcript.cards != self.cards:
            self._adopt(self.transcript.cards)
        frames = min(LONGEST_S, max(0.0, now - self._seen_at)) / FRAME_S
        self._seen_at = now
        share = 1 - (1 - SMOOTHING) ** frames
        self.points = field.glide(self.points, self._goals, frames)
        frame, health = self.transcript.frame, self.transcript.health
        states = {style.slug: style.state for style in health.styles} if health else {}
        styles = [
            StyleView(card.title, palette.parse(card.colour), states.get(card.slug, "loading")) for card in self.cards
        ]
        scene = Scene(styles, self.points, now=now, health=health, page=health.page if health else "")
        scene.text, scene.first, scene.voices = self.transcript.text, self.transcript.start, self._voices()
        scene.handovers = self._handovers.read(scene.text, scene.first, scene.voices)
        if frame and frame.styles == [card.slug for card in self.cards]:
            self._show(scene, frame, share, own_hand)
        self._note_event(now)
        scene.events = self.events
        return scene

    def pi(self) -> NDArray[np.float64]:
        """The present weights in the order of the cards, as shares."""
        frame = self.transcript.frame
        weights = dict(zip(frame.styles, frame.pi, strict=True)) if frame else {}
        pi = np.array([weights.get(card.slug, 0.0) for card in self.cards])
        return pi / (np.maximum(pi, 0.0).sum() or 1.0)

    def trouble(self) -> str:
        """The trouble of the ensemble, in one line; empty when there is none."""
        health = self.transcript.health
        if health is None:
            return ""
        troubled = [
            f"{s.slug} {s.state}{': ' if s.message else ''}{s.message[:LETTERS]}"
            for s in health.everyone
            if s.state in TROUBLED
        ]
        return health.journal or health.outside or ", ".join(troubled)

    def _show(self, scene: Scene, frame: Frame, share: float, own_hand: str) -> None:
        """Adds the newest frame to a scene."""
        self._smooth_pi = self._smooth_pi + (self.pi() - self._smooth_pi) * share
        rows = dict(zip(frame.active, codec.rows(frame.omega), strict=True))
        scene.styles = [
            replace(
                style,
                weight=float(self._smooth_pi[k]),
                y=self._eased(card.slug, rows.get(k), share),
                held=card.slug in frame.held,
                solo=card.slug in frame.solo,
            )
            for k, (style, card) in enumerate(zip(scene.styles, self.cards, strict=True))
        ]
        scene.rho = self._eased("", codec.rows(frame.rho)[0] if frame.rho else None, share)
        scene.rate_cps, scene.measured_cps = frame.rate_cps, frame.measured_cps
        scene.settings = [words for parameter in PARAMETERS if (words := parameter.words(frame))]
        scene.ghosts = self._ghosts.seen(frame.t + len(frame.chars), frame.hypotheses, frame.active)
        scene.hands = [(hand.name, hand.at, hand.decides > 0) for hand in frame.hands if hand.name != own_hand]
        scene.admitted, scene.pulls = frame.admitted, frame.pulls

    def _voices(self) -> NDArray[np.uint8]:
        """The author of each character, in the order of the cards, which follow a moment after a change of styles."""
        heard = {slug: k for k, slug in enumerate(self.transcript.styles)}
        slugs = [card.slug for card in self.cards]
        if slugs == self.transcript.styles:
            return self.transcript.voices
        voices = np.zeros((len(self.transcript.text), len(slugs)), np.uint8)
        for k, slug in enumerate(slugs):
            if slug in heard:
                voices[:, k] = self.transcript.voices[:, heard[slug]]
        return voices

    def _eased(self, key: str, target: NDArray[np.floating] | None, share: float) -> NDArray[np.floating] | None:
        if target is None:
            self._smooth.pop(key, None)
            return None
        before = self._smooth.get(key, target)
        self._smooth[key] = before + (target - before) * share
        return self._smooth[key]

    def _note_event(self, now: float) -> None:
        health = self.transcript.health
        if health is None:
            return
        if health.event and self._event_at not in (None, health.event_at):
            self.events.append((now, health.event))
        self._event_at = health.event_at

    def _adopt(self, cards: list[Card]) -> None:
        """Takes over other styles: those that stay keep their weight and, for the moment, their point."""
        before = {card.slug: k for k, card in enumerate(self.cards)}
        stay = {k: before[card.slug] for k, card in enumerate(cards) if card.slug in before}
        self.cards = cards
        self._handovers.begin_anew()
        self._goals = plane.lying_at([card.at for card in cards])
        self.points = [self.points[stay[k]] if k in stay else place for k, place in enumerate(self._goals)]
        self._smooth_pi = np.array([self._smooth_pi[stay[k]] if k in stay else 0.0 for k in range(len(cards))])
