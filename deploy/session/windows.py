"""The windows of a performance: which views, on which screens. Closing the first one ends the performance."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

from actors import EnsembleError
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Card
from deploy.options.types import parse_size
from deploy.session.session import Session
from deploy.session.supervisor import Beside, watch
from display.config import SIZE, VIEWS, WindowConfig

MOST_CRASHES = 3  # of a window, one soon after the other
LONG_ENOUGH_S = 60.0


@dataclass(frozen=True)
class Shown:
    """A view, and the screen it is on; 0: the one that --screen says."""

    view: str
    screen: int = 0


def parse_view(text: str) -> Shown:
    """`audience`, or `audience@2`."""
    view, _, screen = text.partition("@")
    if view not in VIEWS or not (screen or "1").isdecimal() or int(screen or 1) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no view: there are {', '.join(VIEWS)}, on a screen of its own with @2"
        )
    return Shown(view, int(screen or 0))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How a performance is shown here."""
    look = parser.add_argument_group("windows")
    look.add_argument(
        "--view",
        type=parse_view,
        action="append",
        default=[],
        metavar="VIEW[@SCREEN]",
        help="performer, with everything (the default); audience, the text alone, large; operator, how everyone is; "
        "several times for several windows: --view performer --view audience@2",
    )
    look.add_argument("--size", type=parse_size, default=SIZE, metavar="WxH", help="(default: 1280x800)")
    look.add_argument("--fullscreen", action="store_true", help="all windows; the key f changes one")
    look.add_argument("--screen", type=_screen, default=1, metavar="N", help="where they open (default: the first)")


def _screen(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no screen: they are counted from 1")
    return int(text)


def configs(args: argparse.Namespace, endpoints: Endpoints, cards: Sequence[Card]) -> list[WindowConfig]:
    """The configuration of every window."""
    return [
        WindowConfig(
            endpoints=endpoints,
            cards=list(cards),
            size=args.size,
            fullscreen=args.fullscreen,
            view=shown.view,
            screen=shown.screen or args.screen,
        )
        for shown in args.view or [Shown(VIEWS[0])]
    ]


class _Window:
    """One of them, through all its lives."""

    def __init__(self, session: Session, config: WindowConfig, log: str) -> None:
        self.session, self.config, self.log = session, config, log
        self.crashes = 0
        self._open()

    def _open(self) -> None:
        self.process, self.began = self.session.start("display.app", self.config, self.log), time.monotonic()

    def closed(self) -> bool:
        """Whether it was closed by hand; one that crashed is opened again.

        Raises EnsembleError when it crashes again and again.
        """
        code = self.process.poll()
        if code is None:
            return False
        if code == 0:
            return True
        self.crashes = self.crashes + 1 if time.monotonic() - self.began < LONG_ENOUGH_S else 1
        if self.crashes > MOST_CRASHES:
            last = self.session.log(self.log).splitlines()[-1:] or [f"exit code {code}"]
            raise EnsembleError(f"the window cannot be kept open ({last[0]}): play --headless needs none")
        self._open()
        return False


def keep(session: Session, beside: Beside | None, configs: Sequence[WindowConfig]) -> int:
    """Open them and keep them open until the first is closed; the others may be closed before."""
    windows = [
        _Window(session, each, "display.app" if k == 0 else f"display.app {k + 1}") for k, each in enumerate(configs)
    ]
    while not windows[0].closed():
        windows[1:] = [window for window in windows[1:] if not window.closed()]
        watch(session, beside)
        time.sleep(0.1)
    return 0
