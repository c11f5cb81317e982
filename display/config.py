"""The configuration of a window. Loads without pygame."""

import msgspec

from actors.wire.endpoints import Endpoints
from actors.wire.messages import Card

VIEWS = ("performer", "audience", "operator")
SIZE = 1280, 800


class WindowConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Configuration of `display.app`: which ensemble it shows, how, and on which screen, counted from 1."""

    endpoints: Endpoints
    cards: list[Card] = []
    size: tuple[int, int] = SIZE  # pixels
    fullscreen: bool = False
    view: str = VIEWS[0]
    screen: int = 1
