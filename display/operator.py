"""The operator's view: rates, delays, styles, nodes and events of the ensemble; trouble stands out at a glance."""

from collections.abc import Sequence

import pygame

from actors.wire.messages import StyleHealth
from display import palette
from display.glyphs import label
from display.palette import Colour
from display.performer import rate_words, settings
from display.scene import Scene

GOOD, WAITS, BAD = palette.QUIET, palette.WARNING, (255, 110, 100)
STATES = {"ready": GOOD, "late": WAITS, "loading": WAITS, "reading": WAITS, "failed": BAD, "lost": BAD}
WIDE = 70  # letters of a style's line
HEADS = f"{'style':22}{'state':9}{'weight':>7}{'ms/step':>9}{'behind':>8}{'restarts':>10}"
EVENTS = 7
Words = Sequence[tuple[str, Colour]]  # of one line, side by side


class Operator:
    """Draws scenes of one size."""

    plane = None

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.margin = round(min(size) * 0.04)
        self.pixels = max(9, round(min(size[1] / 44, size[0] / 90)))

    def draw(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draws `scene` over everything that is on `surface`."""
        surface.fill(palette.GROUND)
        line = round(self.pixels * 1.5)
        y = self._lines(surface, self.margin, self._summary(scene))
        below = self._below(scene)
        room = (self.size[1] - self.margin - y - line * (len(below) + 1)) // line
        y = self._styles(surface, scene, y + line, max(1, room))
        self._lines(surface, y + line, below)

    def _summary(self, scene: Scene) -> list[Words]:
        health = scene.health
        if health is None:
            return [[(scene.note or "nothing is heard of the ensemble yet", WAITS)]]
        wait = health.longest_wait_ms
        period = 1000 / scene.rate_cps if 0 < scene.rate_cps < 1000 else 0.0
        words: Words = [
            (f"{scene.measured_cps:.1f} characters/s", palette.TEXT),
            (f"of {rate_words(scene)}", GOOD),
            (f"longest wait {wait:.0f} ms", WAITS if period and wait > 2 * period + 50 else GOOD),
            (f"position {health.position:,}", GOOD),
            (f"life {health.epoch}, process {health.pid}", WAITS if health.epoch > 1 else GOOD),
            (f"{scene.fps:.0f} fps", WAITS if 0 < scene.fps < 50 else GOOD),
        ]
        more: Words = [(word, GOOD) for word in settings(scene)]
        troubles = [trouble for trouble in (health.journal, health.outside, scene.note) if trouble]
        return [words, *([more] if more else []), *([(trouble, BAD)] for trouble in dict.fromkeys(troubles))]

    def _styles(self, surface: pygame.Surface, scene: Scene, y: int, rows: int) -> int:
        """Draws all styles in as many columns as needed; returns the y at which they end."""
        everyone = scene.health.styles if scene.health else []
        letter = label(self.pixels, "m", palette.TEXT).get_width()
        line = round(self.pixels * 1.5)
        columns = max(1, (self.size[0] - 2 * self.margin) // (WIDE * letter))
        most = max(1, rows - 1)
        needed = min(columns, -(-len(everyone) // most)) or 1
        each = max(1, min(most, -(-len(everyone) // needed)))
        weights = {style.title: share for style, share in zip(scene.styles, scene.weights, strict=True)}
        for k, style in enumerate(everyone[: columns * each]):
            x = self.margin + k // each * WIDE * letter
            if k % each == 0:
                surface.blit(label(self.pixels, HEADS, palette.FAINT), (x, y))
            view = scene.styles[k] if k < len(scene.styles) else None
            title = view.title if view else style.slug
            colour = palette.legible(view.colour) if view else palette.TEXT
            top = y + (k % each + 1) * line
            self._style(surface, x, top, style, title, colour, weights.get(title, 0.0))
        if len(everyone) > columns * each:
            hidden = f"and {len(everyone) - columns * each} more: make the window larger"
            surface.blit(label(self.pixels, hidden, WAITS), (self.margin, y + (each + 1) * line))
            return y + (each + 2) * line
        return y + (each + 1) * line

    def _style(
        self, surface: pygame.Surface, x: int, y: int, style: StyleHealth, title: str, colour: Colour, weight: float
    ) -> None:
        letter = label(self.pixels, "m", palette.TEXT).get_width()
        surface.fill(palette.WEIGHT_BAR, (x - 4, y, round(weight * 22 * letter), round(self.pixels * 1.35)))
        surface.blit(label(self.pixels, title[:21], colour), (x, y))
        state = STATES.get(style.state, BAD)
        surface.blit(label(self.pixels, style.state, state), (x + 22 * letter, y))
        if style.message and state != GOOD:
            surface.blit(label(self.pixels, style.message[: WIDE - 33], state), (x + 32 * letter, y))
            return
        figures = f"{weight:7.0%}{style.step_ms:9.2f}{style.behind:8}{style.restarts:10}"
        surface.blit(label(self.pixels, figures, WAITS if style.restarts else GOOD), (x + 31 * letter, y))

    def _below(self, scene: Scene) -> list[Words]:
        """The lines below the styles: nodes, the monolith, visitors, and the last events."""
        health = scene.health
        lines: list[Words] = []
        for node in health.nodes if health else ():
            colour = BAD if node.trouble else GOOD
            lines.append([(f"node {node.node} {node.host}: {node.trouble or f'{node.answer_ms:.1f} ms'}", colour)])
        if health and health.monolith:
            one = health.monolith
            state = STATES.get(one.state, BAD)
            lines.append([(f"monolith {one.state}, {one.step_ms:.2f} ms a step, {one.behind} behind", state)])
        if scene.page:
            admitted = f"admitted to {scene.admitted:.0%}" if scene.admitted else "not admitted"
            lines.append([(f"page {scene.page}: visitors {admitted}, {len(scene.pulls)} pulling", GOOD)])
        for at, event in list(scene.events)[-EVENTS:]:
            lines.append([(f"{max(0.0, scene.now - at):5.0f} s ago  {event}", palette.TEXT)])
        return lines

    def _lines(self, surface: pygame.Surface, y: int, lines: Sequence[Words]) -> int:
        """Draws lines of words; returns the y at which they end."""
        for words in lines:
            x = self.margin
            for text, colour in words:
                image = label(self.pixels, text, colour)
                if x > self.margin and x + image.get_width() > self.size[0] - self.margin:
                    x, y = self.margin, y + round(self.pixels * 1.5)
                surface.blit(image, (x, y))
                x += image.get_width() + 2 * self.pixels
            y += round(self.pixels * 1.5)
        return y
