"""The audience's view: the text alone, large and tinted by its authors, a thin strip of who spoke, a code for visitors.

It can be read from ten metres. A style that takes over is named beside the line. While visitors are admitted, a code in the
corner leads to the page on which they pull the mix.
"""

import math
from functools import lru_cache

import pygame
import segno

from display import palette
from display.glyphs import Glyphs, label
from display.scene import Scene
from display.strip import Strip
from display.typewriter import Typewriter

COLUMNS = 62  # of a line, about: code still stands as it was written, and a letter has a fiftieth of the width
LINES = 14  # fewer on a wide wall, so that letters do not grow without end
CODE = 0.2  # of the height
QUIET_ZONE = 4  # modules around a code
DARK, LIGHT = palette.GROUND, (178, 182, 192)  # bright enough for every telephone, and no lamp in a dark room


class Audience:
    """Draws scenes of one size."""

    plane = None  # there is no field to be touched

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = width, height = size
        margin = round(min(width, height) * 0.075)
        low = max(4, height // 70)
        letter = max(12, min(round((width - 2 * margin) / COLUMNS / 0.6), round(height / LINES / 1.4)))
        self.small = max(10, round(letter * 0.42))
        area = pygame.Rect(margin, margin, width - 2 * margin, height - 2 * margin - low)
        self.typewriter = Typewriter(Glyphs(letter), area)
        self.strip_at = (0, height - low)
        self.strip = Strip((width, low))
        self._tinted = True

    def draw(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draws `scene` over everything that is on `surface`."""
        surface.fill(palette.GROUND)
        tinted = scene.tinted and not scene.plain
        if self._tinted != tinted:
            self._tinted = tinted
            self.typewriter.redraw()
        self.typewriter.draw(surface, scene.to_read(), scene.now)
        if tinted:
            rate = scene.measured_cps if math.isinf(scene.rate_cps) else scene.rate_cps
            self.strip.draw(surface, self.strip_at, scene.first, scene.voices, scene.colours, rate or 15.0)
        if scene.page and scene.admitted:
            self._draw_code(surface, scene)

    def _draw_code(self, surface: pygame.Surface, scene: Scene) -> None:
        image = code(scene.page, round(CODE * self.size[1]))
        margin = round(self.size[1] * 0.04)
        place = image.get_rect(topright=(self.size[0] - margin, margin))
        around = place.inflate(2 * self.small, 2 * self.small)
        words = [label(self.small, scene.page.removeprefix("http://").rstrip("/"), palette.QUIET)]
        if scene.pulls:
            many = len(scene.pulls)
            words.append(label(self.small, f"{many} hand{'s' * (many != 1)} pulling", palette.WARNING))
        around.height += len(words) * round(1.5 * self.small)
        names = self.typewriter.area.right - self.typewriter.gutter  # half a name beside the code would be none
        around.width, around.left = self.size[0] - min(names, around.left), min(names, around.left)
        surface.fill(palette.GROUND, around)  # the text makes room
        surface.blit(image, place)
        for k, word in enumerate(words):
            top = place.bottom + round((0.5 + 1.5 * k) * self.small)
            surface.blit(word, word.get_rect(midtop=(place.centerx, top)).clamp(surface.get_rect()))


@lru_cache(maxsize=4)
def code(address: str, pixels: int) -> pygame.Surface:
    """A QR code about `pixels` wide: dark on light, as every telephone reads it."""
    modules = segno.make_qr(address, error="m").matrix
    each = max(2, pixels // (len(modules) + 2 * QUIET_ZONE))
    side = each * (len(modules) + 2 * QUIET_ZONE)
    image = pygame.Surface((side, side))
    image.fill(LIGHT)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                image.fill(DARK, ((x + QUIET_ZONE) * each, (y + QUIET_ZONE) * each, each, each))
    return image
