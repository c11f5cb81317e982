"""The keys and the mouse of a window: one table, which the window, its sheet of keys and the README read."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pygame

from actors.wire.parameters import CROSS, POOLING, VISITORS
from display.mouse import FASTER, SLOWER, WARMER, Mouse


class Screen(Protocol):
    """The parts of a window that keys change."""

    tinted: bool
    plain: bool
    keys_shown: bool
    ended: bool

    def next_view(self) -> None: ...

    def toggle_fullscreen(self) -> None: ...


@dataclass(frozen=True)
class Press:
    """One key press: the number of the key in its row, from 0, and whether shift was held."""

    mouse: Mouse
    screen: Screen
    number: int
    shift: bool

    def toggle(self, name: str) -> None:
        """Switches one of the screen's looks on or off."""
        setattr(self.screen, name, not getattr(self.screen, name))


@dataclass(frozen=True)
class Row:
    """Keys that belong together, and their command. Rows without one describe the mouse."""

    shown: str
    meaning: str
    command: Callable[[Press], object] | None = None
    keys: Sequence[int] = ()  # of pygame
    typed: str = ""  # characters, for keys that stand elsewhere on every keyboard


ROWS = (
    Row("drag", "pull the mix: the nearer a style, the more it speaks"),
    Row("right click", "hold a style at its weight, or let it go"),
    Row("middle click", "one style solo, or everyone again"),
    Row(
        "wheel, up/down",
        "faster, slower",
        lambda press: press.mouse.change_rate((FASTER, SLOWER)[press.number]),
        (pygame.K_UP, pygame.K_DOWN),
    ),
    Row("space", "stand still, go on", lambda press: press.mouse.stand_or_go(), (pygame.K_SPACE,)),
    Row("m", "as fast as it goes", lambda press: press.mouse.set_rate(math.inf), (pygame.K_m,)),
    Row(
        "1 \u2026 9",
        "one style alone",
        lambda press: press.mouse.alone(press.number),
        range(pygame.K_1, pygame.K_9 + 1),
    ),
    Row("e", "all styles equally", lambda press: press.mouse.level(), (pygame.K_e,)),
    Row("[ ]", "tamer, wilder", lambda press: press.mouse.warm((1 / WARMER, WARMER)[press.number]), typed="[]"),
    Row(
        "F1 \u2026 F8",
        "recall a mix; with shift: keep it",
        lambda press: press.mouse.preset(f"F{press.number + 1}", press.shift),
        range(pygame.K_F1, pygame.K_F8 + 1),
    ),
    Row(
        "p",
        "the next pooling: every letter from all, what all agree on, word by word",
        lambda press: press.mouse.next_word(POOLING),
        (pygame.K_p,),
    ),
    Row(
        "l",
        "look ahead before a letter is written: some, as far as there is time, not",
        lambda press: press.mouse.next_lookahead(),
        (pygame.K_l,),
    ),
    Row(
        "x",
        "across to the monolith, one network with all styles: half, all, back",
        lambda press: press.mouse.step(CROSS, (0.0, 0.5, 1.0)),
        (pygame.K_x,),
    ),
    Row(
        "g",
        "guests: how much of the mix visitors may pull with their phones",
        lambda press: press.mouse.step(VISITORS, (0.0, 0.25, 0.5)),
        (pygame.K_g,),
    ),
    Row("t", "tint by author, or plain", lambda press: press.toggle("tinted"), (pygame.K_t,)),
    Row("w", "as in the paper's figure, or as on our stage", lambda press: press.toggle("plain"), (pygame.K_w,)),
    Row("v", "the next view: performer, audience, operator", lambda press: press.screen.next_view(), (pygame.K_v,)),
    Row("f", "full screen", lambda press: press.screen.toggle_fullscreen(), (pygame.K_f, pygame.K_F11)),
    Row("?", "these keys", lambda press: press.toggle("keys_shown"), (pygame.K_h,), "?"),
    Row("esc", "end", lambda press: setattr(press.screen, "ended", True), (pygame.K_ESCAPE, pygame.K_q)),
)


def press(key: int, typed: str, shift: bool, mouse: Mouse, screen: Screen) -> None:
    """Runs the command of a key. `typed` is the character it gives on this keyboard, and goes before its position."""
    for row in ROWS:
        if row.command and typed and typed in row.typed:
            row.command(Press(mouse, screen, row.typed.index(typed), shift))
            return
    for row in ROWS:
        if row.command and key in row.keys:
            row.command(Press(mouse, screen, row.keys.index(key), shift))
            return


def markdown() -> str:
    """The table as display/README.md shows it."""
    lines = ["| key or mouse | what it does |", "|---|---|"]
    return "\n".join([*lines, *(f"| {row.shown} | {row.meaning} |" for row in ROWS)])
