"""The window: 60 frames a second whatever the text does. It hears the wire, draws the newest scene, sends the hand's mix.

Run as `python -m display.app` with one line of JSON on standard input: `endpoints`, `cards` (slug, title, colour), and if
wanted `size` and `fullscreen`. When that input ends, so does the window.
"""

import json
import math
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pygame
from numpy.typing import NDArray

from actors import plane, wire
from actors.bounds import POOLINGS
from actors.listener import Listener, input_ended
from actors.plane import Point
from actors.wire import (
    Card,
    Endpoints,
    Hold,
    Preset,
    SetLookahead,
    SetPooling,
    SetRate,
    SetTemperature,
    SetWeights,
    Solo,
)
from display import field, ghosts, palette
from display.stage import Scene, Singer, Stage

FPS = 60
SMOOTHING = 0.35  # of the way a bar moves towards its new height in a frame
SILENT_S = 1.5  # without news this long the screen says so
NOTE_S = 4.0
LOOKAHEAD = 8, 4  # hypotheses and their characters, of the key l before it is automatic
CROSSINGS = 0.0, 0.5, 1.0  # of the key x: the ensemble, both, the monolith
HAND = "mouse"  # our name among the hands
PRESET_S = 2.0  # that a preset takes to come
COLDEST, HOTTEST = 0.2, 3.0
SLOWEST_CPS, FASTEST_CPS = 0.25, 400.0


