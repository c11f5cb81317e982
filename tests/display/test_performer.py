"""Views are functions of the scene: drawn to a surface and looked at, pixel by pixel."""

import math

import numpy as np
import pygame
import pytest

from display import palette, rows
from display.glyphs import label
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


def rows_drawn(y: np.ndarray, share: float, plain: bool = False) -> tuple[np.ndarray, pygame.Rect]:
    """One row beside ρ, 640 pixels wide, and where it is."""
    pygame.font.init()
    names = label(12, "m" * 17, palette.TEXT).get_width()
    area = pygame.Rect(0, 0, names + 640, 300)
    surface = pygame.Surface(area.size)
    shown = [rows.Row("mix", palette.TEXT, 0.0, np.zeros(128)), rows.Row("one", (200, 60, 60), share, y)]
    rows.draw(surface, area, shown, 12, plain)
    high = round(rows.TALLEST * area.height)
    return pygame.surfarray.array3d(surface), pygame.Rect(names, 14 + round(rows.RHO * high), 640, high)


def test_a_sure_bar_is_red_and_tall_and_an_unlikely_one_blue_and_low() -> None:
    y = np.zeros(128)
    y[40], y[90] = 0.98, 0.02
    image, row = rows_drawn(y, 0.0)
    sure, unlikely = (image[row.x + code * 5 + 1, row.y : row.bottom] for code in (40, 90))
    assert sure[-3][0] > sure[-3][2]
    assert unlikely[-3][2] > unlikely[-3][0]
    lit = [(bar != np.array(palette.PANEL)).any(axis=1).sum() for bar in (sure, unlikely)]
    assert lit[0] > 4 * lit[1]
    assert lit[0] > 0.9 * row.height


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_the_weight_bar_is_as_long_as_the_weight_and_grey_in_the_papers_look(share: float) -> None:
    image, row = rows_drawn(np.zeros(128), share, plain=True)
    grey = (image == np.array(palette.WEIGHT_BAR)).all(axis=2)
    assert grey[:, row.centery].sum() == 640 * share
    image, row = rows_drawn(np.zeros(128), share)
    tinted = (image == np.array(palette.dim((200, 60, 60), rows.TINTED))).all(axis=2)
    assert tinted[:, row.centery].sum() == 640 * share


def test_a_letter_of_two_authors_is_tinted_between_them() -> None:
    red, blue = (240, 80, 80), (80, 80, 240)
    r, g, b = palette.tint([red, blue], np.array([128, 127], np.uint8))
    assert abs(r - b) < 16
    assert r > 120
    assert g < r
    assert palette.tint([red, blue], np.array([255, 0], np.uint8)) == (240, 80, 80)
