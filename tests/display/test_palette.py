"""Everything on the screen can be read: from ten metres, on a dark ground, also by people who see fewer colours."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from coloraide import Color
from hypothesis import given
from hypothesis import strategies as st

from display import palette, rows
from models import package

CHANNEL = st.integers(0, 255)
COLOURS = st.tuples(CHANNEL, CHANNEL, CHANNEL)
DEFICIENCIES = "protan", "deutan", "tritan"


def css(colour: palette.Colour) -> Color:
    return Color("srgb", [channel / 255 for channel in colour])


def as_seen(colour: palette.Colour, deficiency: str) -> Color:
    return css(colour).filter(deficiency).clip()


@given(COLOURS)
def test_contrast_is_that_of_the_guidelines(colour: palette.Colour) -> None:
    assert palette.contrast(colour) == pytest.approx(
        css(colour).contrast(css(palette.GROUND), method="wcag21"), rel=0.02
    )


@given(COLOURS)
def test_a_letter_of_any_colour_is_lifted_until_it_can_be_read_and_no_further(colour: palette.Colour) -> None:
    lifted = palette.legible(colour)
    assert palette.contrast(lifted) >= palette.LEGIBLE
    assert palette.legible(lifted) == lifted
    if palette.contrast(colour) >= palette.LEGIBLE:
        assert lifted == colour


@given(st.lists(COLOURS, min_size=1, max_size=6), st.data())
def test_every_tint_of_every_mixture_can_be_read(colours: list[palette.Colour], data: st.DataObject) -> None:
    voices = np.array(data.draw(st.lists(CHANNEL, min_size=len(colours), max_size=len(colours))), np.uint8)
    assert palette.contrast(palette.tint(colours, voices)) >= 4.5


@pytest.mark.parametrize(
    ("colour", "least"),
    [(palette.TEXT, 12.0), (palette.QUIET, 4.5), (palette.WARNING, 7.0), (palette.FAINT, 3.0)],
)
def test_words_on_the_stage_have_contrast(colour: palette.Colour, least: float) -> None:
    assert palette.contrast(colour) >= least


def test_redder_bars_are_lighter_for_everyone() -> None:
    """Likely and unlikely differ in lightness, and in height, not in hue alone."""
    for deficiency in (None, *DEFICIENCIES):
        scale = [tuple(colour) for colour in rows.COLOURS[:: rows.LEVELS // 8].tolist()]
        light = [(as_seen(c, deficiency) if deficiency else css(c)).luminance() for c in scale]
        assert light[-1] > 3 * light[0]
        assert all(b > a for a, b in itertools.pairwise(light))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_neighbouring_names_differ_also_for_people_who_see_fewer_colours(deficiency: str) -> None:
    """Colours help; what they say, the names beside lines and marks say too. Here: neighbours differ, mostly."""
    styles = list(package.installed([Path(package.SHIPPED)], lambda _: None).values())
    seen = [as_seen(palette.legible(palette.parse(style.colour)), deficiency) for style in styles]
    apart = [a.delta_e(b, method="2000") for a, b in itertools.pairwise(seen)]
    assert np.median(apart) > 15
    assert np.mean(np.array(apart) > 5) > 0.9


def test_a_letter_of_two_authors_is_tinted_between_them() -> None:
    red, blue = (240, 80, 80), (80, 80, 240)
    r, g, b = palette.tint([red, blue], np.array([128, 127], np.uint8))
    assert abs(r - b) < 16
    assert r > 120
    assert g < r
    assert palette.tint([red, blue], np.array([255, 0], np.uint8)) == (240, 80, 80)
