"""The mouse and the keys as a hand of the performance: they set its mix, its rate and its settings.

`display.app` passes events on and calls `send` once a picture; `display.keymap` says which key does what.
"""

import math
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import pygame

from actors.wire import plane
from actors.wire.client import Client
from actors.wire.messages import Card, Command, Frame, Hold, Preset, SetWeights, Solo
from actors.wire.parameters import LOOKAHEAD, RATE, TEMPERATURE, Choice, Lookahead, Number, Parameter
from actors.wire.plane import Point
from display.field import Plane
from display.presenter import Presenter

NAME = "mouse"  # among the hands
PRESET_S = 2.0  # that a preset takes to come
SOME_LOOKAHEAD = Lookahead(8, 4)
# the ranges of the keys and the wheel, narrower than the ensemble's own
RATES_CPS = 0.25, 400.0
TEMPERATURES = 0.2, 3.0
FASTER, SLOWER, WHEEL = 1.25, 0.8, 1.15  # times the rate
WARMER = 1.1  # times the temperature
CONFIRMED_S = 0.5  # until then a rate that was sent counts as the present one


class Mouse:
    """One hand. `at` is its point on the plane, `held` the share at which each style is held, by slug."""

    def __init__(self, client: Client, presenter: Presenter) -> None:
        self.client, self.presenter = client, presenter
        self.at: Point | None = None
        self.held: dict[str, float] = {}
        self.dragging = False
        self._rate_before: float = RATE.default
        self._sent_rate: tuple[float, float] | None = None  # (cps, when)
        self._mix: Sequence[float] = ()  # to be sent with the next picture: a mouse moves more often than one is drawn

    @property
    def cards(self) -> list[Card]:
        return self.presenter.cards

    def on(self, event: pygame.event.Event, there: Plane | None) -> None:
        """Follows an event of the mouse. `there` is the field on the screen, if the view has one."""
        if event.type == pygame.MOUSEBUTTONDOWN and there and there.area.collidepoint(event.pos):
            if event.button == 1:
                self.dragging = True
                self.move(there.to_field(event.pos))
            elif event.button in (2, 3):
                style = there.nearest(event.pos, self.presenter.points)
                if style is not None:
                    (self.toggle_solo if event.button == 2 else self.toggle_hold)(style)
        elif event.type == pygame.MOUSEMOTION and self.dragging and there:
            self.move(there.to_field(event.pos))
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self.dragging = False
        elif event.type == pygame.MOUSEWHEEL:
            self.change_rate(WHEEL**event.y)

    def send(self) -> None:
        """Sends the newest mix, if it has changed since the last picture."""
        mix, self._mix = self._mix, ()
        if sum(mix) > 0:
            weights = {card.slug: weight for card, weight in zip(self.cards, mix, strict=True)}
            self._send(SetWeights(weights=weights, at=[self.at] if self.at else []))

    def move(self, to: Point) -> None:
        """Moves the hand to a point of the plane; the mix follows."""
        self.at = to
        held = {k: self.held[card.slug] for k, card in enumerate(self.cards) if card.slug in self.held}
        self._mix = plane.weights(to, self.presenter.points, held)

    def toggle_hold(self, style: int) -> None:
        """Holds a style at its present share, or lets it go."""
        slug = self.cards[style].slug
        held = slug not in self.held
        self._send(Hold(slugs=[slug], held=held))
        if held:
            pi = self.presenter.pi()
            self.held[slug] = float(pi[style] / (pi.sum() or 1.0))
        else:
            del self.held[slug]
            if self.at is not None:
                self.move(self.at)

    def toggle_solo(self, style: int) -> None:
        """Makes one style solo, or ends its solo."""
        frame, slug = self.client.frame, self.cards[style].slug
        self._send(Solo(slugs=[] if frame and slug in frame.solo else [slug]))

    def alone(self, style: int) -> None:
        """Plays one style alone, and ends every hold and solo."""
        if style < len(self.cards):
            self._release()
            self.at = self.presenter.points[style]
            self._mix = [float(k == style) for k in range(len(self.cards))]

    def level(self) -> None:
        """Plays all styles with equal weights, and ends every hold and solo."""
        self._release()
        self.at = (0.0, 0.0)
        self._mix = [1.0] * len(self.cards)

    def preset(self, name: str, keep: bool) -> None:
        """Keeps the mix under this name, or recalls it."""
        if keep:
            self._send(Preset(name=name, what="keep"))
        else:
            self.at = None
            self._send(Preset(name=name, over_s=PRESET_S, falls="word"))

    @property
    def rate(self) -> float:
        if self._sent_rate and time.monotonic() - self._sent_rate[1] < CONFIRMED_S:
            return self._sent_rate[0]
        return float(self._now(RATE))

    def set_rate(self, cps: float) -> None:
        """Sets a rate within the range of the keys; 0 stands still.

        Infinity is as fast as possible; when it is so already, it goes back to the rate before.
        """
        if cps and not math.isinf(cps):
            cps = min(RATES_CPS[1], max(RATES_CPS[0], cps))
        elif math.isinf(self.rate) and math.isinf(cps):
            cps = self._rate_before
        if self.rate and not math.isinf(self.rate):
            self._rate_before = self.rate
        self._sent_rate = (cps, time.monotonic())
        self._set(RATE, cps)

    def change_rate(self, factor: float) -> None:
        self.set_rate(self.rate * factor)

    def stand_or_go(self) -> None:
        self.set_rate(0.0 if self.rate else self._rate_before)

    def warm(self, factor: float) -> None:
        """Multiplies the temperature, within the range of the keys."""
        low, high = TEMPERATURES
        self._set(TEMPERATURE, min(high, max(low, round(self._now(TEMPERATURE) * factor, 3))))

    def step(self, parameter: Number, values: Sequence[float]) -> None:
        """Sets the next higher of `values`; after the highest the first."""
        now = self._now(parameter)
        self._set(parameter, next((value for value in values if value > now), values[0]))

    def next_word(self, parameter: Choice) -> None:
        """Sets the next of a parameter's words; after the last the first."""
        words, now = parameter.choices, self._now(parameter)
        self._set(parameter, words[(words.index(now) + 1) % len(words)] if now in words else words[0])

    def next_lookahead(self) -> None:
        """Sets some lookahead, then as much as time allows, then none."""
        now: Lookahead = self._now(LOOKAHEAD)
        after = Lookahead() if now.auto else Lookahead(auto=True) if now.depth > 1 else SOME_LOOKAHEAD
        self._set(LOOKAHEAD, after)

    def _release(self) -> None:
        """Ends every hold and solo."""
        frame = self.client.frame
        if frame and frame.held:
            self._send(Hold(slugs=frame.held, held=False))
        if frame and frame.solo:
            self._send(Solo())
        self.held = {}

    def _now(self, parameter: Parameter) -> Any:
        frame: Frame | None = self.client.frame
        return parameter.now(frame) if frame else parameter.default

    def _set(self, parameter: Parameter, value: object) -> None:
        self._send(parameter.command(value))

    def _send(self, command: Command) -> None:
        self.client.send(msgspec.structs.replace(command, hand=NAME))
