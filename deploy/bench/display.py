"""`chorus bench --display`: how long a picture takes, beside the naive way and the floor.

24 styles speak, a hand moves, the text scrolls at 100 characters a second, tinted; a picture every sixtieth of a second of
a clock that is only counted. Drawn to a surface in memory, and where there is a screen into a window too. The naive way
draws every letter, bar and layer with a call of its own; the floor fills the surface, and shows it.
"""

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import psutil
import pygame
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from actors.wire import plane
from actors.wire.messages import Card, Frame, Snapshot
from actors.wire.transcript import Transcript
from deploy.bench.config import BenchConfig
from deploy.session.windows import has_display
from display import palette, rows, views
from display.glyphs import font
from display.performer import Performer
from display.presenter import Presenter
from display.scene import Scene
from display.strip import COLUMN, STRENGTH, letters_a_column, shares
from models.alphabet import CODES

STYLES = 24
CPS, FPS = 100.0, 60
SIZES = (1920, 1080), (3840, 2160)
PROMISED_MS = {(1920, 1080): 12.0, (3840, 2160): 33.0}
NAIVE_FRAMES = 60
BEFORE = 5000  # characters on the screen, and in the strip, from the beginning
FLOOR_FRAMES = 600
WORDS = ["the", "tongue", "of", "int", "static", "\\alpha", "begin"]
WORDS += ["shall", "love", "thee", "struct", "unto", "$x$", "said"]
BREAKS = " ", " ", " ", " ", "\n", "\n\t", "; "


@dataclass(frozen=True)
class Pictures:
    """Milliseconds a picture in one way and size, and how much memory the process gained in the second half."""

    way: str
    size: tuple[int, int]
    pictures: int
    median_ms: float
    p99_ms: float
    longest_ms: float
    grew_mb: float

    @property
    def promised_ms(self) -> float | None:
        return PROMISED_MS.get(self.size) if self.way.startswith("Chorus") else None


def measure(config: BenchConfig, console: Console) -> list[Pictures]:
    sizes, pictures = config.display or list(SIZES), config.pictures
    shown = has_display()
    if not shown:
        os.environ["SDL_VIDEODRIVER"] = "dummy"
        console.print("there is no screen here: drawn to memory alone")
    views.open_display()
    found = []
    try:
        with Progress(console=console) as progress:
            for size in sizes:
                window = pygame.display.set_mode(size) if shown else None
                for way, count in (("Chorus", pictures), ("naive", NAIVE_FRAMES), ("floor", FLOOR_FRAMES)):
                    for surface in [pygame.Surface(size)] if window is None else [pygame.Surface(size), window]:
                        flips = surface is window
                        name = f"{way}, {'window' if flips else 'memory'}"
                        task = progress.add_task(f"{size[0]}x{size[1]} {name}", total=count)
                        drawn = DRAWS[way](surface)
                        found.append(_timed(name, size, drawn, count, flips, lambda: progress.advance(task)))  # noqa: B023
    finally:
        pygame.quit()
    return found


