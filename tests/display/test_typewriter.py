import numpy as np
import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from display import palette
from display.glyphs import Glyphs
from display.typewriter import Page, Typewriter, break_line

AREA = pygame.Rect(0, 0, 400, 200)
texts = st.text(st.sampled_from("ab c\n\t{}")).map(str.encode)


def lines(text: bytes, width: int) -> list[str]:
    """The text as it stands on the screen."""
    shown, at = [], 0
    while True:
        line = break_line(text, at, width)
        row = [" "] * (max(line.columns, default=-1) + 1)
        for column, code in zip(line.columns, text[line.start : line.stop], strict=True):
            row[column] = chr(code) if code > 32 else " "
        shown.append("".join(row).rstrip())
        if not line.whole:
            return shown
        at = line.stop


def test_words_are_not_broken() -> None:
    assert lines(b"to be or not to be", 8) == ["to be or", "not to", "be"]


def test_code_keeps_its_indentation_and_newlines() -> None:
    assert lines(b"if (x) {\n\treturn;\n}\n", 40) == ["if (x) {", "        return;", "}", ""]


def test_a_tab_goes_to_the_next_stop() -> None:
    assert lines(b"ab\tc\td", 40) == ["ab      c       d"]


def test_a_word_longer_than_the_line_is_broken() -> None:
    assert lines(b"abcdefghij", 4) == ["abcd", "efgh", "ij"]


@given(texts, st.integers(8, 30))
def test_every_character_stands_once_and_in_order(text: bytes, width: int) -> None:
    at = 0
    while (line := break_line(text, at, width)).whole:
        assert line.start == at
        assert line.stop > at
        assert len(line.columns) == line.stop - line.start
        at = line.stop
    assert line.stop == len(text)


@given(texts, st.integers(8, 30))
def test_nothing_visible_stands_outside(text: bytes, width: int) -> None:
    assert all(len(line) <= width for line in lines(text, width))


@given(texts, st.integers(8, 30), st.integers(0, 50))
def test_whole_lines_stay_when_the_text_goes_on(text: bytes, width: int, cut: int) -> None:
    before, after = lines(text[:cut], width), lines(text, width)
    assert after[: len(before) - 1] == before[:-1]


@pytest.fixture
def typewriter() -> Typewriter:
    pygame.font.init()
    return Typewriter(Glyphs(16), AREA)


def draw(typewriter: Typewriter, text: bytes, first: int = 1, now: float = 100.0) -> np.ndarray:
    voices = np.full((len(text), 1), 255, np.uint8)
    surface = pygame.Surface(AREA.size)
    surface.fill(palette.GROUND)
    typewriter.draw(surface, Page(bytearray(text), first, voices, [palette.parse("#ff0000")], ["Red"]), now)
    return pygame.surfarray.array3d(surface)


def test_letters_take_the_colour_of_their_author(typewriter: Typewriter) -> None:
    draw(typewriter, b"MMMM")
    image = draw(typewriter, b"MMMM", now=200.0)[:, -typewriter.glyphs.height :]
    letters = image[: 3 * typewriter.glyphs.width].reshape(-1, 3)
    brightest = letters[letters[:, 0].argmax()]
    assert brightest[0] > 200
    assert brightest[1] < 100


def test_a_text_whose_beginning_is_forgotten_goes_on(typewriter: Typewriter) -> None:
    text = b"line of text\n" * 30
    draw(typewriter, text)
    draw(typewriter, text[130:] + b"more", first=131)
    image = draw(typewriter, text[130:] + b"more", first=131, now=200.0)
    fresh = draw(Typewriter(Glyphs(16), AREA), text + b"more", now=300.0)
    assert image.shape == fresh.shape
    assert (image[:, -typewriter.glyphs.height :].max(axis=2) > 100).any()
