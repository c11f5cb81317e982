"""The window while styles come and go: frames may be ahead of the cards, or behind them."""

import time
from pathlib import Path

import msgspec
import numpy as np
import pygame

from actors.wire.messages import Admit, Card, Health, Member, Snapshot, StyleHealth
from display.app import Window
from tests.actors.wire.test_messages import frame
from tests.support.windows import CARDS, press


def health(cards: list[Card]) -> Health:
    styles = [StyleHealth(card.slug, "ready", 0, 0.1, 1) for card in cards]
    roster = [Member(card, slot_id, slot_id + 1) for slot_id, card in enumerate(cards)]
    return Health(epoch=1, pid=1, styles=styles, position=5, journal="", roster=roster)


def draw(window: Window) -> None:
    window.view.draw(window.surface, window.scene(1.0, 60.0))


def test_a_style_that_has_joined_or_left_before_its_card_is_known_does_not_break_the_picture(window: Window) -> None:
    client = window.client
    empty = Snapshot(epoch=1, t=1, chars=b"", voices=b"", styles=["x", "y"], cards=CARDS[:2], ended=False)
    client._hear(empty)
    client._hear(frame(t=1, chars=b"ab", voices=bytes([9, 1, 9, 1])))
    draw(window)
    client._hear(frame(t=3, chars=b"cd", voices=bytes(6), styles=["x", "y", "z"], pi=[0.0, 0.0, 1.0], active=[2]))
    draw(window)
    assert window.scene(1.0, 60.0).voices.shape == (4, 2)
    client._hear(health(CARDS))
    draw(window)
    assert [style.title for style in window.scene(1.0, 60.0).styles] == ["X", "Y", "Z"]
    client._hear(frame(t=5, chars=b"e", voices=bytes([7]), styles=["y"], pi=[1.0], active=[0]))
    draw(window)
    assert window.scene(1.0, 60.0).voices[:, 1].tolist() == [1, 1, 0, 0, 7]
    client._hear(health([CARDS[1]]))
    draw(window)
    assert np.array_equal(window.scene(1.0, 60.0).voices, client.voices)


def test_an_event_of_the_ensemble_is_shown_on_the_screen(window: Window) -> None:
    window.client._hear(health(CARDS[:2]))
    draw(window)
    news = msgspec.structs.replace(health(CARDS), event="Z joins", event_at=1)
    window.client._hear(news)
    window.scene(time.monotonic(), 60.0)
    assert window.scene(time.monotonic(), 60.0).note == "Z joins"


def test_a_key_changes_the_view_and_the_performance_goes_on_in_it(window: Window) -> None:
    window.client._hear(Snapshot(epoch=1, t=1, chars=b"", voices=b"", styles=["x", "y"], cards=CARDS[:2], ended=False))
    window.client._hear(frame(t=1, chars=b"ab", voices=bytes([9, 1, 9, 1])))
    pictures = []
    for kind in ("performer", "audience", "operator", "performer"):
        assert window.kind == kind
        draw(window)
        pictures.append(pygame.surfarray.array3d(window.surface).tobytes())
        press(window, pygame.K_v)
    assert len(set(pictures)) == 3
    window.on(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=(500, 100)))  # where a field would be
    assert not window.mouse.dragging


def test_the_papers_look_and_the_tints_are_switched_by_keys(window: Window) -> None:
    press(window, pygame.K_w)
    press(window, pygame.K_t)
    assert (window.scene(1.0, 60.0).plain, window.scene(1.0, 60.0).tinted) == (True, False)


def test_visitors_are_admitted_further_with_each_press_and_then_not_at_all(window: Window) -> None:
    sent: list[object] = []
    window.client.send = sent.append  # type: ignore[method-assign, assignment]
    for admitted in (0.0, 0.25, 0.5):
        window.client.frame = frame(t=1, admitted=admitted)
        press(window, pygame.K_g)
    assert [command.share for command in sent if isinstance(command, Admit)] == [0.25, 0.5, 0.0]


def test_for_a_missing_screen_the_first_is_used_and_the_note_says_so(tmp_path: Path, window: Window) -> None:
    made = Window(window.client, CARDS[:2], (640, 400), False, "audience", 7)
    assert "no screen 7" in made.scene(time.monotonic(), 60.0).note
