"""Findings of `chorus doctor`: a level, a line, a remedy; and how figures and lists are written in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

Level = Literal["ok", "warning", "fault"]

MB = 1_000_000
PATIENCE_S = 60.0
MOST_NAMED = 6


@dataclass(frozen=True)
class Finding:
    """The result of a check in one line; `do` is the remedy, empty when there is nothing to do."""

    level: Level
    says: str
    do: str = ""


ok, warning, fault = (partial(Finding, level) for level in get_args(Level))


def megabytes(size: int) -> str:
    """`86 MB`; from ten thousand on, GB."""
    return f"{size / MB:,.0f} MB" if size < 10_000 * MB else f"{size / MB / 1000:,.0f} GB"


def few(named: Iterable[str]) -> str:
    """The first few, and how many more there are."""
    names = list(named)
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def last_line(text: str) -> str:
    """The last line of a program's output."""
    return (text.strip().splitlines() or ["it says nothing"])[-1]
