"""The palette, measured with coloraide: CIEDE2000 as seen normally and with three simulated colour vision deficiencies."""

from itertools import combinations

import pytest
from coloraide import Color

from display import palette
from models import package
from models.colours import PALETTE, free
from tests.conftest import refuse

SEEN_BY = {"normal vision": (8.3, 6.0), "protan": (4.9, 3.7), "deutan": (4.9, 3.5), "tritan": (4.7, 3.2)}


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_no_two_colours_of_the_palette_are_alike(eyes: str) -> None:
    first, all_of_them = SEEN_BY[eyes]
    seen = [Color(c) if eyes == "normal vision" else Color(c).filter(eyes).clip("srgb") for c in PALETTE]
    apart = {(i, j): seen[i].delta_e(seen[j], method="2000") for i, j in combinations(range(len(seen)), 2)}
    assert min(d for (_, j), d in apart.items() if j < 36) > first
    assert min(apart.values()) > all_of_them


def test_every_colour_is_readable_on_the_ground() -> None:
    ground = Color("srgb", [c / 255 for c in palette.GROUND])
    assert min(Color(colour).contrast(ground) for colour in PALETTE) >= 5


def test_no_two_shipped_styles_share_a_colour_and_all_are_of_the_palette() -> None:
    colours = [style.colour for style in package.installed([package.SHIPPED], refuse).values()]
    assert len(set(colours)) == len(colours)
    assert set(colours) <= set(PALETTE)


def test_a_new_style_gets_a_colour_that_no_other_has_as_long_as_there_are_any() -> None:
    taken: list[str] = []
    for _ in PALETTE:
        taken.append(free(taken).upper())
    assert sorted(taken) == sorted(colour.upper() for colour in PALETTE)
    assert free(taken) in PALETTE
