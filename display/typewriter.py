"""The text as it grows: wrapped and scrolled like a typewriter, in a monospaced font, each letter tinted by its author.

Newlines, tabs and indentation stay as they were written, since code and verse must look like code and verse. Lines are
broken after the last space that fits. A finished line is drawn once and kept; only the line being written is drawn anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pygame
from numpy.typing import NDArray

from display import palette
from display.ghosts import Ghost
from display.glyphs import Glyphs
from display.palette import Colour

TAB = 8
GHOSTS = 0.14, 0.6  # how bright the faintest is, and how much more the surest
GLOW_S = 0.6  # a fresh letter is white-hot and cools to its tint
KEPT_LINES = 200
NEWLINE, TABULATOR, SPACE = 10, 9, 32


@dataclass(frozen=True)
class Line:
    """Characters `start` to `stop` of a text; the k-th stands in `columns[k]`. `whole`: nothing will be added."""

    start: int
    stop: int
    columns: list[int]
    whole: bool


def break_line(text: bytes | bytearray, start: int, width: int) -> Line:
    """The line of at most `width` columns that begins at `start`."""
    columns: list[int] = []
    column, after_space, said = 0, 0, False
    for index in range(start, len(text)):
        code = text[index]
        if code == NEWLINE:
            return Line(start, index + 1, [*columns, column], True)
        blank = code in (SPACE, TABULATOR)
        if column >= width and not blank:  # blanks may hang over the edge
            stop = after_space or index
            return Line(start, stop, columns[: stop - start], True)
        columns.append(column)
        column += TAB - column % TAB if code == TABULATOR else 1
        said = said or not blank
        if blank and said:
            after_space = index + 1
    return Line(start, len(text), columns, False)


class Typewriter:
    """Draws the end of a text into a rectangle. Keeps what it has drawn; call `draw` every frame."""

    def __init__(self, glyphs: Glyphs, size: tuple[int, int]) -> None:
        self.glyphs, self.size = glyphs, size
        self.columns = max(8, size[0] // glyphs.width)
        self.rows = max(1, size[1] // glyphs.height)
        self._lines: list[tuple[int, int, pygame.Surface]] = []  # absolute start and stop of whole lines
        self._next = 0  # absolute position at which the unfinished line starts
        self._born: list[tuple[int, float]] = []  # (position, time) of letters still glowing
        self._seen = 0
        self._scroll = 0.0
        self._veil: pygame.Surface | None = None

    def draw(
        self,
        text: bytearray,
        first: int,
        voices: NDArray[np.uint8],
        colours: Sequence[Colour],
        now: float,
        tinted: bool = True,
        ghosts: Sequence[Ghost] = (),
    ) -> pygame.Surface:
        """The last lines of `text`, whose first character has position `first`. `voices`: (len(text), n) uint8.

        `ghosts` are letters that may come, drawn after the last one.
        """
        if self._next < first or self._next > first + len(text):  # the text was cut or begins anew
            self._lines.clear()
            self._next = max(first, first + len(text) - self.columns * self.rows * 2)
            self._seen = first + len(text)
        finished = 0
        while (line := break_line(text, self._next - first, self.columns)).whole:
            self._lines.append((self._next, first + line.stop, self._render(text, voices, line, colours, tinted)))
            self._next = first + line.stop
            finished += 1
        del self._lines[:-KEPT_LINES]
        self._note_births(first + len(text), now)
        # after a line break the paper moves up smoothly, not by a jump
        self._scroll = min(self._scroll + finished, 3.0) * 0.75
        if self._scroll < 0.02:
            self._scroll = 0.0

        surface = pygame.Surface(self.size)
        surface.fill(palette.GROUND)
        bottom = self.size[1] - self.glyphs.height + round(self._scroll * self.glyphs.height)
        surface.blit(self._render(text, voices, line, colours, tinted), (0, bottom))
        for age, (_, _, image) in enumerate(reversed(self._lines), 1):
            y = bottom - age * self.glyphs.height
            if y < -self.glyphs.height:
                break
            surface.blit(image, (0, y))
        self._draw_glow(surface, text, first, line, bottom, now)
        column = line.columns[-1] + 1 if line.columns else 0
        if line.columns and text[line.stop - 1] == TABULATOR:
            column = (column - 1) // TAB * TAB + TAB
        self._draw_ghosts(surface, ghosts, colours if tinted else (), column, bottom)
        self._draw_cursor(surface, min(column, self.columns), bottom, now)
        self._fade_top(surface)
        return surface

    def redraw(self) -> None:
        """Forget what was drawn: colours have changed."""
        if self._lines:
            self._next = self._lines[0][0]
        self._lines.clear()
        self._scroll = 0.0

    def _render(
        self, text: bytearray, voices: NDArray[np.uint8], line: Line, colours: Sequence[Colour], tinted: bool
    ) -> pygame.Surface:
        image = pygame.Surface((self.size[0], self.glyphs.height))
        image.fill(palette.GROUND)
        blits = []
        for k, column in enumerate(line.columns):
            index = line.start + k
            code = text[index]
            if code <= SPACE:
                continue
            colour = palette.tint(colours, voices[index]) if tinted and index < len(voices) else palette.TEXT
            blits.append((self.glyphs.get(code, colour), (column * self.glyphs.width, 0)))
        image.blits(blits, False)
        return image

    def _note_births(self, end: int, now: float) -> None:
        fresh = range(max(self._seen, end - 24), end)
        self._born = [(p, t) for p, t in self._born if now - t < GLOW_S] + [(p, now) for p in fresh]
        self._seen = end

    def _draw_glow(
        self, surface: pygame.Surface, text: bytearray, first: int, line: Line, bottom: int, now: float
    ) -> None:
        for position, born in self._born:
            k = position - first - line.start
            if 0 <= k < len(line.columns) and text[line.start + k] > SPACE:
                heat = max(0.0, 1 - (now - born) / GLOW_S) ** 2
                glyph = self.glyphs.hot(text[line.start + k], int(heat * 15) * 17)
                where = (line.columns[k] * self.glyphs.width, bottom)
                surface.blit(glyph, where, special_flags=pygame.BLEND_RGB_ADD)

    def _draw_ghosts(
        self, surface: pygame.Surface, ghosts: Sequence[Ghost], colours: Sequence[Colour], column: int, bottom: int
    ) -> None:
        for ghost in ghosts:
            if column + ghost.column <= self.columns:
                own = colours[ghost.style] if ghost.style < len(colours) else palette.QUIET
                colour = palette.dim(own, GHOSTS[0] + GHOSTS[1] * round(ghost.strength**2 * 8) / 8)
                where = ((column + ghost.column - 1) * self.glyphs.width, bottom)
                surface.blit(self.glyphs.get(ghost.code, colour), where, special_flags=pygame.BLEND_RGB_MAX)

    def _draw_cursor(self, surface: pygame.Surface, column: int, bottom: int, now: float) -> None:
        beat = 0.55 + 0.45 * np.cos(now * 2 * np.pi / 1.1)
        width = max(2, self.glyphs.width // 5)
        place = (column * self.glyphs.width + 1, bottom + self.glyphs.height // 8, width, self.glyphs.height * 3 // 4)
        pygame.draw.rect(surface, palette.dim(palette.TEXT, float(beat)), place)

    def _fade_top(self, surface: pygame.Surface) -> None:
        """The oldest lines sink into the ground."""
        if self._veil is None:
            deep = 3 * self.glyphs.height
            self._veil = pygame.Surface((self.size[0], deep), pygame.SRCALPHA)
            for k in range(deep):
                self._veil.fill((*palette.GROUND, round(235 * (1 - k / deep))), (0, k, self.size[0], 1))
        surface.blit(self._veil, (0, 0))
