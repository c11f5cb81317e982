"""The views of a window, by their names."""

import os
from typing import Protocol

import pygame

from display.audience import Audience
from display.field import Plane
from display.operator import Operator
from display.performer import Performer
from display.scene import Scene


class View(Protocol):
    """Draws scenes of the size for which it was made."""

    @property
    def plane(self) -> Plane | None:
        """The field on the screen, or None if the view has none."""

    def draw(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draws `scene` over everything that is on `surface`."""


VIEWS: dict[str, type[Performer] | type[Audience] | type[Operator]] = {
    "performer": Performer,
    "audience": Audience,
    "operator": Operator,
}


def open_display() -> None:
    """Opens pygame's display and fonts, so that pictures are shown as fast as they are drawn.

    On X, SDL takes every picture through OpenGL unless it is told not to. Without a graphics card that is 14 ms instead of
    0.4 for 1920x1080, and with one it gains nothing: our pixels are in memory anyway.
    """
    pygame.display.init()
    pygame.font.init()
    if pygame.display.get_driver() == "x11":
        os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")


def make(name: str, size: tuple[int, int]) -> View:
    """The view of that name, one of VIEWS."""
    return VIEWS[name](size)
