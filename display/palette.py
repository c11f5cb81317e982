"""Colours: the ground, the blue-to-red scale of the bars, and the tint of a letter by its authors."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]

GROUND: Colour = (11, 12, 16)
PANEL: Colour = (17, 18, 24)
RING: Colour = (24, 26, 33)
WEIGHT_BAR: Colour = (46, 48, 56)  # the paper's dark grey
FAINT: Colour = (100, 105, 120)  # easy to overlook, easy to find
QUIET: Colour = (128, 133, 148)
TEXT: Colour = (222, 224, 230)
WARNING: Colour = (240, 170, 90)
LEGIBLE = 5.5  # contrast of a letter with the ground; WCAG asks for 4.5


def parse(colour: str) -> Colour:
    """`#rrggbb` as three numbers; anything else as the plain text colour."""
    try:
        value = int(colour.removeprefix("#"), 16)
    except ValueError:
        return TEXT
    return (value >> 16 & 255, value >> 8 & 255, value & 255)


def dim(colour: Colour, share: float) -> Colour:
    """`colour` at `share` of its strength above the ground."""
    r, g, b = (round(low + (high - low) * share) for low, high in zip(GROUND, colour, strict=True))
    return (r, g, b)


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2 defines it, 0 to 1."""
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour))
    r, g, b = linear
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: Colour, other: Colour = GROUND) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=1024)
def legible(colour: Colour) -> Colour:
    """The colour, lifted towards white as far as needed to read letters of it on the ground."""
    for k in range(21):
        lifted = tuple(round(c + (255 - c) * k / 20) for c in colour)
        if contrast((lifted[0], lifted[1], lifted[2])) >= LEGIBLE:
            break
    return (lifted[0], lifted[1], lifted[2])


def blue_to_red(levels: int) -> NDArray[np.uint8]:
    """The scale of the bars, (levels, 3): from blue for unlikely over violet to red for likely."""
    # lightness rises, also for people who see red as dark
    stops = np.array([[34, 58, 140], [48, 78, 186], [118, 78, 180], [222, 90, 116], [255, 120, 88]], float)
    at = np.linspace(0, len(stops) - 1, levels)
    low = np.minimum(at.astype(int), len(stops) - 2)
    share = (at - low)[:, None]
    scale: NDArray[np.uint8] = np.rint(stops[low] * (1 - share) + stops[low + 1] * share).astype(np.uint8)
    return scale


@lru_cache(maxsize=8192)
def _tint(colours: tuple[Colour, ...], voices: tuple[int, ...]) -> Colour:
    total = sum(voices)
    if not total:
        return TEXT
    mixed = (sum(v * c[k] ** 2 for v, c in zip(voices, colours, strict=True)) / total for k in range(3))
    r, g, b = (int(m**0.5) & ~7 for m in mixed)  # steps of 8, so that glyphs can be kept
    return legible((r, g, b))


def tint(colours: Sequence[Colour], voices: NDArray[np.uint8]) -> Colour:
    """The colours of all styles, mixed by their responsibilities for one letter (0 to 255 each)."""
    return _tint(tuple(colours), tuple(int(v) & ~7 for v in voices))
