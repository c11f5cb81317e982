"""The performer's view at every size, with any number of styles and at any rate."""

import math

import numpy as np
import pygame
import pytest

from display.performer import Performer
from display.scene import Scene, StyleView
from tests.support.scenes import scene


def drawn(size: tuple[int, int], shown: Scene) -> np.ndarray:
    pygame.font.init()
    surface = pygame.Surface(size)
    Performer(size).draw(surface, shown)
    return pygame.surfarray.array3d(surface)


@pytest.mark.parametrize("size", [(320, 240), (1280, 800), (1920, 1080), (800, 1280)])
@pytest.mark.parametrize(("n", "speaking"), [(0, 0), (1, 1), (2, 2), (6, 3), (24, 24)])
def test_every_size_and_number_of_styles_can_be_drawn(size: tuple[int, int], n: int, speaking: int) -> None:
    assert drawn(size, scene(n, speaking)).max() > 100


@pytest.mark.parametrize("cps", [0.0, 0.25, 15.0, 400.0, math.inf])
def test_every_rate_can_be_shown(cps: float) -> None:
    shown = scene(2, 2)
    shown.rate_cps = cps
    shown.keys_shown, shown.note = True, "latex lost"
    assert drawn((640, 400), shown).max() > 100


def test_before_the_text_begins_the_styles_are_shown_waking() -> None:
    shown = scene(3, 0)
    shown.text, shown.handovers = bytearray(), ()
    before = drawn((1280, 800), shown)
    shown.styles = [StyleView(s.title, s.colour, "loading") for s in shown.styles]
    assert (drawn((1280, 800), shown) != before).any()
