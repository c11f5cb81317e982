"""The scene: everything a picture shows, as plain values. `display.presenter` makes it; views draw it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from actors.wire.messages import Health
from actors.wire.plane import Point
from display.ghosts import Ghost
from display.handovers import Handover
from display.palette import Colour
from display.typewriter import Page


@dataclass(frozen=True)
class StyleView:
    """One style on the screen: `weight` as sent, `y` its newest distribution if it is active."""

    title: str
    colour: Colour
    state: str = "loading"
    weight: float = 0.0
    y: NDArray[np.floating] | None = None
    held: bool = False
    solo: bool = False

    @property
    def signed(self) -> str:
        """Its title, with a minus while it is avoided."""
        return f"\u2212{self.title}" if self.weight < 0 else self.title


@dataclass
class Scene:
    """Everything a picture shows. `text` starts at position `first`; `voices` is (len(text), n) uint8."""

    styles: Sequence[StyleView]
    points: Sequence[Point]
    text: bytes | bytearray = b""
    first: int = 1
    voices: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    handovers: Sequence[Handover] = ()
    rho: NDArray[np.floating] | None = None
    hand: Point | None = None
    # the other hands: name, points on the plane, whether it decides anything
    hands: Sequence[tuple[str, Sequence[Point], bool]] = ()
    settings: Sequence[str] = ()  # the live parameters that are not as usual, in words
    pulls: Sequence[Point] = ()  # the visitors' points on the plane
    admitted: float = 0.0  # the share of the mix that visitors may have
    page: str = ""  # the visitors' address
    ghosts: Sequence[Ghost] = ()  # letters that may come
    rate_cps: float = 15.0
    measured_cps: float = 0.0
    fps: float = 0.0
    health: Health | None = None
    events: Sequence[tuple[float, str]] = ()  # of the ensemble: time (as `now`) and words
    note: str = ""
    tinted: bool = True
    plain: bool = False  # as in the paper's figure
    keys_shown: bool = False
    now: float = 0.0  # s

    @property
    def colours(self) -> list[Colour]:
        return [style.colour for style in self.styles]

    @property
    def weights(self) -> list[float]:
        """Every style's share of all weights."""
        total = sum(max(0.0, style.weight) for style in self.styles) or 1.0
        return [abs(style.weight) / total for style in self.styles]

    def to_read(self) -> Page:
        """The text as the typewriter takes it."""
        titles = [style.title for style in self.styles]
        tinted = self.tinted and not self.plain
        return Page(self.text, self.first, self.voices, self.colours, titles, tinted, self.ghosts, self.handovers)
