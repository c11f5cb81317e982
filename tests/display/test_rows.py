"""The rows of the paper's figure, pixel by pixel."""

import numpy as np
import pygame
import pytest

from display import palette, rows
from display.glyphs import label


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
