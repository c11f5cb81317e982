"""The whole picture: text, rows, field and corner, laid out for any size. A view is a function of the scene it is given."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pygame
from numpy.typing import NDArray

from actors.plane import Point
from display import field as style_field
from display import palette, rows
from display.field import Mark, Plane
from display.ghosts import Ghost
from display.glyphs import Glyphs, label
from display.palette import Colour
from display.rows import Row
from display.typewriter import Typewriter

KEYS = (
    ("drag", "pull the mix: the nearer a style, the more it speaks"),
    ("right click", "hold a style at its weight, or let it go"),
    ("middle click", "one style solo, or everyone again"),
    ("wheel, up/down", "faster, slower"),
    ("space", "stand still, go on"),
    ("m", "as fast as it goes"),
    ("1 \u2026 9", "one style alone"),
    ("e", "all styles equally"),
    ("[ ]", "tamer, wilder"),
    ("F1 \u2026 F8", "recall a mix; with shift: keep it"),
    ("p", "the next pooling: every letter from all, what all agree on, word by word"),
    ("l", "look ahead before a letter is written: some, as far as there is time, not"),
    ("x", "across to the monolith, one network with all styles: half, all, back"),
    ("t", "tint by author, or plain"),
    ("f", "full screen"),
    ("?", "these keys"),
    ("esc", "end"),
)


@dataclass(frozen=True)
class Singer:
    """One style as the screen knows it: `weight` as sent, `y` its newest distribution if it is speaking."""

    title: str
    colour: Colour
    state: str = "loading"
    weight: float = 0.0
    y: NDArray[np.floating] | None = None
    held: bool = False
    solo: bool = False


def _signed(singer: Singer) -> str:
    """A style's name; with a minus while it is avoided."""
    return f"\u2212{singer.title}" if singer.weight < 0 else singer.title


@dataclass
class Scene:
    """Everything a frame shows. `text` starts at position `first`; `voices` is (len(text), n) uint8."""

    singers: Sequence[Singer]
    places: Sequence[Point]
    text: bytearray = field(default_factory=bytearray)
    first: int = 1
    voices: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    rho: NDArray[np.floating] | None = None
    hand: Point | None = None
    hands: Sequence[
        tuple[str, Sequence[Point], bool]
    ] = ()  # others: name, places on the plane, whether it decides anything
    temperature: float = 1.0
    pooling: str = "linear"
    evenness: float = 0.0
    top_p: float = 1.0
    cross: float = 0.0
    lookahead: str = ""  # how far is looked, in words
    ghosts: Sequence[Ghost] = ()  # letters that may come
    bpm: float = 0.0
    rate_cps: float = 15.0
    measured_cps: float = 0.0
    fps: float = 0.0
    note: str = ""
    tinted: bool = True
    keys_shown: bool = False
    now: float = 0.0


