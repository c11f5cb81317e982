"""Settings of windows: views, screens, size."""

import argparse
from dataclasses import dataclass

from deploy.options.settings import flag
from deploy.options.types import parse_size, write_size
from display.config import SIZE, VIEWS

WINDOWS = "windows"


@dataclass(frozen=True)
class Shown:
    """A view, and the screen it is on; 0: the one that --screen says."""

    view: str
    screen: int = 0

    def __str__(self) -> str:
        return f"{self.view}@{self.screen}" if self.screen else self.view


def parse_view(text: str) -> Shown:
    """`audience`, or `audience@2`."""
    view, _, screen = text.partition("@")
    if view not in VIEWS or not (screen or "1").isdecimal() or int(screen or 1) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a view: there are {', '.join(VIEWS)}, on a screen of its own with @2"
        )
    return Shown(view, int(screen or 0))


def parse_screen(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a screen: they are counted from 1")
    return int(text)


@dataclass(frozen=True, kw_only=True)
class WindowOptions:
    view: list[Shown] = flag(
        [],
        "performer, with everything (the default); audience, the text alone, large; operator, how everyone is; "
        "several times for several windows: --view performer --view audience@2",
        metavar="VIEW[@SCREEN]",
        read=parse_view,
        many=True,
        group=WINDOWS,
    )
    size: tuple[int, int] = flag(SIZE, "", metavar="WxH", read=parse_size, write=write_size, group=WINDOWS)
    fullscreen: bool = flag(False, "all windows; the key f changes one", group=WINDOWS)
    screen: int = flag(1, "where they open (default: the first)", metavar="N", read=parse_screen, group=WINDOWS)
