"""The window while styles come and go: frames may be ahead of the cards, or behind them."""

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pygame
import pytest

from actors.listener import Listener
from actors.wire import Card, Endpoints, Health, Member, Snapshot, StyleHealth
from display.app import Window
from tests.actors.test_wire import frame

CARDS = [Card(slug, slug.upper(), "#88aaff") for slug in ("x", "y", "z")]


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    made = Window(Listener(Endpoints.local(tmp_path)), CARDS[:2], (640, 400), False)
    yield made
    made.listener.close()
    pygame.display.quit()


def health(cards: list[Card]) -> Health:
    styles = [StyleHealth(card.slug, "ready", 0, 0.1, 1) for card in cards]
    roster = [Member(card, chair, chair + 1) for chair, card in enumerate(cards)]
    return Health(epoch=1, pid=1, styles=styles, position=5, journal="", roster=roster)


def draw(window: Window) -> None:
    window.view.draw(window.surface, window.scene(1.0, 60.0))


def test_a_style_that_has_joined_or_left_before_its_card_is_known_does_not_break_the_picture(window: Window) -> None:
    listener = window.listener
    empty = Snapshot(epoch=1, t=1, chars=b"", voices=b"", styles=["x", "y"], cards=CARDS[:2], ended=False)
    listener._hear(empty)
    listener._hear(frame(t=1, chars=b"ab", voices=bytes([9, 1, 9, 1])))
    draw(window)
    listener._hear(frame(t=3, chars=b"cd", voices=bytes(6), styles=["x", "y", "z"], pi=[0.0, 0.0, 1.0], active=[2]))
    draw(window)
    assert window.scene(1.0, 60.0).voices.shape == (4, 2)
    listener._hear(health(CARDS))
    draw(window)
    assert [singer.title for singer in window.scene(1.0, 60.0).singers] == ["X", "Y", "Z"]
    listener._hear(frame(t=5, chars=b"e", voices=bytes([7]), styles=["y"], pi=[1.0], active=[0]))
    draw(window)
    assert window.scene(1.0, 60.0).voices[:, 1].tolist() == [1, 1, 0, 0, 7]
    listener._hear(health([CARDS[1]]))
    draw(window)
    assert np.array_equal(window.scene(1.0, 60.0).voices, listener.voices)


def test_what_happens_to_the_ensemble_is_said_on_the_screen(window: Window) -> None:
    window.listener._hear(health(CARDS[:2]))
    draw(window)
    told = msgspec.structs.replace(health(CARDS), event="Z joins", event_at=1)
    window.listener._hear(told)
    window.scene(time.monotonic(), 60.0)
    assert window.scene(time.monotonic(), 60.0).note == "Z joins"
