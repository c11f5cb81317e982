"""The operator's view of trouble."""

import msgspec
import numpy as np
import pygame
import pytest

from actors.wire.messages import NodeHealth, StyleHealth
from display import palette
from display.operator import BAD, WAITS, Operator
from display.scene import Scene
from tests.support.scenes import scene

SIZE = (1280, 800)


def drawn(shown: Scene) -> np.ndarray:
    pygame.font.init()
    surface = pygame.Surface(SIZE)
    Operator(SIZE).draw(surface, shown)
    return pygame.surfarray.array3d(surface)


def has(image: np.ndarray, colour: palette.Colour) -> bool:
    return bool((image == np.array(colour)).all(axis=2).any())


def healthy() -> Scene:
    shown = scene(3, 3)
    assert shown.health is not None
    styles = [msgspec.structs.replace(style, state="ready") for style in shown.health.styles]
    shown.health = msgspec.structs.replace(shown.health, styles=styles)
    return shown


def test_nothing_stands_out_while_all_is_well() -> None:
    image = drawn(healthy())
    assert not has(image, BAD)
    assert not has(image, WAITS)


@pytest.mark.parametrize(
    ("changes", "colour"),
    [
        ({"styles": [StyleHealth("style-0", "failed", 0, 0.0, 1, "it is damaged")]}, BAD),
        ({"styles": [StyleHealth("style-0", "lost", 9, 0.0, 1)]}, BAD),
        ({"styles": [StyleHealth("style-0", "late", 9, 0.0, 1)]}, WAITS),
        ({"nodes": [NodeHealth(1, "10.0.0.3", "section", 1.0, "it does not answer")]}, BAD),
        ({"journal": "the journal cannot be written: No space left on device"}, BAD),
        ({"outside": "nobody is let in from outside"}, BAD),
        ({"longest_wait_ms": 900.0}, WAITS),
        ({"epoch": 3}, WAITS),
    ],
)
def test_a_trouble_stands_out(changes: dict[str, object], colour: palette.Colour) -> None:
    shown = healthy()
    assert shown.health is not None
    shown.health = msgspec.structs.replace(shown.health, **changes)
    assert has(drawn(shown), colour)


def test_before_any_news_the_operator_reads_so() -> None:
    shown = healthy()
    shown.health, shown.note = None, ""
    assert has(drawn(shown), WAITS)


@pytest.mark.parametrize("size", [(320, 240), (640, 400), (3840, 2160)])
@pytest.mark.parametrize("n", [1, 24])
def test_every_size_and_number_of_styles_can_be_drawn(size: tuple[int, int], n: int) -> None:
    pygame.font.init()
    surface = pygame.Surface(size)
    Operator(size).draw(surface, scene(n, n))
    assert pygame.surfarray.array3d(surface).max() > 100
