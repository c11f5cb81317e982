"""The strip: who spoke in the last minutes, as layers."""

import numpy as np
import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from display import palette
from display.strip import COLUMN, MINUTES, STRENGTH, Strip, layers, letters_a_column, shares

RED, BLUE = (240, 80, 80), (80, 80, 240)


@given(st.floats(0.1, 5000), st.integers(1, 2000))
def test_the_strip_holds_some_minutes_at_any_rate(cps: float, columns: int) -> None:
    each = letters_a_column(cps, columns)
    assert each & (each - 1) == 0
    if each > 1:
        assert MINUTES / 1.5 < columns * each / cps / 60 < MINUTES * 1.5


@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 3))
def test_a_column_is_as_high_as_all_shares_and_each_layer_as_its_share(n: int, height: int, seed: int) -> None:
    share = np.random.default_rng(seed).dirichlet(np.ones(n), 5)
    which = layers(share, height)
    assert which.shape == (5, height)
    for k in range(n):
        assert np.abs((which == k).sum(axis=1) - share[:, k] * height).max() <= 1.01
    assert (np.diff(which, axis=1) >= 0).all()


def test_shares_count_the_letters_of_whole_columns() -> None:
    voices = np.array([[255, 0]] * 4 + [[0, 255]] * 2 + [[255, 0]] * 2 + [[0, 0]] * 4 + [[9, 9]], np.uint8)
    assert shares(voices, 4).tolist() == [[1, 0], [0.5, 0.5], [0, 0]]


def image(strip: Strip, first: int, voices: np.ndarray) -> np.ndarray:
    surface = pygame.Surface(strip.size)
    strip.draw(surface, (0, 0), first, voices, [RED, BLUE], 1.0)
    return pygame.surfarray.array3d(surface)


def test_the_newest_column_is_on_the_right_and_only_whole_columns_are_drawn() -> None:
    strip = Strip((300, 10))
    voices = np.array([[255, 0]] * 64 + [[0, 255]] * 64, np.uint8)
    drawn = image(strip, 0, voices)
    each = strip.each
    assert tuple(drawn[-1, 9]) == palette.dim(BLUE, STRENGTH)
    assert tuple(drawn[299 - 128 // each * COLUMN, 5]) == palette.PANEL
    assert tuple(drawn[300 - 128 // each * COLUMN, 5]) == palette.dim(RED, STRENGTH)
    half = image(strip, 0, np.concatenate([voices, voices[: each - 1]]))
    assert (half == drawn).all()


@pytest.mark.parametrize("pieces", [[1000], [100] * 10, [1] * 1000])
def test_the_strip_of_a_text_is_the_same_however_it_came(pieces: list[int]) -> None:
    voices = np.random.default_rng(0).integers(0, 255, (1000, 2)).astype(np.uint8)
    strip, at = Strip((300, 10)), 0
    for piece in pieces:
        at += piece
        drawn = image(strip, 0, voices[:at])
    assert (drawn == image(Strip((300, 10)), 0, voices)).all()
