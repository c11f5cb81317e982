"""The mouse and the keys as a hand: what each wishes of the performance."""

import math

import pygame
import pytest

from actors.wire.messages import (
    Command,
    Hold,
    Preset,
    SetLookahead,
    SetPooling,
    SetRate,
    SetTemperature,
    SetWeights,
    Snapshot,
    Solo,
)
from display.app import Window
from tests.actors.wire.test_messages import frame
from tests.support.windows import CARDS, press


@pytest.fixture
def sent(window: Window) -> list[Command]:
    """The commands sent by a window that shows two styles."""
    window.client._hear(Snapshot(epoch=1, t=1, chars=b"", voices=b"", styles=["x", "y"], cards=CARDS[:2], ended=False))
    window.client._hear(frame(t=1, chars=b"ab", voices=bytes([9, 1, 9, 1]), rate_cps=20.0))
    window.scene(1.0, 60.0)
    commands: list[Command] = []
    window.client.send = commands.append  # type: ignore[method-assign, assignment]
    return commands


def click(window: Window, button: int, style: int) -> None:
    there = window.view.plane
    assert there is not None
    pos = there.to_screen(window.presenter.points[style])
    for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
        window.on(pygame.event.Event(kind, button=button, pos=pos))


def test_a_style_that_is_clicked_is_heard_alone_with_the_next_picture(window: Window, sent: list[Command]) -> None:
    click(window, 1, 1)
    assert sent == []
    window.mouse.send()
    window.mouse.send()
    (command,) = sent
    assert isinstance(command, SetWeights)
    assert command.hand == "mouse"
    assert command.weights["y"] > 0.9 * sum(command.weights.values())


def test_a_right_click_holds_a_style_and_another_lets_it_go(window: Window, sent: list[Command]) -> None:
    click(window, 3, 0)
    click(window, 3, 0)
    assert sent == [Hold(slugs=["x"], hand="mouse"), Hold(slugs=["x"], held=False, hand="mouse")]


def test_a_middle_click_makes_a_style_solo_and_another_ends_it(window: Window, sent: list[Command]) -> None:
    click(window, 2, 0)
    window.client.frame = frame(t=1, solo=["x"])
    click(window, 2, 0)
    assert sent == [Solo(slugs=["x"], hand="mouse"), Solo(hand="mouse")]


def test_a_number_key_plays_one_style_alone_and_ends_holds_and_solos(window: Window, sent: list[Command]) -> None:
    window.client.frame = frame(t=1, held=["x"], solo=["x"])
    press(window, pygame.K_2)
    window.mouse.send()
    weights = SetWeights(weights={"x": 0.0, "y": 1.0}, at=[window.presenter.points[1]], hand="mouse")
    assert sent == [Hold(slugs=["x"], held=False, hand="mouse"), Solo(hand="mouse"), weights]
    press(window, pygame.K_3)  # there is no third style
    assert len(sent) == 3


def rates(sent: list[Command]) -> list[float]:
    return [command.cps for command in sent if isinstance(command, SetRate)]


def test_space_stands_still_and_goes_on_at_the_rate_before(window: Window, sent: list[Command]) -> None:
    for key in (pygame.K_SPACE, pygame.K_SPACE, pygame.K_m, pygame.K_m):
        press(window, key)
    assert rates(sent) == [0.0, 20.0, math.inf, 20.0]


def test_the_rate_stays_within_the_range_of_the_keys(window: Window, sent: list[Command]) -> None:
    for wheel in (100, -100):
        window.on(pygame.event.Event(pygame.MOUSEWHEEL, y=wheel))
    press(window, pygame.K_UP)
    assert rates(sent) == [400.0, 0.25, 0.3125]


def test_brackets_change_the_temperature_within_the_range_of_the_keys(window: Window, sent: list[Command]) -> None:
    press(window, pygame.K_UNKNOWN, "]")
    window.client.frame = frame(t=1, temperature=0.2)
    press(window, pygame.K_UNKNOWN, "[")
    assert [command.temperature for command in sent if isinstance(command, SetTemperature)] == [1.1, 0.2]


def test_function_keys_recall_a_preset_and_with_shift_keep_it(window: Window, sent: list[Command]) -> None:
    for mod in (0, pygame.KMOD_LSHIFT):
        window.on(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_F3, unicode="", mod=mod))
    recall, keep = (
        Preset(name="F3", over_s=2.0, falls="word", hand="mouse"),
        Preset(name="F3", what="keep", hand="mouse"),
    )
    assert sent == [recall, keep]


def test_settings_go_round_with_every_press(window: Window, sent: list[Command]) -> None:
    for now in (frame(t=1), frame(t=1, pooling="log-linear"), frame(t=1, pooling="hand-over")):
        window.client.frame = now
        press(window, pygame.K_p)
    for now in (frame(t=1), frame(t=1, width=8, depth=4), frame(t=1, auto=True)):
        window.client.frame = now
        press(window, pygame.K_l)
    for now in (frame(t=1), frame(t=1, cross=0.3), frame(t=1, cross=1.0)):
        window.client.frame = now
        press(window, pygame.K_x)
    assert sent == [
        SetPooling(pooling="log-linear", hand="mouse"),
        SetPooling(pooling="hand-over", hand="mouse"),
        SetPooling(pooling="linear", hand="mouse"),
        SetLookahead(width=8, depth=4, hand="mouse"),
        SetLookahead(auto=True, hand="mouse"),
        SetLookahead(width=1, depth=1, hand="mouse"),
        SetPooling(cross=0.5, hand="mouse"),
        SetPooling(cross=0.5, hand="mouse"),
        SetPooling(cross=0.0, hand="mouse"),
    ]
