"""The strip: who spoke in the last minutes, as layers. Each style's share of a moment's letters is its layer's height.

A column is a power of two of letters that follows the rate, so that the strip holds some minutes at any speed. Columns
begin at multiples of it, so that a picture of the same text is the same. Only new columns are drawn.
"""

import math
from collections.abc import Sequence

import numpy as np
import pygame
from numpy.typing import NDArray

from display import palette
from display.palette import Colour

MINUTES = 5.0  # that the strip holds, about
COLUMN = 3  # pixels
FLOWS = 0.7  # of the column before is in the next: layers, not noise
STRENGTH = 0.72  # of a colour


def letters_a_column(rate_cps: float, columns: int) -> int:
    """The power of two with which so many columns hold some minutes."""
    wanted = max(1.0, rate_cps * MINUTES * 60 / max(1, columns))
    return int(2 ** round(math.log2(wanted)))


def shares(voices: NDArray[np.uint8], each: int) -> NDArray[np.float64]:
    """Every style's part of each `each` letters: (columns, n), rows summing to 1, or to 0 where no author is known."""
    whole = len(voices) // each * each
    sums = voices[:whole].reshape(-1, each, voices.shape[1]).sum(axis=1, dtype=np.int64)
    share: NDArray[np.float64] = sums / np.maximum(1, sums.sum(axis=1, keepdims=True))
    return share


def layers(share: NDArray[np.float64], height: int) -> NDArray[np.intp]:
    """The style that each pixel shows, from above: (columns, height); -1 where no author is known."""
    edges = np.rint(np.cumsum(share, axis=1) * height)
    level = np.arange(height)
    which = (level[None, :, None] >= edges[:, None, :]).sum(axis=2)
    known = share.sum(axis=1) > 0
    return np.where(known[:, None], np.minimum(which, share.shape[1] - 1), -1)


class Strip:
    """Draws the strip into a rectangle of one size."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.columns = max(1, size[0] // COLUMN)
        self.each = 0  # letters a column
        self._image = pygame.Surface(size)
        self._share: NDArray[np.float64] = np.zeros(0)  # of each style in the newest column, as it is drawn
        self._colours: tuple[Colour, ...] = ()
        self._next = 0  # the position at which the next column begins

    def minutes(self, measured_cps: float) -> float:
        """The minutes that it shows, at this rate."""
        return self.columns * self.each / max(measured_cps, 1e-9) / 60

    def draw(
        self,
        surface: pygame.Surface,
        place: tuple[int, int],
        first: int,
        voices: NDArray[np.uint8],
        colours: Sequence[Colour],
        rate_cps: float,
    ) -> None:
        """Draws the strip at `place`. `voices`: (letters, n) uint8 from position `first` on; `colours` of the n styles."""
        each = letters_a_column(rate_cps, self.columns)
        # a rate that wavers between two powers would draw it anew all the time
        if not self.each or max(each, self.each) > 2 * min(each, self.each):
            self.each, self._colours = each, ()
        if tuple(colours) != self._colours or not first <= self._next <= first + len(voices):
            self._colours = tuple(colours)
            self._image.fill(palette.PANEL)
            self._share = np.zeros(voices.shape[1])
            earliest = max(first, first + len(voices) - self.columns * self.each)
            self._next = -(-earliest // self.each) * self.each
        fresh = (first + len(voices) - self._next) // self.each
        if fresh > 0 and colours:
            at = self._next - first
            self._add(voices[at : at + fresh * self.each])
            self._next += fresh * self.each
        surface.blit(self._image, place)

    def _add(self, voices: NDArray[np.uint8]) -> None:
        flowing = shares(voices, self.each)[-self.columns :]
        for k, share in enumerate(flowing):
            if self._share.any() and share.any():
                flowing[k] = FLOWS * self._share + (1 - FLOWS) * share
            self._share = flowing[k]
        which = layers(flowing, self.size[1])
        table = np.array([*(palette.dim(c, STRENGTH) for c in self._colours), palette.PANEL], np.uint8)
        pixels = np.repeat(table[which], COLUMN, axis=0)
        fresh = pygame.surfarray.make_surface(pixels)
        self._image.scroll(-len(pixels), 0)
        self._image.blit(fresh, (self.columns * COLUMN - len(pixels), 0))
