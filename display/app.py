"""The window: 60 pictures a second, whatever the text does.


It listens to the wire, draws the newest scene and sends what the mouse and the keys wish. Run as `python -m display.app`
with a `WindowConfig` on standard input. When that input ends, so does the window.
"""

import sys
import time

import pygame

from actors.wire.child import input_ended, read_config
from actors.wire.client import Client
from actors.wire.messages import Card
from display import keymap, mouse, views
from display.config import WindowConfig
from display.mouse import Mouse
from display.presenter import Presenter
from display.scene import Scene

FPS = 60
SILENT_S = 1.5  # without news this long the screen says so
NOTE_S = 4.0


class Window:
    """One window on a screen, and the mouse and keys that play in it."""

    def __init__(
        self,
        client: Client,
        cards: list[Card],
        size: tuple[int, int],
        fullscreen: bool,
        view: str = "performer",
        screen: int = 1,
    ) -> None:
        """`view` is one of display.views; `screen` counts from 1. Without a screen of that number the first is used."""
        self.client, self.presenter = client, Presenter(client, cards)
        self.mouse = Mouse(client, self.presenter)
        self.fullscreen, self.windowed = fullscreen, size
        self.note, self.note_until = "", 0.0
        self.screen, self.kind = screen, view
        self.surface = self._open(size)
        self.view = views.make(view, self.surface.get_size())
        self.tinted, self.plain, self.keys_shown = True, False, False
        self.ended = False

    def run(self) -> None:
        """Draws pictures until the window is closed, or standard input ends."""
        clock = pygame.time.Clock()
        while True:
            for event in pygame.event.get():
                self.on(event)
            if self.ended or input_ended():
                return
            self.mouse.send()
            self.client.listen()
            for reply in self.client.errors:
                self.say(reply.error)
            self.client.errors.clear()
            self.view.draw(self.surface, self.scene(time.monotonic(), clock.get_fps()))
            pygame.display.flip()
            clock.tick(FPS)

    def on(self, event: pygame.event.Event) -> None:
        """Follows one event."""
        if event.type == pygame.QUIT:
            self.ended = True
        elif event.type == pygame.VIDEORESIZE:
            self._resized()
        elif event.type == pygame.KEYDOWN:
            keymap.press(event.key, event.unicode, bool(event.mod & pygame.KMOD_SHIFT), self.mouse, self)
        else:
            self.mouse.on(event, self.view.plane)

    def next_view(self) -> None:
        kinds = list(views.VIEWS)
        self.kind = kinds[(kinds.index(self.kind) + 1) % len(kinds)]
        self._resized()

    def toggle_fullscreen(self) -> None:
        self.fullscreen = not self.fullscreen
        self.surface = self._open(self.windowed)
        self._resized()

    def say(self, note: str) -> None:
        """Shows a line for some seconds."""
        self.note, self.note_until = note, time.monotonic() + NOTE_S

    def scene(self, now: float, fps: float) -> Scene:
        """The scene of this moment."""
        scene = self.presenter.scene(now, mouse.NAME)
        scene.fps, scene.hand, scene.rate_cps = fps, self.mouse.at, self.mouse.rate
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
        return self.presenter.trouble()

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