class Window:
    """State of the hand and the screen; one method an event."""

    def __init__(self, listener: Listener, cards: list[Card], size: tuple[int, int], fullscreen: bool) -> None:
        self.listener, self.cards = listener, cards
        self.fullscreen, self.windowed = fullscreen, size
        self.surface = self._open(size)
        self.stage = Stage(self.surface.get_size())
        self.places = plane.places(len(cards))
        self._lie_at = self.places  # where the styles glide to: their places change when one joins or leaves
        self.hand: Point | None = None
        self.held: dict[int, float] = {}
        self.dragging = False
        self.tinted, self.keys_shown = True, False
        self.rate_before = 15.0
        self.note, self.note_until = "", 0.0
        self._sent_rate: tuple[float, float] | None = None  # (cps, when): shown until the coordinator confirms
        self._mix: list[float] | None = None
        self._event_at: int | None = None  # the newest event of the ensemble that was shown
        self._ghosts = ghosts.Ghosts()
        self._smooth: dict[str, NDArray[np.floating]] = {}
        self._smooth_pi: NDArray[np.floating] = np.zeros(len(cards))

    def run(self) -> None:
        clock = pygame.time.Clock()
        while True:
            for event in pygame.event.get():
                if event.type == pygame.QUIT or not self.on(event):
                    return
            if input_ended():
                return
            self._send_mix()
            self.listener.listen()
            for reply in self.listener.errors:
                self.say(reply.error)
            self.listener.errors.clear()
            self.stage.draw(self.surface, self.scene(time.monotonic(), clock.get_fps()))
            pygame.display.flip()
            clock.tick(FPS)

    def on(self, event: pygame.event.Event) -> bool:
        """React to one event. False: the window is to close."""
        if event.type == pygame.MOUSEBUTTONDOWN:
            self._press(event)
        elif event.type == pygame.MOUSEMOTION and self.dragging:
            self.move(self.stage.plane.to_field(event.pos))
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self.dragging = False
        elif event.type == pygame.MOUSEWHEEL:
            self.set_rate(self.rate * 1.15**event.y)
        elif event.type == pygame.VIDEORESIZE:
            self._resized()
        elif event.type == pygame.KEYDOWN:
            return self._key(event)
        return True

    def _press(self, event: pygame.event.Event) -> None:
        if not self.stage.plane.area.collidepoint(event.pos):
            return
        if event.button == 1:
            self.dragging = True
            self.move(self.stage.plane.to_field(event.pos))
        elif event.button in (2, 3):
            under = self.stage.plane.nearest(event.pos, self.places)
            if under is not None:
                (self.toggle_solo if event.button == 2 else self.toggle_hold)(under)

    def _key(self, event: pygame.event.Event) -> bool:
        if event.key in (pygame.K_ESCAPE, pygame.K_q):
            return False
        if event.unicode == "?" or event.key == pygame.K_h:
            self.keys_shown = not self.keys_shown
        elif event.key == pygame.K_SPACE:
            self.set_rate(0.0 if self.rate else self.rate_before)
        elif event.key == pygame.K_m:
            self.set_rate(math.inf)
        elif event.key in (pygame.K_UP, pygame.K_DOWN):
            self.set_rate(self.rate * (1.25 if event.key == pygame.K_UP else 0.8))
        elif event.unicode in ("[", "]"):
            self._warm(1.1 if event.unicode == "]" else 1 / 1.1)
        elif pygame.K_F1 <= event.key <= pygame.K_F8:
            self._preset(event)
        elif event.key == pygame.K_p:
            now = self.listener.frame.pooling if self.listener.frame else POOLINGS[0]
            after = POOLINGS[(POOLINGS.index(now) + 1) % len(POOLINGS)] if now in POOLINGS else POOLINGS[0]
            self.listener.send(SetPooling(pooling=after, hand=HAND))
        elif event.key == pygame.K_l:
            self.listener.send(self._next_lookahead())
        elif event.key == pygame.K_x:
            x = self.listener.frame.cross if self.listener.frame else 0.0
            further = next((place for place in CROSSINGS if place > x), CROSSINGS[0])
            self.listener.send(SetPooling(cross=further, hand=HAND))
        elif event.key == pygame.K_t:
            self.tinted = not self.tinted
        elif event.key in (pygame.K_f, pygame.K_F11):
            self.fullscreen = not self.fullscreen
            self.surface = self._open(self.windowed)
            self._resized()
        elif event.key == pygame.K_e:
            self._let_all_go()
            self.hand = (0.0, 0.0)
            self.send([1.0] * len(self.cards))
        elif pygame.K_1 <= event.key <= pygame.K_9 and event.key - pygame.K_1 < len(self.cards):
            chosen = event.key - pygame.K_1
            self._let_all_go()
            self.hand = self.places[chosen]
            self.send([float(k == chosen) for k in range(len(self.cards))])
        return True

    def _next_lookahead(self) -> SetLookahead:
        """None, some, as much as there is time for, none."""
        frame = self.listener.frame
        if frame and frame.auto:
            return SetLookahead(width=1, depth=1, hand=HAND)
        if frame and frame.depth > 1:
            return SetLookahead(auto=True, hand=HAND)
        return SetLookahead(width=LOOKAHEAD[0], depth=LOOKAHEAD[1], hand=HAND)

    def _let_all_go(self) -> None:
        """Nobody is held or solo any more."""
        frame = self.listener.frame
        if frame and frame.held:
            self.listener.send(Hold(slugs=frame.held, held=False, hand=HAND))
        if frame and frame.solo:
            self.listener.send(Solo(hand=HAND))
        self.held = {}

    def move(self, hand: Point) -> None:
        """The hand is at `hand`: the mix follows."""
        self.hand = hand
        self.send(plane.weights(hand, self.places, self.held))

    def toggle_hold(self, style: int) -> None:
        """Hold a style at the share it has now, or let it go."""
        held = style not in self.held
        self.listener.send(Hold(slugs=[self.cards[style].slug], held=held, hand=HAND))
        if held:
            pi = self._pi()
            self.held[style] = float(pi[style] / (pi.sum() or 1.0))
        else:
            del self.held[style]
            if self.hand is not None:
                self.move(self.hand)

    def toggle_solo(self, style: int) -> None:
        """Let a style alone be heard, or everyone again."""
        frame, slug = self.listener.frame, self.cards[style].slug
        self.listener.send(Solo(slugs=[] if frame and slug in frame.solo else [slug], hand=HAND))

    def _preset(self, event: pygame.event.Event) -> None:
        """F1 to F8 recall what was kept under that key, with shift they keep the mix."""
        name = f"F{event.key - pygame.K_F1 + 1}"
        if event.mod & pygame.KMOD_SHIFT:
            self.listener.send(Preset(name=name, what="keep", hand=HAND))
        else:
            self.hand = None
            self.listener.send(Preset(name=name, over_s=PRESET_S, falls="word", hand=HAND))

    def _warm(self, factor: float) -> None:
        """Make the text wilder, or tamer."""
        now = self.listener.frame.temperature if self.listener.frame else 1.0
        self.listener.send(SetTemperature(temperature=min(HOTTEST, max(COLDEST, round(now * factor, 3))), hand=HAND))

    def send(self, mix: list[float]) -> None:
        """The mix to play, sent with the next frame: a mouse moves more often than a frame is drawn."""
        self._mix = mix

    def _send_mix(self) -> None:
        mix, self._mix = self._mix, None
        if mix and sum(mix) > 0:
            weights = {card.slug: weight for card, weight in zip(self.cards, mix, strict=True)}
            self.listener.send(SetWeights(weights=weights, hand=HAND, at=[self.hand] if self.hand else []))

    @property
    def rate(self) -> float:
        if self._sent_rate and time.monotonic() - self._sent_rate[1] < 0.5:
            return self._sent_rate[0]
        return self.listener.frame.rate_cps if self.listener.frame else 15.0

    def set_rate(self, cps: float) -> None:
        if cps and not math.isinf(cps):
            cps = min(FASTEST_CPS, max(SLOWEST_CPS, cps))
        elif math.isinf(self.rate) and math.isinf(cps):
            cps = self.rate_before
        if self.rate and not math.isinf(self.rate):
            self.rate_before = self.rate
        self._sent_rate = (cps, time.monotonic())
        self.listener.send(SetRate(cps=cps, hand=HAND))

    def say(self, note: str) -> None:
        self.note, self.note_until = note, time.monotonic() + NOTE_S

    def scene(self, now: float, fps: float) -> Scene:
        """What there is to see now."""
        if self.listener.cards and self.listener.cards != self.cards:
            self._adopt(self.listener.cards)
        self.places = field.glide(self.places, self._lie_at)
        frame, health = self.listener.frame, self.listener.health
        states = {style.slug: style.state for style in health.styles} if health else {}
        singers = [
            Singer(card.title, palette.parse(card.colour), states.get(card.slug, "loading"), held=k in self.held)
            for k, card in enumerate(self.cards)
        ]
        scene = Scene(singers, self.places, fps=fps, now=now, hand=self.hand)
        scene.tinted, scene.keys_shown, scene.rate_cps = self.tinted, self.keys_shown, self.rate
        scene.text, scene.first, scene.voices = self.listener.text, self.listener.start, self._voices()
        if frame and frame.styles == [card.slug for card in self.cards]:
            self._smooth_pi = self._smooth_pi + (self._pi() - self._smooth_pi) * SMOOTHING
            rows = dict(zip(frame.active, wire.rows(frame.omega), strict=True))
            scene.singers = [
                replace(s, weight=float(self._smooth_pi[k]), y=self._eased(s.title, rows.get(k)))
                for k, s in enumerate(singers)
            ]
            scene.rho = self._eased("", wire.rows(frame.rho)[0] if frame.rho else None)
            scene.measured_cps = frame.measured_cps
            scene.temperature, scene.bpm = frame.temperature, frame.bpm
            scene.pooling, scene.evenness, scene.top_p = frame.pooling, frame.evenness, frame.top_p
            scene.cross = frame.cross
            looks = frame.width > 1 and frame.depth > 1
            if looks or frame.auto:
                far = f" {frame.width}\u00d7{frame.depth}" if looks else ""
                scene.lookahead = f"lookahead{' auto' * frame.auto}{far}"
            scene.ghosts = self._ghosts.seen(frame.t + len(frame.chars), frame.hypotheses, frame.active)
            others = [hand for hand in frame.hands if hand.name != HAND]
            scene.hands = [(hand.name, hand.at, hand.decides > 0) for hand in others]
            scene.singers = [
                replace(s, held=card.slug in frame.held, solo=card.slug in frame.solo)
                for s, card in zip(scene.singers, self.cards, strict=True)
            ]
        scene.note = self._note(now)
        return scene

    def _voices(self) -> NDArray[np.uint8]:
        """Who wrote each character, in the order of the cards: they follow a moment after a style has joined or left."""
        heard = {slug: k for k, slug in enumerate(self.listener.styles)}
        slugs = [card.slug for card in self.cards]
        if slugs == self.listener.styles:
            return self.listener.voices
        voices = np.zeros((len(self.listener.text), len(slugs)), np.uint8)
        for k, slug in enumerate(slugs):
            if slug in heard:
                voices[:, k] = self.listener.voices[:, heard[slug]]
        return voices

    def _note(self, now: float) -> str:
        if now < self.note_until:
            return self.note
        if self.listener.heard_at and now - self.listener.heard_at > SILENT_S:
            return "the coordinator is silent: waiting for it to come back"
        health = self.listener.health
        if health is None:
            return self.listener.trouble
        if health.event and self._event_at not in (None, health.event_at):
            self.say(health.event)
        self._event_at = health.event_at
        troubled = [
            f"{s.slug} {s.state}{': ' if s.message else ''}{s.message[:60]}"
            for s in health.everyone
            if s.state in ("failed", "lost", "late")
        ]
        return health.journal or health.outside or ", ".join(troubled)

    def _eased(self, key: str, target: NDArray[np.floating] | None) -> NDArray[np.floating] | None:
        if target is None:
            self._smooth.pop(key, None)
            return None
        before = self._smooth.get(key, target)
        self._smooth[key] = before + (target - before) * SMOOTHING
        return self._smooth[key]

    def _pi(self) -> NDArray[np.float64]:
        frame = self.listener.frame
        weights = dict(zip(frame.styles, frame.pi, strict=True)) if frame else {}
        pi = np.array([weights.get(card.slug, 0.0) for card in self.cards])
        return pi / (np.maximum(pi, 0.0).sum() or 1.0)

    def _adopt(self, cards: list[Card]) -> None:
        """The styles are others now: those that stay keep hold, weight and, for the moment, their place."""
        before = {card.slug: k for k, card in enumerate(self.cards)}
        stay = {k: before[card.slug] for k, card in enumerate(cards) if card.slug in before}
        self.cards = cards
        self._lie_at = plane.places(len(cards))
        self.places = [self.places[stay[k]] if k in stay else place for k, place in enumerate(self._lie_at)]
        self.held = {k: self.held[old] for k, old in stay.items() if old in self.held}
        self._smooth_pi = np.array([self._smooth_pi[stay[k]] if k in stay else 0.0 for k in range(len(cards))])

    def _open(self, size: tuple[int, int]) -> pygame.Surface:
        pygame.display.set_caption("Chorus")
        if self.fullscreen:
            return pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        return pygame.display.set_mode(size, pygame.RESIZABLE)

    def _resized(self) -> None:
        self.surface = pygame.display.get_surface() or self.surface
        if not self.fullscreen:
            self.windowed = self.surface.get_size()
        self.stage = Stage(self.surface.get_size())


def main() -> int:
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    pygame.display.init()
    pygame.font.init()
    pygame.key.set_repeat(300, 60)
    cards = [Card(**card) for card in told["cards"]]
    listener = Listener(Endpoints(**told["endpoints"]))
    size = told.get("size") or (1280, 800)
    try:
        Window(listener, cards, (int(size[0]), int(size[1])), bool(told.get("fullscreen"))).run()
    finally:
        listener.close()
        pygame.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
