"""Views are functions of the scene: drawn to a surface and looked at, pixel by pixel."""

import math

import numpy as np
import pygame
import pytest

from actors.plane import places
from display import palette, rows
from display.stage import Scene, Singer, Stage


def scene(n: int, speaking: int) -> Scene:
    rng = np.random.default_rng(0)
    y = rng.dirichlet(np.full(128, 0.05), n)
    colours = [palette.parse(f"#{40 + 5 * k:02x}a0f0") for k in range(n)]
    rows_shown = [y[k] if k < speaking else None for k in range(n)]
    singers = [Singer(f"Style {k}", colours[k], "ready", float(k < speaking), rows_shown[k]) for k in range(n)]
    text = bytearray(b"int main(void)\n{\n\treturn 0;\n}\nTo be, or not to be\n$\\alpha$")
    voices = rng.integers(0, 255, (len(text), n)).astype(np.uint8)
    return Scene(
        singers, places(n), text, 1, voices, y[:speaking].mean(axis=0) if speaking else None, (0.2, 0.1), now=1.0
    )


def drawn(size: tuple[int, int], shown: Scene) -> np.ndarray:
    pygame.font.init()
    surface = pygame.Surface(size)
    Stage(size).draw(surface, shown)
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


def test_before_the_text_the_styles_are_shown_waking() -> None:
    shown = scene(3, 0)
    shown.text = bytearray()
    before = drawn((1280, 800), shown)
    shown.singers = [Singer(s.title, s.colour, "loading") for s in shown.singers]
    assert (drawn((1280, 800), shown) != before).any()


def test_a_sure_bar_is_red_and_tall_and_an_unlikely_one_blue_and_low() -> None:
    y = np.zeros((1, 128))
    y[0, 40], y[0, 90] = 0.98, 0.02
    image = rows.COLOURS[rows.bars(y, np.zeros(1), 640, 60)]
    sure, unlikely = image[40 * 5 + 1], image[90 * 5 + 1]
    assert tuple(sure[-3]) == tuple(rows.COLOURS[round(math.sqrt(0.98) * (rows.LEVELS - 1))])
    assert sure[-3][0] > sure[-3][2]
    assert unlikely[-3][2] > unlikely[-3][0]
    ground = np.array(palette.PANEL)
    assert (sure != ground).any(axis=1).sum() > 4 * (unlikely != ground).any(axis=1).sum()


def test_the_weight_bar_is_as_long_as_the_weight() -> None:
    image = rows.COLOURS[rows.bars(np.zeros((2, 128)), np.array([0.25, 1.0]), 640, 40)]
    grey = (image == np.array(palette.WEIGHT_BAR)).all(axis=2)
    assert grey[:, 20].sum() == 160
    assert grey[:, 60].sum() == 640


def test_a_letter_of_two_authors_is_tinted_between_them() -> None:
    red, blue = (240, 0, 0), (0, 0, 240)
    r, g, b = palette.tint([red, blue], np.array([128, 127], np.uint8))
    assert abs(r - b) < 16
    assert r > 120
    assert g == 0
    assert palette.tint([red, blue], np.array([255, 0], np.uint8)) == (240, 0, 0)
