"""The rows of the paper's figure: ρ on top, one row of 128 blue-to-red bars per active style, weight bars in dark grey.

A bar is as high as the square root of the probability, so that what is merely possible can be seen beside what is likely.
All rows are drawn as one array of pixels, of colours from a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pygame
from numpy.typing import NDArray

from display import palette
from display.glyphs import label
from display.palette import Colour

CODES = 128
MARKS = {"\n": "nl", " ": "sp", "0": "0", "9": "9", "A": "A", "Z": "Z", "a": "a", "z": "z", "}": "}"}
TALLEST = 64
LEVELS = 250  # of the blue-to-red scale; the colours after them are the row's own
PANEL, WEIGHT_BAR, GROUND = range(LEVELS, LEVELS + 3)
COLOURS = np.concatenate(
    [
        palette.blue_to_red(LEVELS),
        np.array([palette.PANEL, palette.WEIGHT_BAR, palette.GROUND], np.uint8),
        np.zeros((256 - LEVELS - 3, 3), np.uint8),
    ]
)


@dataclass(frozen=True)
class Row:
    """One row: `share` is the style's part of all weights, 0 to 1; `y` its 128 probabilities."""

    name: str
    colour: Colour
    share: float
    y: NDArray[np.floating]


def bars(y: NDArray[np.floating], shares: NDArray[np.floating], width: int, height: int) -> NDArray[np.uint8]:
    """Pixels (width, rows * height) of `y` (rows, 128), each row's weight bar behind its bars, as indices of COLOURS."""
    x = np.arange(width) * CODES // width  # which code stands in a column of pixels
    strength = np.sqrt(np.clip(y, 0, 1))  # (rows, 128)
    colours = np.rint(strength * (LEVELS - 1)).astype(np.uint8)[:, x]  # (rows, width)
    high = np.rint(strength * (height - 2)).astype(np.int16)[:, x]
    if width >= 3 * CODES:
        high[:, np.flatnonzero(np.diff(x))] = 0  # a dark line between bars
    lit = np.arange(width)[None, :] < np.rint(shares * width)[:, None]
    behind = np.where(lit, np.uint8(WEIGHT_BAR), np.uint8(PANEL))
    level = np.arange(height, dtype=np.int16)[::-1]  # pixels above the row's foot
    image = np.where(level[None, :, None] < high[:, None, :], colours[:, None, :], behind[:, None, :])
    image[:, 0] = GROUND
    return image.reshape(len(y) * height, width).T


def draw(surface: pygame.Surface, area: pygame.Rect, rows: Sequence[Row], pixels: int) -> None:
    """Draw `rows` into `area` of `surface`; names stand to the left in letters of `pixels`."""
    if not rows:
        return
    foot = pixels + 4
    height = min(TALLEST * area.height // 260, (area.height - foot) // len(rows))
    if height < 3:
        return
    names = label(pixels, "m" * 17, palette.TEXT).get_width()
    width = area.width - names
    image = bars(np.stack([r.y for r in rows]), np.array([r.share for r in rows]), width, height)
    canvas = pygame.Surface(image.shape, depth=8)
    canvas.set_palette(COLOURS.tolist())
    pygame.surfarray.blit_array(canvas, image)
    surface.blit(canvas, (area.x + names, area.y))
    for k, row in enumerate(rows):
        if height >= pixels // 2 + 2:
            name = label(min(pixels, height), row.name[:16], row.colour)
            surface.blit(name, (area.x, area.y + k * height + (height - name.get_height()) // 2))
    for mark, shown in MARKS.items():
        text = label(max(8, pixels - 3), shown, palette.FAINT)
        x = area.x + names + (ord(mark) * 2 + 1) * width // (2 * CODES) - text.get_width() // 2
        surface.blit(text, (x, area.y + len(rows) * height + 1))
