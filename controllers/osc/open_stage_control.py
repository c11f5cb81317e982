"""A session for Open Stage Control, with a strip for every style. Pure data; `chorus osc --session` writes it.

Widgets and properties are those of version 1.25 and newer. The faders follow the weights, whichever hand moves them, and
the session subscribes for as long as it is open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from actors.wire.parameters import POOLING, RATE, TEMPERATURE, TEMPO, Number
from controllers.osc import addresses as osc_addresses
from controllers.osc.addresses import Address

Widget = dict[str, Any]

VERSION = "1.25.0"  # sessions of an older one would be converted
STRIPS = 12  # on a page: as many as fingers find on a tablet
BUTTON_HEIGHT, TITLE_HEIGHT, CONTROLS_HEIGHT, REFUSED_WIDTH = 34, 46, 150, 120  # pixels
FASTEST_CPS = 60  # at the end of the fader; beside it stands "max"
FASTEST_BPM = 240
PRESETS = tuple(f"F{k}" for k in range(1, 9))  # the window's keys
RENEWED_S = 60

FOLLOW = """\
var names = [].concat(get("styles"))
;[].concat(value).forEach(function(weight, k) {
    if (names[k]) set("weight/" + names[k], weight, {external: true})
})"""


@dataclass(frozen=True)
class Shown:
    """A style as a strip shows it."""

    slug: str
    title: str
    colour: str


def session(styles: Sequence[Shown], target: str) -> Widget:
    """The session that plays these styles at `target`, HOST:PORT."""
    ask = f'send("{target}", "{osc_addresses.SUBSCRIBE.path}")'
    asking = f'{ask}\nsetInterval("subscribe", function() {{ {ask} }}, {RENEWED_S * 1000})'
    inner = [*_received(), _controls(target), _pages(styles, target)]
    root = _panel("root", "vertical", inner, type="root", onCreate=asking)
    return {"createdWith": "Chorus", "version": VERSION, "type": "session", "content": root}


def widgets(of: Widget) -> Iterator[Widget]:
    """Everything in a session, a page or a panel, from top to bottom."""
    inner = [of["content"]] if "content" in of else [*of.get("tabs", ()), *of.get("widgets", ())]
    for widget in inner:
        yield widget
        yield from widgets(widget)


def _received() -> list[Widget]:
    """Widgets without a place on the screen: the names in order, and the weights that move the faders."""
    return [
        _widget("variable", "styles", address=osc_addresses.STYLES.path),
        _widget("variable", "pi", address=osc_addresses.PI.path, onValue=FOLLOW),
    ]


def _pages(styles: Sequence[Shown], target: str) -> Widget:
    tabs = []
    for k in range(0, len(styles), STRIPS):
        page = styles[k : k + STRIPS]
        label = " … ".join(dict.fromkeys((page[0].title, page[-1].title)))
        strips = [_strip(style, target) for style in page]
        tabs.append(_panel(f"page {k // STRIPS + 1}", "horizontal", strips, type="tab", label=label))
    return _widget("panel", "pages", expand=True, tabs=tabs)


def _strip(style: Shown, target: str) -> Widget:
    slug = style.slug
    weight = {"range": {"min": 0, "max": 1}, "typeTags": "f", "decimals": 3, "expand": True}
    solo = {"label": "solo", "mode": "tap", "on": slug, "typeTags": "s", "height": BUTTON_HEIGHT}
    hold = {"label": "hold", "mode": "toggle", "on": 1, "off": 0, "typeTags": "i", "height": BUTTON_HEIGHT}
    inner = [
        _widget("text", f"title/{slug}", default=style.title, wrap="soft", height=TITLE_HEIGHT),
        _control("fader", f"weight/{slug}", target, osc_addresses.path(osc_addresses.WEIGHT, slug), **weight),
        _control("button", f"solo/{slug}", target, osc_addresses.SOLO.path, **solo),
        _control("button", f"hold/{slug}", target, osc_addresses.path(osc_addresses.HOLD, slug), **hold),
    ]
    return _panel(f"strip/{slug}", "vertical", inner, expand=True, colorWidget=style.colour, scroll=False)


def _controls(target: str) -> Widget:
    """The controls above the pages."""
    numbers = [
        _number("characters a second", target, RATE, 0, FASTEST_CPS),
        _number("temperature", target, TEMPERATURE, TEMPERATURE.low, TEMPERATURE.high),
        _number("beats a minute, 0: none", target, TEMPO, 0, FASTEST_BPM),
    ]
    presses = [
        _press(RATE.at_most, target, osc_addresses.setting(RATE), RATE.at_most),
        *(_press(word, target, osc_addresses.setting(POOLING), word) for word in POOLING.choices),
        _control("button", "everyone", target, osc_addresses.SOLO.path, mode="momentary", expand=True),
        *(_press(name, target, osc_addresses.PRESET, name) for name in PRESETS),
        *(_press(f"keep {name}", target, osc_addresses.KEEP, name) for name in PRESETS),
    ]
    said = [
        _widget("text", "error", address=osc_addresses.ERROR.path, wrap="soft", align="left", expand=True),
        _widget("text", "refused", address=osc_addresses.REFUSED.path, width=REFUSED_WIDTH),
    ]
    rows = [
        _panel(name, "horizontal", row, expand=True, scroll=False)
        for name, row in (("numbers", numbers), ("presses", presses), ("said", said))
    ]
    return _panel("controls", "vertical", rows, height=CONTROLS_HEIGHT, scroll=False)


def _number(name: str, target: str, parameter: Number, least: float, most: float) -> Widget:
    reach = {"range": {"min": least, "max": most}, "default": parameter.default, "typeTags": "f"}
    shown = {"html": name, "horizontal": True, "design": "compact", "expand": True}
    return _control("fader", name, target, osc_addresses.setting(parameter).path, **reach, **shown)


def _press(name: str, target: str, address: Address, word: str) -> Widget:
    return _control("button", name, target, address.path, mode="tap", on=word, typeTags="s", expand=True)


def _control(kind: str, name: str, target: str, address: str, **properties: Any) -> Widget:
    """A widget that sends, to Chorus alone."""
    sending = {"address": address, "target": [target], "ignoreDefaults": True, "bypass": False}
    return _widget(kind, name, **sending, **properties)


def _panel(name: str, layout: str, inner: list[Widget], **properties: Any) -> Widget:
    return _widget("panel", name, layout=layout, innerPadding=False, padding=4, **properties) | {"widgets": inner}


def _widget(kind: str, name: str, **properties: Any) -> Widget:
    """A widget that sends nothing; even a panel would otherwise send its page and its scroll position."""
    return {"type": kind, "id": name, "bypass": True} | properties
