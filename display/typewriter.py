"""The typewriter: the text as it grows, wrapped and scrolled, in a monospaced font, each letter tinted by its authors.

Newlines, tabs and indentation stay as they were written, since code and verse must look like code and verse. Lines are
broken after the last space that fits. A finished line is drawn once and kept; of the unfinished line only new letters are
drawn. Where another style begins to lead, a stroke in its colour stands before the letter, and its name beside the line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pygame
from numpy.typing import NDArray

from display import palette
from display.ghosts import Ghost
from display.glyphs import Glyphs, label
from display.handovers import Handover
from display.palette import Colour

TAB = 8
GHOSTS = 0.14, 0.6  # brightness of the faintest, and how much is added for the surest
GLOW_S = 0.6  # a fresh letter is white-hot and cools to its tint
HEATS = 16  # steps in which it cools
SINKS = 4  # lines at the top that sink into the ground
FLOATS = 0.75  # of the way that is left after a sixtieth of a second, when the paper moves up
NAME = 0.5  # of a letter's size
GUTTER = 16  # letters of a name that have room beside the text
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


@dataclass
class Page:
    """The text to be drawn, from position `first` on. `voices`: (len(text), n) uint8; `colours` and `titles`: n."""

    text: bytes | bytearray = b""
    first: int = 1
    voices: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    colours: Sequence[Colour] = ()
    titles: Sequence[str] = ()
    tinted: bool = True
    ghosts: Sequence[Ghost] = ()  # drawn after the last letter
    handovers: Sequence[Handover] = ()


@dataclass
class _Open:
    """The unfinished line, as far as it is drawn."""

    start: int = -1  # absolute
    drawn: int = 0  # letters
    image: pygame.Surface | None = None


class Typewriter:
    """Draws the end of a text into a rectangle. Keeps finished lines; `draw` is called every frame."""

    def __init__(self, glyphs: Glyphs, area: pygame.Rect) -> None:
        self.glyphs, self.area = glyphs, area
        self._small = max(8, round(NAME * glyphs.pixels))
        self.gutter = label(self._small, "m" * GUTTER, palette.TEXT).get_width() + glyphs.width
        if self.gutter > area.width // 4:
            self.gutter = 0
        self.columns = max(8, (area.width - self.gutter) // glyphs.width)
        self.rows = max(1, area.height // glyphs.height)
        self._lines: list[tuple[int, pygame.Surface]] = []  # whole lines, and the absolute positions where they start
        self._next = 0  # absolute position at which the unfinished line starts
        self._open = _Open()
        self._born: list[tuple[int, float]] = []  # (position, time) of letters still glowing
        self._seen = 0
        self._scroll = 0.0
        self._drawn_at = 0.0

    def draw(self, surface: pygame.Surface, page: Page, now: float) -> None:
        """Draws the last lines of the page onto the ground of `surface`."""
        text, first = page.text, page.first
        end = first + len(text)
        if not first <= self._next <= end:  # the text was cut or begins anew
            self._lines.clear()
            self._next = max(first, end - self.columns * self.rows * 2)
            self._seen = end
        finished = 0
        while (line := break_line(text, self._next - first, self.columns)).whole:
            self._lines.append((self._next, self._render(page, line)))
            self._next = first + line.stop
            finished += 1
        del self._lines[: -self.rows - 4]
        self._note_births(end, now)
        # after a line break the paper moves up smoothly, not by a jump
        self._scroll = min(self._scroll + finished, 3.0) * FLOATS ** (60 * min(0.1, max(0.0, now - self._drawn_at)))
        self._drawn_at = now
        if self._scroll < 0.02:
            self._scroll = 0.0

        before = surface.get_clip()
        surface.set_clip(self.area)
        left, high = self.area.x, self.glyphs.height
        bottom = self.area.bottom - high + round(self._scroll * high)
        surface.blit(self._open_line(page, line), (left, bottom))
        for age, (_, image) in enumerate(reversed(self._lines), 1):
            y = bottom - age * high
            if y < self.area.y - high:
                break
            depth = (y - self.area.y + high) / (SINKS * high)  # how near the top, which the oldest lines sink into
            image.set_alpha(None if depth >= 1 else round(255 * max(0.0, depth) ** 1.5))
            surface.blit(image, (left, y))
        self._draw_glow(surface, page, line, bottom, now)
        column = line.columns[-1] + 1 if line.columns else 0
        if line.columns and text[line.stop - 1] == TABULATOR:
            column = (column - 1) // TAB * TAB + TAB
        self._draw_ghosts(surface, page, column, bottom)
        self._draw_cursor(surface, min(column, self.columns), bottom, now)
        surface.set_clip(before)

    def redraw(self) -> None:
        """Forgets everything that was drawn, as when colours have changed."""
        if self._lines:
            self._next = self._lines[0][0]
        self._lines.clear()
        self._open = _Open()
        self._scroll = 0.0

    def _open_line(self, page: Page, line: Line) -> pygame.Surface:
        kept, count = self._open, len(line.columns)
        if kept.image is None or kept.start != page.first + line.start or count < kept.drawn:
            kept = self._open = _Open(page.first + line.start, 0, self._blank())
        assert kept.image is not None
        if count > kept.drawn:
            self._write(kept.image, page, line, kept.drawn)
            kept.drawn = count
        return kept.image

    def _render(self, page: Page, line: Line) -> pygame.Surface:
        image = self._blank()
        signed = self._write(image, page, line, 0)
        wide = self.area.width if signed else ((line.columns or [0])[-1] + 1) * self.glyphs.width
        return image.subsurface((0, 0, min(wide, self.area.width), self.glyphs.height)).copy()

    def _blank(self) -> pygame.Surface:
        """An empty line on the colour of the ground, which is drawn faster than a transparent one."""
        image = pygame.Surface((self.area.width, self.glyphs.height))
        image.fill(palette.GROUND)
        return image

    def _write(self, image: pygame.Surface, page: Page, line: Line, since: int) -> bool:
        """Draws the letters of `line` from number `since` on, and its hand-overs; True if there were any."""
        blits = []
        for k in range(since, len(line.columns)):
            index = line.start + k
            code = page.text[index]
            if code <= SPACE:
                continue
            tinted = page.tinted and index < len(page.voices)
            colour = palette.tint(page.colours, page.voices[index]) if tinted else palette.TEXT
            blits.append((self.glyphs.get(code, colour), (line.columns[k] * self.glyphs.width, 0)))
        image.fblits(blits)
        return self._sign(image, page, line)

    def _sign(self, image: pygame.Surface, page: Page, line: Line) -> bool:
        signed = False
        start, stop = page.first + line.start, page.first + line.start + len(line.columns)
        x = image.get_width()
        image.fill(palette.GROUND, (x - self.gutter, 0, self.gutter, image.get_height()))
        for handover in reversed(page.handovers):
            if handover.position < start:
                break
            if handover.position >= stop or not page.tinted or handover.style >= len(page.titles):
                continue
            signed = True
            colour = palette.legible(page.colours[handover.style])
            column = line.columns[handover.position - start]
            wide = max(1, self.glyphs.width // 8)
            at = max(0, column * self.glyphs.width - wide - 1)
            image.fill(colour, (at, self.glyphs.height // 8, wide, self.glyphs.height * 3 // 4))
            if self.gutter:
                name = label(self._small, page.titles[handover.style][:GUTTER], palette.dim(colour, 0.8))
                x -= name.get_width()
                if x < self.area.width - self.gutter:
                    break
                image.blit(name, (x, (self.glyphs.height - name.get_height()) // 2))
                x -= 2 * self._small
        return signed

    def _note_births(self, end: int, now: float) -> None:
        fresh = range(max(self._seen, end - 24), end)
        self._born = [(p, t) for p, t in self._born if now - t < GLOW_S] + [(p, now) for p in fresh]
        self._seen = end

    def _draw_glow(self, surface: pygame.Surface, page: Page, line: Line, bottom: int, now: float) -> None:
        for position, born in self._born:
            k = position - page.first - line.start
            if 0 <= k < len(line.columns) and page.text[line.start + k] > SPACE:
                heat = max(0.0, 1 - (now - born) / GLOW_S) ** 2
                glyph = self.glyphs.hot(page.text[line.start + k], round(heat * (HEATS - 1)) * 255 // (HEATS - 1))
                where = (self.area.x + line.columns[k] * self.glyphs.width, bottom)
                surface.blit(glyph, where, special_flags=pygame.BLEND_RGB_ADD)

    def _draw_ghosts(self, surface: pygame.Surface, page: Page, column: int, bottom: int) -> None:
        colours = page.colours if page.tinted else ()
        for ghost in page.ghosts:
            if column + ghost.column <= self.columns:
                own = colours[ghost.style] if ghost.style < len(colours) else palette.QUIET
                colour = palette.dim(own, GHOSTS[0] + GHOSTS[1] * round(ghost.strength**2 * 8) / 8)
                where = (self.area.x + (column + ghost.column - 1) * self.glyphs.width, bottom)
                surface.blit(self.glyphs.get(ghost.code, colour), where, special_flags=pygame.BLEND_RGB_MAX)

    def _draw_cursor(self, surface: pygame.Surface, column: int, bottom: int, now: float) -> None:
        beat = 0.55 + 0.45 * np.cos(now * 2 * np.pi / 1.1)
        width, high = max(2, self.glyphs.width // 5), self.glyphs.height
        place = (self.area.x + column * self.glyphs.width + 1, bottom + high // 8, width, high * 3 // 4)
        pygame.draw.rect(surface, palette.dim(palette.TEXT, float(beat)), place)
