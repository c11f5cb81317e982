"""The performer's view: text, rows, field, strip and corner, laid out for any size. A view is a function of its scene."""

import math

import pygame

from display import field as style_field
from display import keymap, palette, rows
from display.field import Mark, Plane
from display.glyphs import Glyphs, label
from display.rows import Row
from display.scene import Scene
from display.strip import Strip
from display.typewriter import Typewriter

MOST_LINES = 6  # in the corner


class Performer:
    """Draws scenes of one size."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        width, height = size
        self.pixels = max(10, round(min(height / 52, width / 84)))
        margin = round(min(width, height) * 0.045)
        low = max(10, height // 32)  # the strip's height
        bottom = height - margin - low - self.pixels
        column = round(width * 0.635) - margin
        split = round(bottom * 0.585)
        self.rows_area = pygame.Rect(margin, split + margin // 2, column, bottom - split - margin // 2)
        side = width - column - 3 * margin
        self.corner = pygame.Rect(0, 0, side, round(MOST_LINES * self.pixels * 1.5))
        self.corner.bottomright = (width - margin, bottom)
        field_height = min(bottom - margin - 5 * self.pixels, round(side * 1.35))
        self.plane = Plane(pygame.Rect(column + 2 * margin, margin, side, field_height))
        glyphs = Glyphs(max(12, round(self.pixels * 1.5)))
        self.typewriter = Typewriter(glyphs, pygame.Rect(margin, margin, column, split - margin))
        self.strip_at = (margin, height - margin - low + self.pixels // 2)
        self.strip = Strip((width - 2 * margin, low))
        self._look = (True, False)

    def draw(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draws `scene` over everything that is on `surface`."""
        surface.fill(palette.GROUND)
        if self._look != (scene.tinted, scene.plain):
            self._look = (scene.tinted, scene.plain)
            self.typewriter.redraw()
        if scene.text:
            self.typewriter.draw(surface, scene.to_read(), scene.now)
        else:
            self._draw_waking(surface, scene)
        self._draw_rows(surface, scene)
        if not scene.plain:
            self._draw_field(surface, scene)
            self._draw_strip(surface, scene)
        self._draw_corner(surface, scene)
        if scene.keys_shown:
            draw_keys(surface, self.pixels)

    def _draw_waking(self, surface: pygame.Surface, scene: Scene) -> None:
        area = self.typewriter.area
        big = round(self.pixels * 1.5)
        surface.blit(label(big, "the styles are waking", palette.QUIET), area.topleft)
        for k, style in enumerate(scene.styles):
            top = area.y + round((k + 1.8) * big * 1.4)
            if top > area.bottom - big:
                break
            up = style.state == "ready"
            dots = "." * (1 + int(scene.now * 2 + k) % 3)
            surface.blit(label(big, style.title, palette.dim(style.colour, 1.0 if up else 0.45)), (area.x, top))
            state = style.state if up or style.state in ("failed", "lost") else style.state + dots
            surface.blit(label(big, state, palette.TEXT if up else palette.FAINT), (area.x + area.width // 2, top))

    def _draw_rows(self, surface: pygame.Surface, scene: Scene) -> None:
        if scene.rho is None:
            return
        shown = [Row("\u03c1  the mix", palette.TEXT, 0.0, scene.rho)]
        for style, share in zip(scene.styles, scene.weights, strict=True):
            if style.y is not None:
                shown.append(Row(style.signed, style.colour, share, style.y))
        said = scene.text[-1] if scene.text and not scene.plain else 0
        rows.draw(surface, self.rows_area, shown, self.pixels, scene.plain, said)

    def _draw_field(self, surface: pygame.Surface, scene: Scene) -> None:
        marks = [
            Mark(s.signed, s.colour, place, share, s.y is not None, s.state, s.held or s.solo)
            for s, place, share in zip(scene.styles, scene.points, scene.weights, strict=True)
        ]
        style_field.draw(surface, self.plane, marks, scene.hand, self.pixels, scene.now)
        style_field.draw_pulls(surface, self.plane, scene.pulls, self.pixels, scene.now)
        for name, places, _ in scene.hands:
            for place in places:
                style_field.draw_guest(surface, self.plane, name, place, self.pixels)

    def _draw_strip(self, surface: pygame.Surface, scene: Scene) -> None:
        rate = scene.measured_cps or 15.0 if math.isinf(scene.rate_cps) else scene.rate_cps or 15.0
        self.strip.draw(surface, self.strip_at, scene.first, scene.voices, scene.colours, rate)
        minutes = label(self.pixels, f"{self.strip.minutes(rate):.0f} min", palette.QUIET)
        surface.blit(minutes, minutes.get_rect(bottomleft=(self.strip_at[0], self.strip_at[1] - 4)))

    def _draw_corner(self, surface: pygame.Surface, scene: Scene) -> None:
        lines = [(line, palette.WARNING) for line in _wrapped([scene.note] if scene.note else [], self._fit)]
        lines += [(line, palette.QUIET) for line in _wrapped(settings(scene), self._fit)]
        lines.append((f"{rate_words(scene)}", palette.QUIET))
        up = sum(s.state in ("ready", "late") for s in scene.styles)
        health = "all up" if up == len(scene.styles) else f"{up} of {len(scene.styles)} up"
        measured = f"{scene.measured_cps:.0f} written/s \u00b7 {scene.fps:.0f} fps \u00b7 {health} \u00b7 ? keys"
        lines.append((measured, palette.FAINT))
        for k, (text, colour) in enumerate(reversed(lines[-MOST_LINES:])):
            image = label(self.pixels, text, colour)
            place = (self.corner.right - image.get_width(), self.corner.bottom - (k + 1) * round(self.pixels * 1.5))
            surface.blit(image, place)

    @property
    def _fit(self) -> int:
        """The number of letters that fit in a line of the corner."""
        return max(20, self.corner.width // label(self.pixels, "m", palette.TEXT).get_width())


def rate_words(scene: Scene) -> str:
    """The rate in words."""
    if scene.rate_cps == 0:
        return "standing still"
    return f"{'max' if math.isinf(scene.rate_cps) else f'{scene.rate_cps:.3g}'} chars/s"


def settings(scene: Scene) -> list[str]:
    """The other hands, those that decide nothing in brackets, and the settings that are not as usual."""
    return [*(name if decides else f"({name})" for name, _, decides in scene.hands), *scene.settings]


def _wrapped(words: list[str], letters: int) -> list[str]:
    """Words, with a middle dot between them, in lines of at most so many letters."""
    lines: list[str] = []
    for word in words:
        joined = f"{lines[-1]} \u00b7 {word}" if lines else word
        if lines and len(joined) <= letters:
            lines[-1] = joined
        else:
            lines.append(word[:letters])
    return lines


def draw_keys(surface: pygame.Surface, pixels: int) -> None:
    """Draws the sheet of keys over everything."""
    line = round(pixels * 1.9)
    width = max(label(pixels, row.meaning, palette.TEXT).get_width() for row in keymap.ROWS) + 20 * pixels
    sheet = pygame.Surface((min(surface.get_width(), width), line * (len(keymap.ROWS) + 2)))
    sheet.fill(palette.PANEL)
    pygame.draw.rect(sheet, palette.FAINT, sheet.get_rect(), 1)
    for k, row in enumerate(keymap.ROWS, 1):
        sheet.blit(label(pixels, row.shown, palette.WARNING), (2 * pixels, line * k))
        sheet.blit(label(pixels, row.meaning, palette.TEXT), (15 * pixels, line * k))
    surface.blit(sheet, sheet.get_rect(center=surface.get_rect().center))
