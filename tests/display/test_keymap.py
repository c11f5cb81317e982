"""The table of keys: everything in it can be pressed, and the README shows it."""

from pathlib import Path

import pygame

from display import keymap
from display.app import Window
from tests.support.windows import press


def test_no_key_stands_in_two_rows() -> None:
    keys = [key for row in keymap.ROWS for key in (*row.keys, *row.typed)]
    assert len(keys) == len(set(keys))


def test_every_row_but_those_of_the_mouse_has_a_command() -> None:
    mouse_alone = [row.shown for row in keymap.ROWS if row.command is None]
    assert mouse_alone == ["drag", "right click", "middle click"]


def test_every_key_can_be_pressed_before_anything_is_known_of_the_ensemble(window: Window) -> None:
    for row in keymap.ROWS:
        for key in row.keys:
            press(window, key)
        for typed in row.typed:
            press(window, pygame.K_UNKNOWN, typed)
    assert window.ended


def test_the_readme_shows_the_table() -> None:
    assert keymap.markdown() in Path(keymap.__file__).with_name("README.md").read_text()


def test_a_typed_character_goes_before_the_place_of_its_key(window: Window) -> None:
    press(window, pygame.K_8, "]")  # as on keyboards where it is typed with a digit
    assert window.mouse._mix == ()
