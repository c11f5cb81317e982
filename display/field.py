"""The field of all styles: where they lie, what a hand on it means, and how it looks.

The hand pulls: a style weighs the more, the nearer the hand is to it. A style can be held: its weight then stays, and the
others share what is left. Geometry is in units of the field: both coordinates from -1 to 1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pygame

from display import palette
from display.glyphs import label
from display.palette import Colour

Point = tuple[float, float]

REACH = 0.17  # within this distance a style has the hand almost for itself
STEEPNESS = 3.0  # weight falls with this power of the distance


def places(n: int) -> list[Point]:
    """Where n styles lie: on a ring, or on rings one within the other when there are many."""
    if n <= 1:
        return [(0.0, 0.0)] * n
    rings = 1 if n <= 10 else 2 if n <= 26 else 3
    radii = [0.82 * (rings - k) / rings + 0.06 * k for k in range(rings)]
    total = sum(radii)
    counts = [round(n * radius / total) for radius in radii]
    counts[0] += n - sum(counts)
    points: list[Point] = []
    for ring, (radius, count) in enumerate(zip(radii, counts, strict=True)):
        for k in range(count):
            angle = -math.pi / 2 + 2 * math.pi * (k + ring * 0.5) / count
            points.append((radius * math.cos(angle), radius * math.sin(angle)))
    return points


def pull(hand: Point, points: Sequence[Point]) -> list[float]:
    """The weight of every style for a hand at `hand`, summing to 1."""
    pulls = [((hand[0] - x) ** 2 + (hand[1] - y) ** 2 + REACH**2) ** (-STEEPNESS / 2) for x, y in points]
    total = sum(pulls)
    return [p / total for p in pulls]


def weights(hand: Point, points: Sequence[Point], held: Mapping[int, float]) -> list[float]:
    """The mix for a hand at `hand` while the styles in `held` keep their shares (of 1) and the rest is pulled."""
    kept = sum(held.values())
    scale = min(1.0, 1.0 / kept) if kept > 0 else 1.0
    free = [k for k in range(len(points)) if k not in held]
    rest = max(0.0, 1.0 - kept)
    shares = pull(hand, [points[k] for k in free]) if free else []
    mix = [0.0] * len(points)
    for k, share in held.items():
        mix[k] = share * scale
    for k, share in zip(free, shares, strict=True):
        mix[k] = share * rest
    return mix


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


@dataclass(frozen=True)
class Plane:
    """Where the field is on the screen."""

    area: pygame.Rect

    @property
    def radius(self) -> float:
        return min(self.area.width, self.area.height) / 2

    def to_screen(self, point: Point) -> tuple[int, int]:
        x, y = self.area.center
        return (round(x + point[0] * self.radius), round(y + point[1] * self.radius))

    def to_field(self, pixel: tuple[int, int]) -> Point:
        x, y = self.area.center
        return (
            max(-1.0, min(1.0, (pixel[0] - x) / self.radius)),
            max(-1.0, min(1.0, (pixel[1] - y) / self.radius)),
        )

    def nearest(self, pixel: tuple[int, int], points: Sequence[Point], within: float = 0.2) -> int | None:
        """The style under the pointer, if one is near."""
        x, y = self.to_field(pixel)
        distances = [math.hypot(x - a, y - b) for a, b in points]
        best = min(range(len(points)), key=distances.__getitem__, default=None)
        return best if best is not None and distances[best] < within else None


def draw(
    surface: pygame.Surface, plane: Plane, marks: Sequence[Mark], hand: Point | None, pixels: int, now: float
) -> None:
    """Draw every style, and the threads by which the hand pulls them."""
    loudest = max((m.share for m in marks), default=0.0) or 1.0
    for ring in (0.34, 0.67, 1.0):
        pygame.draw.circle(surface, palette.RING, plane.area.center, int(plane.radius * ring), 1)
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
    if hand is not None:
        place = plane.to_screen(hand)
        pygame.draw.circle(surface, palette.TEXT, place, max(3, pixels // 3))
        pygame.draw.circle(surface, palette.FAINT, place, max(8, pixels), 1)


def _draw_mark(surface: pygame.Surface, plane: Plane, mark: Mark, loudest: float, pixels: int, now: float) -> None:
    x, y = plane.to_screen(mark.place)
    share = mark.share / loudest if mark.speaking else 0.0
    smallest = max(3, pixels // 3)
    size = smallest + round(pixels * 1.1 * share**0.5)
    up = mark.state in ("ready", "late")
    if not up:  # waking or lost: a hollow ring that breathes
        breath = 0.35 + 0.25 * math.sin(now * 3)
        pygame.draw.circle(surface, palette.dim(mark.colour, breath), (x, y), smallest + 2, 2)
    else:
        if share > 0:
            for halo in range(3, 0, -1):
                colour = palette.dim(mark.colour, 0.07 * share * (4 - halo) + 0.02)
                pygame.draw.circle(surface, colour, (x, y), size + halo * max(3, pixels // 3))
        pygame.draw.circle(surface, palette.dim(mark.colour, 0.6 + 0.4 * share), (x, y), size)
    if mark.held:
        pygame.draw.circle(surface, palette.TEXT, (x, y), size + 4, 2)
    brightness = 1.0 if share > 0.5 else 0.7 + 0.6 * share
    text = mark.title if up else f"{mark.title} \u00b7 {mark.state}"
    name = label(pixels, text, palette.dim(mark.colour, brightness if up else 0.5))
    below = y + size + 6 if mark.place[1] >= -0.05 else y - size - 6 - name.get_height()
    left = min(max(plane.area.left, x - name.get_width() // 2), plane.area.right - name.get_width())
    surface.blit(name, (left, below))
