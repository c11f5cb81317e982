"""The field of styles on the screen: their marks, their names, and the threads by which a hand pulls them.

`actors.wire.plane` knows where styles lie, and what the position of a hand means.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import pygame

from actors.wire.plane import A_RING, Point
from display import palette
from display.glyphs import label
from display.palette import Colour

GLIDE = 0.06  # of the way to its new point, in a sixtieth of a second
SHADES = 12  # of a name, each drawn once and kept


def glide(points: Sequence[Point], goals: Sequence[Point], frames: float) -> list[Point]:
    """Points moved from `points` towards `goals`, for as many sixtieths of a second as `frames`."""
    share = 1 - (1 - GLIDE) ** frames
    return [(x + (a - x) * share, y + (b - y) * share) for (x, y), (a, b) in zip(points, goals, strict=True)]


@dataclass(frozen=True)
class Mark:
    """One style as it lies on the field."""

    title: str
    colour: Colour
    place: Point
    share: float  # of all weights
    speaking: bool
    state: str  # as the wire's health states it
    held: bool

    @property
    def up(self) -> bool:
        return self.state in ("ready", "late")


@dataclass(frozen=True)
class Plane:
    """The rectangle of the field on the screen."""

    area: pygame.Rect

    def to_screen(self, point: Point) -> tuple[int, int]:
        x, y = self.area.center
        return (round(x + point[0] * self.area.width / 2), round(y + point[1] * self.area.height / 2))

    def to_field(self, pixel: tuple[int, int]) -> Point:
        x, y = self.area.center
        return (
            max(-1.0, min(1.0, (pixel[0] - x) * 2 / self.area.width)),
            max(-1.0, min(1.0, (pixel[1] - y) * 2 / self.area.height)),
        )

    def nearest(self, pixel: tuple[int, int], points: Sequence[Point], within: float = 0.2) -> int | None:
        """The style under the pointer, or None if none is near."""
        x, y = self.to_field(pixel)
        distances = [math.hypot(x - a, y - b) for a, b in points]
        best = min(range(len(points)), key=distances.__getitem__, default=None)
        return best if best is not None and distances[best] < within else None


def draw(
    surface: pygame.Surface, plane: Plane, marks: Sequence[Mark], hand: Point | None, pixels: int, now: float
) -> None:
    """Draws every style, and the threads by which the hand pulls them."""
    loudest = max((m.share for m in marks), default=0.0) or 1.0
    for ring in (0.34, 0.67, 1.0):
        oval = pygame.Rect(0, 0, round(plane.area.width * ring), round(plane.area.height * ring))
        oval.center = plane.area.center
        pygame.draw.ellipse(surface, palette.RING, oval, 1)
    if hand is not None:
        for mark in marks:
            if mark.speaking:
                strength = (mark.share / loudest) ** 0.5
                colour = palette.dim(mark.colour, 0.15 + 0.6 * strength)
                ends = plane.to_screen(hand), plane.to_screen(mark.place)
                pygame.draw.line(surface, colour, *ends, max(1, round(3 * strength)))
                pygame.draw.aaline(surface, colour, *ends)
    for mark in marks:
        _draw_mark(surface, plane, mark, loudest, pixels, now)
    surface.fblits(_names(plane, marks, loudest, pixels))
    if hand is not None:
        place = plane.to_screen(hand)
        pygame.draw.circle(surface, palette.TEXT, place, max(3, pixels // 3))
        pygame.draw.circle(surface, palette.FAINT, place, max(8, pixels), 1)


def draw_pulls(surface: pygame.Surface, plane: Plane, pulls: Sequence[Point], pixels: int, now: float) -> None:
    """Draws a small breathing light where each visitor pulls."""
    for k, place in enumerate(pulls):
        size = max(3, round(pixels * (0.42 + 0.08 * math.sin(2.5 * now + k))))
        spot = plane.to_screen(place)
        pygame.draw.circle(surface, palette.dim(palette.WARNING, 0.35), spot, 2 * size, 1)
        pygame.draw.circle(surface, palette.WARNING, spot, size // 2 + 1)


def draw_guest(surface: pygame.Surface, plane: Plane, name: str, place: Point, pixels: int) -> None:
    """Draws another hand than the mouse where it is on the field."""
    x, y = plane.to_screen(place)
    pygame.draw.circle(surface, palette.TEXT, (x, y), max(8, pixels), 1)
    pygame.draw.circle(surface, palette.TEXT, (x, y), max(2, pixels // 5))
    image = label(max(9, round(pixels * 0.8)), name, palette.TEXT)
    surface.blit(image, (min(x + pixels + 4, plane.area.right - image.get_width()), y - image.get_height() // 2))


def _size(mark: Mark, loudest: float, pixels: int) -> tuple[float, int]:
    """The share, relative to the loudest, with which a mark is drawn, and its radius."""
    share = mark.share / loudest if mark.speaking else 0.0
    return share, max(3, pixels // 3) + round(pixels * 1.1 * share**0.5)


def _draw_mark(surface: pygame.Surface, plane: Plane, mark: Mark, loudest: float, pixels: int, now: float) -> None:
    place = plane.to_screen(mark.place)
    share, size = _size(mark, loudest, pixels)
    if not mark.up:  # waking or lost: a hollow, breathing ring
        breath = 0.35 + 0.25 * math.sin(now * 3)
        pygame.draw.circle(surface, palette.dim(mark.colour, breath), place, max(3, pixels // 3) + 2, 2)
    else:
        if share > 0:
            for halo in range(3, 0, -1):
                colour = palette.dim(mark.colour, 0.07 * share * (4 - halo) + 0.02)
                pygame.draw.circle(surface, colour, place, size + halo * max(3, pixels // 3))
        pygame.draw.circle(surface, palette.dim(mark.colour, 0.6 + 0.4 * share), place, size)
    if mark.held:
        pygame.draw.circle(surface, palette.TEXT, place, size + 4, 2)


def _names(
    plane: Plane, marks: Sequence[Mark], loudest: float, pixels: int
) -> list[tuple[pygame.Surface, tuple[int, int]]]:
    """Every name and its corner, the loudest last."""
    small = len(marks) > A_RING
    letters = max(9, round(pixels * 0.78)) if small else pixels
    lie = tuple((*plane.to_screen(mark.place), len(mark.title)) for mark in marks)
    sides = _sides(tuple(plane.area), lie, letters, pixels)
    names = []
    for k in sorted(range(len(marks)), key=lambda k: marks[k].share):
        mark = marks[k]
        share, size = _size(mark, loudest, pixels)
        brightness = (1.0 if share > 0.5 else 0.8 + 0.4 * share) if mark.up else 0.5
        text = mark.title if mark.up else f"{mark.title} \u00b7 {mark.state}"
        colour = palette.dim(palette.legible(mark.colour), round(brightness * SHADES) / SHADES)
        name = label(pixels if share > 0.5 else letters, text, colour)
        names.append((name, _spots(plane.area, lie[k][:2], size + 3, *name.get_size())[sides[k]].topleft))
    return names


@lru_cache(maxsize=16)
def _sides(
    area: tuple[int, int, int, int], lie: tuple[tuple[int, int, int], ...], letters: int, pixels: int
) -> list[int]:
    """The side of its mark on which each name stands: the one where it hides the least of marks and other names.

    `lie`: x, y and the letters of the name. Weights do not count, so no name jumps when they change.
    """
    wide, high = label(letters, "m", palette.TEXT).get_size()
    taken = [pygame.Rect(x - pixels, y - pixels, 2 * pixels, 2 * pixels) for x, y, _ in lie]
    sides = []
    for k, (x, y, length) in enumerate(lie):
        spots = _spots(pygame.Rect(area), (x, y), pixels, wide * length, high)
        others = [rect for j, rect in enumerate(taken) if j != k]
        sides.append(min(range(len(spots)), key=lambda side: _hidden(spots[side], others)))
        taken.append(spots[sides[-1]])
    return sides


def _spots(area: pygame.Rect, place: tuple[int, int], off: int, wide: int, high: int) -> list[pygame.Rect]:
    """The places for a name: below, above, to the right, to the left; of equals the first is the best."""
    x, y = place
    below, above = (x - wide // 2, y + off), (x - wide // 2, y - off - high)
    right, left = (x + off, y - high // 2), (x - off - wide, y - high // 2)
    spots = [pygame.Rect(*corner, wide, high) for corner in (below, above, right, left)]
    for spot in spots:
        spot.left = min(max(area.left, spot.left), area.right - wide)
    return spots


def _hidden(spot: pygame.Rect, others: Sequence[pygame.Rect]) -> int:
    """The pixels of others that a name would cover."""
    on = (spot.clip(others[k]) for k in spot.collidelistall(others))
    return sum(rect.width * rect.height for rect in on)
