"""The rows of the paper's figure: ρ on top, one row of 128 blue-to-red bars per active style, weight bars in dark grey.

A bar is as high as the square root of the probability, so that what is merely possible can be seen beside what is likely.
All rows are drawn as one array of pixels.
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
MARKS = " 09AZaz{}"
TALLEST = 64
SCALE = palette.blue_to_red()


@dataclass(frozen=True)
class Row:
    """One row: `share` is the style's part of all weights, 0 to 1; `y` its 128 probabilities."""

    name: str
    colour: Colour
    share: float
    y: NDArray[np.floating]


def bars(y: NDArray[np.floating], shares: NDArray[np.floating], width: int, height: int) -> NDArray[np.uint8]:
    """Pixels (width, rows * height, 3) of `y` (rows, 128), with each row's weight bar behind its bars."""
    rows = len(y)
    x = np.arange(width) * CODES // width  # which code stands in a column of pixels
    strength = np.sqrt(np.clip(y, 0, 1))  # (rows, 128)
    filled = np.rint(strength * (height - 2)).astype(int)
    level = np.arange(height)[::-1]  # pixels above the row's foot
    image = np.empty((rows, width, height, 3), np.uint8)
    image[:] = palette.PANEL
    lit = np.arange(width)[None, :] < np.rint(shares * width)[:, None]  # (rows, width)
    image[lit] = palette.WEIGHT_BAR
    image[:, :, 0] = palette.GROUND
    edges = np.flatnonzero(np.diff(x)) if width >= 3 * CODES else np.zeros(0, int)
    colours = SCALE[np.rint(strength * 255).astype(int)]  # (rows, 128, 3)
    high = filled[:, x]
    high[:, edges] = 0  # a dark line between bars
    mask = level[None, None, :] < high[:, :, None]  # (rows, width, height)
    image[mask] = np.broadcast_to(colours[:, x][:, :, None, :], image.shape)[mask]
    return image.transpose(1, 0, 2, 3).reshape(width, rows * height, 3)


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
    canvas = pygame.surfarray.make_surface(image)
    surface.blit(canvas, (area.x + names, area.y))
    for k, row in enumerate(rows):
        if height >= pixels // 2 + 2:
            name = label(min(pixels, height), row.name[:16], row.colour)
            surface.blit(name, (area.x, area.y + k * height + (height - name.get_height()) // 2))
    for mark in MARKS:
        text = label(max(8, pixels - 3), "\u2423" if mark == " " else mark, palette.FAINT)
        x = area.x + names + (ord(mark) * 2 + 1) * width // (2 * CODES) - text.get_width() // 2
        surface.blit(text, (x, area.y + len(rows) * height + 1))
