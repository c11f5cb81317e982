"""The window: 60 frames a second whatever the text does. It hears the wire, draws the newest scene, sends the hand's mix.

Run as `python -m display.app` with a `WindowConfig` on standard input. When that input ends, so does the window.
"""

import math
import sys
import time

import pygame

from actors.wire import plane
from actors.wire.child import input_ended, read_config
from actors.wire.client import Client
from actors.wire.messages import (
    Admit,
    Card,
    Hold,
    Preset,
    SetLookahead,
    SetPooling,
    SetRate,
    SetTemperature,
    SetWeights,
    Solo,
)
from actors.wire.parameters import POOLINGS
from actors.wire.plane import Point
from display import views
from display.config import WindowConfig
from display.presenter import Seeing
from display.scene import Scene

FPS = 60
SILENT_S = 1.5  # without news this long the screen says so
NOTE_S = 4.0
LOOKAHEAD = 8, 4  # hypotheses and their characters, of the key l before it is automatic
ADMITS = 0.0, 0.25, 0.5  # of the key g: the share of visitors
CROSSINGS = 0.0, 0.5, 1.0  # of the key x: the ensemble, both, the monolith
HAND = "mouse"  # our name among the hands
PRESET_S = 2.0  # that a preset takes to come
COLDEST, HOTTEST = 0.2, 3.0
SLOWEST_CPS, FASTEST_CPS = 0.25, 400.0


