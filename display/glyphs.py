"""Glyphs: letters of the monospaced font, drawn once for each colour and kept."""

from functools import lru_cache
from pathlib import Path

import pygame

from display import palette
from display.palette import Colour

FONT = Path(__file__).parent / "fonts" / "JetBrainsMono-Regular.ttf"

MOST_KEPT = 6000  # tinted letters: at 4K some 40 MB


@lru_cache(maxsize=32)
def font(pixels: int) -> pygame.font.Font:
    """The typeface that comes with Chorus, `pixels` high. pygame must be initialised."""
    return pygame.font.Font(str(FONT), pixels)


class Glyphs:
    """All letters of one size: each `width` by `height` pixels."""

    def __init__(self, pixels: int) -> None:
        self.pixels = pixels
        self._font = font(pixels)
        self.width = self._font.size("m")[0]
        self.height = round(self._font.get_linesize() * 1.06)
        self._kept: dict[tuple[int, Colour], pygame.Surface] = {}
        self._hot: dict[tuple[int, int], pygame.Surface] = {}

    def get(self, code: int, colour: Colour) -> pygame.Surface:
        """The letter on the ground's colour; control codes show as a small dot."""
        key = (code, colour)
        glyph = self._kept.get(key)
        if glyph is None:
            if len(self._kept) > MOST_KEPT:
                self._kept.clear()
            glyph = self._font.render(chr(code) if 32 <= code < 127 else "\u00b7", True, colour, palette.GROUND)
            self._kept[key] = glyph.convert() if pygame.display.get_surface() else glyph
        return self._kept[key]

    def hot(self, code: int, heat: int) -> pygame.Surface:
        """The letter as light of strength `heat` (0 to 255), to be added to the picture."""
        if (code, heat) not in self._hot:
            glyph = self._font.render(chr(code) if 32 <= code < 127 else "\u00b7", True, (heat, heat, heat), (0, 0, 0))
            self._hot[code, heat] = glyph.convert() if pygame.display.get_surface() else glyph
        return self._hot[code, heat]


@lru_cache(maxsize=512)
def label(pixels: int, text: str, colour: Colour) -> pygame.Surface:
    """A short text on a transparent ground, kept while it is in use."""
    return font(pixels).render(text, True, colour)
