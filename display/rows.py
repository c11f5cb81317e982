"""The rows of the paper's figure: ρ on top, one row of 128 blue-to-red bars per active style, weight bars in dark grey.

A bar is as high as the square root of its probability, so that unlikely letters can be seen beside likely ones. The
likeliest letters stand above ρ; a line runs down from the one that was drawn. Bars are cut from ready-made columns, one
for each height, and drawn in one call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pygame
from numpy.typing import NDArray

from display import palette
from display.glyphs import label
from display.palette import Colour

CODES = 128
LEVELS = 64  # heights and colours of a bar
COLOURS = palette.blue_to_red(LEVELS)
MARKS = {"\n": "nl", " ": "sp", "0": "0", "9": "9", "A": "A", "Z": "Z", "a": "a", "z": "z", "}": "}"}
NAMES = {"\n": "nl", " ": "sp"}
TALLEST = 0.2  # of the height of all rows
RHO = 1.7  # times as high as the others
LIKELY = 0.04  # a letter above ρ is at least so likely
ROOMY = 7  # pixels a code: from here on every letter has its mark on the axis
ASPECT = 0.62  # of a letter: width by height
TINTED = 0.3  # strength of a weight bar that has its style's colour


@dataclass(frozen=True)
class Row:
    """One row: `share` is the style's part of all weights, 0 to 1; `y` its 128 probabilities."""

    name: str
    colour: Colour
    share: float
    y: NDArray[np.floating]


@lru_cache(maxsize=64)
def columns(width: int, height: int) -> tuple[pygame.Surface, ...]:
    """A bar of every level, the lowest of no height: each `width` wide, and as high as its level in a row `height` high."""
    made = []
    for level in range(LEVELS):
        bar = pygame.Surface((width, max(0, round(level / (LEVELS - 1) * (height - 2)))))
        bar.fill(COLOURS[level].tolist())
        made.append(bar)
    return tuple(made)


def levels(y: NDArray[np.floating]) -> NDArray[np.intp]:
    """The level of a bar for each probability, 0 to LEVELS - 1: its height and its colour."""
    level: NDArray[np.intp] = np.rint(np.sqrt(np.clip(y, 0, 1)) * (LEVELS - 1)).astype(np.intp)
    return level


def draw(
    surface: pygame.Surface, area: pygame.Rect, rows: Sequence[Row], pixels: int, plain: bool = False, said: int = 0
) -> None:
    """Draws `rows`, ρ first, into `area` of `surface`; names stand to the left in letters of `pixels`.

    `plain`: as in the paper, all weight bars grey and all names alike. `said`: the code of the newest letter.
    """
    if not rows:
        return
    foot, head = pixels + 6, round(pixels * 1.2)
    height = round(min(TALLEST * area.height, (area.height - foot - head) / (len(rows) - 1 + RHO)))
    if height < 3:
        return
    names = label(pixels, "m" * 17, palette.TEXT).get_width()
    left, width = area.x + names, area.width - names
    edges = left + np.arange(CODES + 1) * width // CODES
    bar = max(1, width // CODES - (width >= 3 * CODES))
    x = edges[:-1].tolist()
    top = area.y + head
    if said:
        rest = round((len(rows) - 1 + RHO) * height)
        surface.fill(palette.RING, (x[said], top, bar, rest))
    for k, row in enumerate(rows):
        high = round(RHO * height) if k == 0 else height
        weight_bar = palette.WEIGHT_BAR if plain or k == 0 else palette.dim(row.colour, TINTED)
        surface.fill(palette.PANEL, (left, top + 1, width, high - 1))
        if row.share:
            surface.fill(weight_bar, (left, top + 1, round(row.share * width), high - 1))
        if said:
            surface.fill(palette.FAINT if k == 0 else palette.WEIGHT_BAR, (x[said], top + 1, bar, high - 1))
        of_level = columns(bar, high)
        strength = levels(row.y)
        surface.fblits(
            [
                (of_level[level], (x[code], top + high - of_level[level].height))
                for code, level in zip(np.flatnonzero(strength).tolist(), strength[strength > 0].tolist(), strict=True)
            ]
        )
        if high >= pixels // 2 + 2:
            name = label(min(pixels, high), row.name[:16], palette.TEXT if plain else palette.legible(row.colour))
            surface.blit(name, (area.x, top + (high - name.get_height()) // 2))
        for code in np.flatnonzero(row.y >= LIKELY).tolist() if k == 0 else ():
            letter = label(pixels, NAMES.get(chr(code)) or (chr(code) if 32 < code < 127 else ""), palette.TEXT)
            foot = top + high - of_level[strength[code]].height
            surface.blit(letter, (x[code] + bar // 2 - letter.get_width() // 2, foot - letter.get_height()))
        top += high
    surface.blit(_axis(width, max(8, pixels - 3)), (left, top + 2))


@lru_cache(maxsize=8)
def _axis(width: int, pixels: int) -> pygame.Surface:
    """The letters under the bars: all of them where there is room, else the ends of the alphabets."""
    image = pygame.Surface((width, pixels + 6))
    image.fill(palette.GROUND)
    each = width / CODES
    every = {chr(code): chr(code) for code in range(33, 127)} | NAMES if each >= ROOMY else MARKS
    small = min(pixels, round(each / ASPECT)) if each >= ROOMY else pixels
    for mark, shown in every.items():
        text = label(small, shown, palette.FAINT)
        image.blit(text, ((ord(mark) * 2 + 1) * width // (2 * CODES) - text.get_width() // 2, 0))
    return image