class Window:
    """State of the hand and the screen; one method an event."""

    def __init__(
        self,
        client: Client,
        cards: list[Card],
        size: tuple[int, int],
        fullscreen: bool,
        view: str = "performer",
        screen: int = 1,
    ) -> None:
        """`view` is one of display.views, `screen` counts from 1; one that is not there is said, and the first is used."""
        self.client, self.seeing = client, Seeing(client, cards)
        self.fullscreen, self.windowed = fullscreen, size
        self.note, self.note_until = "", 0.0
        self.screen, self.kind = screen, view
        self.surface = self._open(size)
        self.view = views.make(view, self.surface.get_size())
        self.hand: Point | None = None
        self.held: dict[str, float] = {}  # by slug: the share it is held at
        self.dragging = False
        self.tinted, self.plain, self.keys_shown = True, False, False
        self.rate_before = 15.0
        self._sent_rate: tuple[float, float] | None = None  # (cps, when): shown until the coordinator confirms
        self._mix: list[float] | None = None

    @property
    def cards(self) -> list[Card]:
        return self.seeing.cards

    def run(self) -> None:
        clock = pygame.time.Clock()
        while True:
            for event in pygame.event.get():
                if event.type == pygame.QUIT or not self.on(event):
                    return
            if input_ended():
                return
            self._send_mix()
            self.client.listen()
            for reply in self.client.errors:
                self.say(reply.error)
            self.client.errors.clear()
            self.view.draw(self.surface, self.scene(time.monotonic(), clock.get_fps()))
            pygame.display.flip()
            clock.tick(FPS)

    def on(self, event: pygame.event.Event) -> bool:
        """React to one event. False: the window is to close."""
        if event.type == pygame.MOUSEBUTTONDOWN:
            self._press(event)
        elif event.type == pygame.MOUSEMOTION and self.dragging and self.view.plane:
            self.move(self.view.plane.to_field(event.pos))
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
        there = self.view.plane
        if there is None or not there.area.collidepoint(event.pos):
            return
        if event.button == 1:
            self.dragging = True
            self.move(there.to_field(event.pos))
        elif event.button in (2, 3):
            under = there.nearest(event.pos, self.seeing.places)
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
            now = self.client.frame.pooling if self.client.frame else POOLINGS[0]
            after = POOLINGS[(POOLINGS.index(now) + 1) % len(POOLINGS)] if now in POOLINGS else POOLINGS[0]
            self.client.send(SetPooling(pooling=after, hand=HAND))
        elif event.key == pygame.K_l:
            self.client.send(self._next_lookahead())
        elif event.key == pygame.K_x:
            x = self.client.frame.cross if self.client.frame else 0.0
            further = next((place for place in CROSSINGS if place > x), CROSSINGS[0])
            self.client.send(SetPooling(cross=further, hand=HAND))
        elif event.key == pygame.K_t:
            self.tinted = not self.tinted
        elif event.key == pygame.K_w:
            self.plain = not self.plain
        elif event.key == pygame.K_v:
            kinds = list(views.VIEWS)
            self.kind = kinds[(kinds.index(self.kind) + 1) % len(kinds)]
            self._resized()
        elif event.key == pygame.K_g:
            admitted = self.client.frame.admitted if self.client.frame else 0.0
            further = next((share for share in ADMITS if share > admitted), ADMITS[0])
            self.client.send(Admit(share=further, hand=HAND))
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
            self.hand = self.seeing.places[chosen]
            self.send([float(k == chosen) for k in range(len(self.cards))])
        return True

    def _next_lookahead(self) -> SetLookahead:
        """None, some, as much as there is time for, none."""
        frame = self.client.frame
        if frame and frame.auto:
            return SetLookahead(width=1, depth=1, hand=HAND)
        if frame and frame.depth > 1:
            return SetLookahead(auto=True, hand=HAND)
        return SetLookahead(width=LOOKAHEAD[0], depth=LOOKAHEAD[1], hand=HAND)

    def _let_all_go(self) -> None:
        """Nobody is held or solo any more."""
        frame = self.client.frame
        if frame and frame.held:
            self.client.send(Hold(slugs=frame.held, held=False, hand=HAND))
        if frame and frame.solo:
            self.client.send(Solo(hand=HAND))
        self.held = {}

    def move(self, hand: Point) -> None:
        """The hand is at `hand`: the mix follows."""
        self.hand = hand
        held = {k: self.held[card.slug] for k, card in enumerate(self.cards) if card.slug in self.held}
        self.send(plane.weights(hand, self.seeing.places, held))

    def toggle_hold(self, style: int) -> None:
        """Hold a style at the share it has now, or let it go."""
        slug = self.cards[style].slug
        held = slug not in self.held
        self.client.send(Hold(slugs=[slug], held=held, hand=HAND))
        if held:
            pi = self.seeing.pi()
            self.held[slug] = float(pi[style] / (pi.sum() or 1.0))
        else:
            del self.held[slug]
            if self.hand is not None:
                self.move(self.hand)

    def toggle_solo(self, style: int) -> None:
        """Let a style alone be heard, or everyone again."""
        frame, slug = self.client.frame, self.cards[style].slug
        self.client.send(Solo(slugs=[] if frame and slug in frame.solo else [slug], hand=HAND))

    def _preset(self, event: pygame.event.Event) -> None:
        """F1 to F8 recall what was kept under that key, with shift they keep the mix."""
        name = f"F{event.key - pygame.K_F1 + 1}"
        if event.mod & pygame.KMOD_SHIFT:
            self.client.send(Preset(name=name, what="keep", hand=HAND))
        else:
            self.hand = None
            self.client.send(Preset(name=name, over_s=PRESET_S, falls="word", hand=HAND))

    def _warm(self, factor: float) -> None:
        """Make the text wilder, or tamer."""
        now = self.client.frame.temperature if self.client.frame else 1.0
        self.client.send(SetTemperature(temperature=min(HOTTEST, max(COLDEST, round(now * factor, 3))), hand=HAND))

    def send(self, mix: list[float]) -> None:
        """The mix to play, sent with the next frame: a mouse moves more often than a frame is drawn."""
        self._mix = mix

    def _send_mix(self) -> None:
        mix, self._mix = self._mix, None
        if mix and sum(mix) > 0:
            weights = {card.slug: weight for card, weight in zip(self.cards, mix, strict=True)}
            self.client.send(SetWeights(weights=weights, hand=HAND, at=[self.hand] if self.hand else []))

    @property
    def rate(self) -> float:
        if self._sent_rate and time.monotonic() - self._sent_rate[1] < 0.5:
            return self._sent_rate[0]
        return self.client.frame.rate_cps if self.client.frame else 15.0

    def set_rate(self, cps: float) -> None:
        if cps and not math.isinf(cps):
            cps = min(FASTEST_CPS, max(SLOWEST_CPS, cps))
        elif math.isinf(self.rate) and math.isinf(cps):
            cps = self.rate_before
        if self.rate and not math.isinf(self.rate):
            self.rate_before = self.rate
        self._sent_rate = (cps, time.monotonic())
        self.client.send(SetRate(cps=cps, hand=HAND))

    def say(self, note: str) -> None:
        self.note, self.note_until = note, time.monotonic() + NOTE_S

    def scene(self, now: float, fps: float) -> Scene:
        """What there is to see now."""
        scene = self.seeing.scene(now, HAND)
        scene.fps, scene.hand, scene.rate_cps = fps, self.hand, self.rate
        scene.tinted, scene.plain, scene.keys_shown = self.tinted, self.plain, self.keys_shown
        scene.note = self._note(now, scene)
        return scene

    def _note(self, now: float, scene: Scene) -> str:
        if now < self.note_until:
            return self.note
        if self.client.heard_at and now - self.client.heard_at > SILENT_S:
            return "the coordinator is silent: waiting for it to come back"
        if self.client.health is None:
            return self.client.trouble
        if scene.events and now - scene.events[-1][0] < NOTE_S:
            return scene.events[-1][1]
        return self.seeing.trouble()

    def _open(self, size: tuple[int, int]) -> pygame.Surface:
        pygame.display.set_caption("Chorus" if self.kind == "performer" else f"Chorus: {self.kind}")
        screens = pygame.display.get_desktop_sizes()
        if self.screen > len(screens):
            self.say(f"there is no screen {self.screen}, only {len(screens)}: this is the first")
        display = self.screen - 1 if self.screen <= len(screens) else 0
        if self.fullscreen:
            return pygame.display.set_mode(screens[display], pygame.FULLSCREEN, display=display)
        return pygame.display.set_mode(size, pygame.RESIZABLE, display=display)

    def _resized(self) -> None:
        self.surface = pygame.display.get_surface() or self.surface
        if not self.fullscreen:
            self.windowed = self.surface.get_size()
        self.view = views.make(self.kind, self.surface.get_size())


def main() -> int:
    config = read_config(WindowConfig)
    views.open_display()
    pygame.key.set_repeat(300, 60)
    client = Client(config.endpoints)
    try:
        Window(client, config.cards, config.size, config.fullscreen, config.view, config.screen).run()
    finally:
        client.close()
        pygame.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
