"""A window without a screen, and a key that is pressed in it."""

from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Card
from display.app import Window

CARDS = [Card(slug, slug.upper(), "#88aaff") for slug in ("x", "y", "z")]


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    made = Window(Client(Endpoints.local(tmp_path)), CARDS[:2], (640, 400), False)
    yield made
    made.client.close()
    pygame.display.quit()


def press(window: Window, key: int, unicode: str = "") -> None:
    window.on(pygame.event.Event(pygame.KEYDOWN, key=key, unicode=unicode, mod=0))