def _timed(
    name: str, size: tuple[int, int], drawn: Iterator[None], count: int, flips: bool, tick: Callable[[], None]
) -> Pictures:
    took = np.zeros(count)
    grew_from = 0
    for k in range(count):
        if k == count // 2:
            grew_from = psutil.Process().memory_info().rss
        began = time.perf_counter()
        next(drawn)
        if flips:
            pygame.display.flip()
            pygame.event.pump()
        took[k] = time.perf_counter() - began
        tick()
    grew = psutil.Process().memory_info().rss - grew_from
    took = 1000 * took[min(FPS, count // 10) :]  # the first letters of a size are drawn once
    figures = (float(np.median(took)), float(np.percentile(took, 99)), float(took.max()))
    return Pictures(name, size, count, *figures, grew / (1 << 20))


def performance() -> Iterator[Scene]:
    """The scenes of a performance that never ends."""
    dice = np.random.default_rng(1)
    cards = [
        Card(f"style-{k}", f"Style {k}", f"#{dice.integers(64, 256):02x}{dice.integers(64, 256):02x}e0")
        for k in range(STYLES)
    ]
    slugs = [card.slug for card in cards]
    said = dice.dirichlet(np.full(CODES, 0.05), (64, STYLES)).astype("<f4")
    whose = np.minimum(255, 256 * dice.dirichlet(np.full(STYLES, 0.2), 4096)).astype(np.uint8)
    heard = Transcript()
    heard.hear(Snapshot(epoch=1, t=1, chars=b"", voices=b"", styles=slugs, cards=cards, ended=False))
    presenter = Presenter(heard, cards)
    text, position = "", 1
    for k in range(1 << 62):
        now = k / FPS
        due = BEFORE + int(now * CPS) + 1 - position
        while len(text) < due:
            text += WORDS[dice.integers(len(WORDS))] + BREAKS[dice.integers(len(BREAKS))]
        chars, text = text[:due].encode(), text[due:]
        omega = said[position % len(said)]
        hand = 0.6 * math.sin(now / 3), 0.6 * math.cos(now / 4)
        pi = plane.pull(hand, presenter.points)
        pi = [0.9 / STYLES + 0.1 * share for share in pi]  # everyone is heard
        heard.hear(
            Frame(
                epoch=1,
                t=position,
                chars=chars,
                voices=whose[np.arange(position, position + due) % len(whose)].tobytes(),
                styles=slugs,
                pi=pi,
                active=list(range(STYLES)),
                omega=omega.tobytes(),
                rho=omega.mean(axis=0).astype("<f4").tobytes(),
                rate_cps=CPS,
                measured_cps=CPS,
            )
        )
        position += due
        scene = presenter.scene(now)
        scene.hand, scene.fps = hand, float(FPS)
        yield scene


def chorus(surface: pygame.Surface) -> Iterator[None]:
    """The performer's view, which has the most to draw."""
    performer = Performer(surface.get_size())
    for scene in performance():
        performer.draw(surface, scene)
        yield


def naive(surface: pygame.Surface) -> Iterator[None]:
    """The same picture with a call for every letter, bar and layer; the field is our own."""
    performer = Performer(surface.get_size())
    letter = font(performer.typewriter.glyphs.pixels)
    area, high = performer.typewriter.area, performer.typewriter.glyphs.height
    for scene in performance():
        surface.fill(palette.GROUND)
        x, y = area.topleft
        since = max(0, len(scene.text) - area.height // high * performer.typewriter.columns // 2)
        for k in range(since, len(scene.text)):
            code = scene.text[k]
            if code == 10 or x > area.right:
                x, y = area.x, y + high
            if code > 32:
                image = letter.render(chr(code), True, palette.tint(scene.colours, scene.voices[k]), palette.GROUND)
                surface.blit(image, (x, y))
            x += performer.typewriter.glyphs.width
        tall = performer.rows_area.height / (STYLES + 1)
        colours = palette.blue_to_red(rows.LEVELS)
        for row, style in enumerate(scene.styles):
            foot = performer.rows_area.y + round((row + 1) * tall)
            for code in range(CODES):
                strength = math.sqrt(float(style.y[code])) if style.y is not None else 0.0
                bar = performer.rows_area.width // CODES - 1, round(strength * tall)
                at = performer.rows_area.x + code * (bar[0] + 1), foot - bar[1]
                pygame.draw.rect(surface, colours[round(strength * (len(colours) - 1))].tolist(), (*at, *bar))
        _naive_strip(surface, performer, scene)
        performer._draw_field(surface, scene)
        performer._draw_corner(surface, scene)
        yield


def _naive_strip(surface: pygame.Surface, performer: Performer, scene: Scene) -> None:
    each = letters_a_column(scene.rate_cps, performer.strip.columns)
    for column, share in enumerate(shares(scene.voices[-performer.strip.columns * each :], each).tolist()):
        x, y = performer.strip_at[0] + column * COLUMN, float(performer.strip_at[1])
        for part, colour in zip(share, scene.colours, strict=True):
            high = part * performer.strip.size[1]
            pygame.draw.rect(surface, palette.dim(colour, STRENGTH), (x, round(y), COLUMN, round(y + high) - round(y)))
            y += high


def floor(surface: pygame.Surface) -> Iterator[None]:
    """Every pixel written once."""
    while True:
        surface.fill(palette.GROUND)
        yield


DRAWS: dict[str, Callable[[pygame.Surface], Iterator[None]]] = {"Chorus": chorus, "naive": naive, "floor": floor}


def table(found: list[Pictures], _: BenchConfig) -> Table:
    made = Table(title=f"a picture of {STYLES} speaking styles, {CPS:.0f} characters a second, in ms")
    for head in ("way", "size", "pictures", "median", "p99", "promised", "longest", "memory"):
        made.add_column(head, justify="left" if head == "way" else "right")
    for row in found:
        promised = f"{row.promised_ms:g}" if row.promised_ms else ""
        figures = (f"{row.median_ms:.1f}", f"{row.p99_ms:.1f}", promised, f"{row.longest_ms:.1f}")
        size = f"{row.size[0]}x{row.size[1]}"
        made.add_row(row.way, size, f"{row.pictures:,}", *figures, f"{row.grew_mb:+.1f} MB")
    return made
