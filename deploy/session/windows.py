"""The windows of a performance. Closing the first one ends it; the others may be closed before."""

import os
import sys
import time
from collections.abc import Sequence

from actors.wire.endpoints import Endpoints
from actors.wire.messages import Card
from deploy.options.windows import Shown, WindowOptions
from deploy.session.supervisor import WINDOW, Supervisor
from display.config import VIEWS, WindowConfig


def configs(options: WindowOptions, endpoints: Endpoints, cards: Sequence[Card]) -> list[WindowConfig]:
    """The configuration of every window."""
    return [
        WindowConfig(
            endpoints=endpoints,
            cards=list(cards),
            size=options.size,
            fullscreen=options.fullscreen,
            view=shown.view,
            screen=shown.screen or options.screen,
        )
        for shown in options.view or [Shown(VIEWS[0])]
    ]


def keep(supervisor: Supervisor, configs: Sequence[WindowConfig]) -> None:
    """Open windows, and keep them open until the first is closed. Raises EnsembleError when one crashes again and again."""
    for k, config in enumerate(configs):
        supervisor.start(WINDOW if k == 0 else f"{WINDOW} {k + 1}", WINDOW, config)
    while supervisor.has(WINDOW):
        supervisor.look()
        time.sleep(0.1)


def has_display() -> bool:
    """True when a window can be opened."""
    if sys.platform != "linux" or os.environ.get("SDL_VIDEODRIVER"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