class Stage:
    """Draws scenes of one size."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        width, height = size
        self.pixels = max(10, round(min(height / 52, width / 84)))
        margin = round(min(width, height) * 0.045)
        column = round(width * 0.635) - margin
        split = round(height * 0.585)
        self.text_area = pygame.Rect(margin, margin, column, split - margin)
        self.rows_area = pygame.Rect(margin, split + margin // 2, column, height - split - margin)
        side = width - column - 3 * margin
        field_height = min(height - 3 * margin - 4 * self.pixels, round(side * 1.3))
        top = margin + max(0, (height - 3 * margin - 4 * self.pixels - field_height) // 3)
        self.plane = Plane(pygame.Rect(column + 2 * margin, top, side, field_height))
        self.corner = pygame.Rect(column + 2 * margin, height - margin - 4 * self.pixels, side, 4 * self.pixels)
        self.typewriter = Typewriter(Glyphs(max(12, round(self.pixels * 1.5))), self.text_area.size)
        self._tinted = True

    def draw(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw `scene` over everything that is on `surface`."""
        surface.fill(palette.GROUND)
        colours = [singer.colour for singer in scene.singers]
        if scene.tinted != self._tinted:
            self._tinted = scene.tinted
            self.typewriter.redraw()
        if scene.text:
            page = self.typewriter.draw(
                scene.text, scene.first, scene.voices, colours, scene.now, scene.tinted, scene.ghosts
            )
            surface.blit(page, self.text_area)
        else:
            self._draw_waking(surface, scene)
        self._draw_rows(surface, scene)
        self._draw_field(surface, scene)
        self._draw_corner(surface, scene)
        if scene.keys_shown:
            self._draw_keys(surface)

    def _draw_waking(self, surface: pygame.Surface, scene: Scene) -> None:
        x, y = self.text_area.topleft
        big = round(self.pixels * 1.5)
        surface.blit(label(big, "the styles are waking", palette.QUIET), (x, y))
        for k, singer in enumerate(scene.singers):
            top = y + round((k + 1.8) * big * 1.4)
            if top > self.text_area.bottom - big:
                break
            up = singer.state == "ready"
            dots = "." * (1 + int(scene.now * 2 + k) % 3)
            surface.blit(label(big, singer.title, palette.dim(singer.colour, 1.0 if up else 0.45)), (x, top))
            state = singer.state if up or singer.state in ("failed", "lost") else singer.state + dots
            surface.blit(label(big, state, palette.TEXT if up else palette.FAINT), (x + self.text_area.width // 2, top))

    def _draw_rows(self, surface: pygame.Surface, scene: Scene) -> None:
        if scene.rho is None:
            return
        total = sum(max(0.0, s.weight) for s in scene.singers) or 1.0
        shown = [Row("\u03c1  the mix", palette.TEXT, 0.0, scene.rho)]
        speaking = [s for s in scene.singers if s.y is not None]
        shown += [Row(_signed(s), s.colour, abs(s.weight) / total, s.y) for s in speaking if s.y is not None]
        rows.draw(surface, self.rows_area, shown, self.pixels)

    def _draw_field(self, surface: pygame.Surface, scene: Scene) -> None:
        total = sum(max(0.0, s.weight) for s in scene.singers) or 1.0
        marks = [
            Mark(_signed(s), s.colour, place, abs(s.weight) / total, s.y is not None, s.state, s.held or s.solo)
            for s, place in zip(scene.singers, scene.places, strict=True)
        ]
        style_field.draw(surface, self.plane, marks, scene.hand, self.pixels, scene.now)
        for name, places, _ in scene.hands:
            for place in places:
                style_field.draw_guest(surface, self.plane, name, place, self.pixels)

    def _draw_corner(self, surface: pygame.Surface, scene: Scene) -> None:
        up = sum(s.state in ("ready", "late") for s in scene.singers)
        rate = "still" if scene.rate_cps == 0 else "max" if math.isinf(scene.rate_cps) else f"{scene.rate_cps:.3g}"
        health = "all up" if up == len(scene.singers) else f"{up} of {len(scene.singers)} up"
        lines = [
            (f"{rate} chars/s" if rate != "still" else "standing still", palette.QUIET),
            (
                f"{scene.measured_cps:.0f} written/s \u00b7 {scene.fps:.0f} fps \u00b7 {health} \u00b7 ? keys",
                palette.FAINT,
            ),
        ]
        said = [name if decides else f"({name})" for name, _, decides in scene.hands]
        said += [f"temperature {scene.temperature:.2g}"] * (scene.temperature != 1.0)
        said += [scene.pooling] * (scene.pooling != "linear")
        said += [scene.lookahead] * bool(scene.lookahead)
        said += [f"evenness {scene.evenness:.2g}"] * (scene.evenness > 0)
        said += [f"top-p {scene.top_p:.2g}"] * (scene.top_p < 1)
        said += [f"{scene.cross:.0%} monolith" if scene.cross < 1 else "monolith"] * (scene.cross > 0)
        said += [f"{scene.bpm:.0f} beats/min"] * (scene.bpm > 0)
        if said:
            lines.insert(0, (" \u00b7 ".join(said), palette.QUIET))
        if scene.note:
            lines.insert(0, (scene.note, palette.WARNING))
        for k, (text, colour) in enumerate(reversed(lines)):
            image = label(self.pixels, text, colour)
            place = (self.corner.right - image.get_width(), self.corner.bottom - (k + 1) * round(self.pixels * 1.5))
            surface.blit(image, place)

    def _draw_keys(self, surface: pygame.Surface) -> None:
        line = round(self.pixels * 1.9)
        width = max(label(self.pixels, meaning, palette.TEXT).get_width() for _, meaning in KEYS) + 20 * self.pixels
        sheet = pygame.Surface((min(self.size[0], width), line * (len(KEYS) + 2)))
        sheet.fill(palette.PANEL)
        pygame.draw.rect(sheet, palette.FAINT, sheet.get_rect(), 1)
        for k, (key, meaning) in enumerate(KEYS):
            y = line * (k + 1)
            sheet.blit(label(self.pixels, key, palette.WARNING), (2 * self.pixels, y))
            sheet.blit(label(self.pixels, meaning, palette.TEXT), (15 * self.pixels, y))
        surface.blit(sheet, sheet.get_rect(center=(self.size[0] // 2, self.size[1] // 2)))
