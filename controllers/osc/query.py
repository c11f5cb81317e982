"""OSCQuery: the address space and its present values as JSON, for surfaces that build themselves from it.

Follows the proposal of Vidvox, without its WebSocket part. Pure: `answer` takes a request and the present state, and
returns status and object; `query_server` carries them over HTTP.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from actors.wire import codec
from actors.wire.client import Client
from actors.wire.messages import Frame
from actors.wire.parameters import PARAMETERS, Parameter
from controllers.osc import addresses as osc_addresses
from controllers.osc.addresses import Address
from controllers.osc.outgoing import LARGEST_FLOAT

Node = dict[str, Any]

NOTHING, READ, WRITE, BOTH = 0, 1, 2, 3  # the proposal's ACCESS
DECIMALS = 6  # of a probability: enough, and a third of the bytes
EXTENSIONS = dict.fromkeys(("ACCESS", "VALUE", "RANGE", "DESCRIPTION"), True) | dict.fromkeys(
    ("TAGS", "EXTENDED_TYPE", "UNIT", "CRITICAL", "CLIPMODE", "OVERLOADS", "HTML", "LISTEN", "PATH_CHANGED"), False
)
ATTRIBUTES = {"FULL_PATH", "CONTENTS", "TYPE", *EXTENSIONS} - {"LISTEN", "PATH_CHANGED"}


@dataclass(frozen=True)
class About:
    """The name of this instrument, and its OSC port."""

    name: str
    port: int


@dataclass(frozen=True)
class Present:
    """The present state, from which values are read."""

    styles: Sequence[str] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    frame: Frame | None = None
    presets: Sequence[str] = ()
    refused: int = 0


@dataclass(frozen=True)
class Method:
    """One path: `tags` in OSC types, its values (None: there are none now), and the range of each."""

    address: Address
    tags: str
    access: int
    value: Sequence[Any] | None = None
    range: Sequence[Mapping[str, Any]] | None = None
    of: str = ""  # the title of its style


def present(client: Client, refused: int) -> Present:
    """The present state. It reads objects that the client replaces and never changes, so any thread may call it."""
    frame, health = client.frame, client.health
    return Present(
        styles=frame.styles if frame else client.styles,
        titles={card.slug: card.title for card in client.cards},
        frame=frame,
        presets=health.presets if health else (),
        refused=refused,
    )


def answer(target: str, now: Present, about: About, ip: str) -> tuple[int, Node | None]:
    """HTTP status and object for a request's target, such as `/chorus/rate?VALUE`. `ip`: our address for that client."""
    try:
        url = urlsplit(target)
    except ValueError:
        return 400, None
    path, attribute = unquote(url.path).rstrip("/") or "/", url.query.rstrip("=")
    if attribute == "HOST_INFO":
        return 200, host_info(about, ip)
    if not path.startswith("/") or (attribute and attribute not in ATTRIBUTES):
        return 400, None
    node = tree(now)
    for name in path.split("/")[1:] if path != "/" else []:
        below = node.get("CONTENTS", {}).get(name)
        if below is None:
            return 404, None
        node = below
    if not attribute:
        return 200, node
    return (200, {attribute: node[attribute]}) if attribute in node else (204, None)


def host_info(about: About, ip: str) -> Node:
    """The HOST_INFO of the proposal."""
    return {"NAME": about.name, "OSC_IP": ip, "OSC_PORT": about.port, "OSC_TRANSPORT": "UDP", "EXTENSIONS": EXTENSIONS}


def tree(now: Present) -> Node:
    """The whole address space from its root."""
    root: Node = {"FULL_PATH": "/", "ACCESS": NOTHING, "DESCRIPTION": "Chorus, a live text instrument", "CONTENTS": {}}
    for path, method in methods(now):
        node, so_far = root, ""
        for name in path.split("/")[1:]:
            so_far += f"/{name}"
            empty = {"FULL_PATH": so_far, "ACCESS": NOTHING}
            node = node.setdefault("CONTENTS", {}).setdefault(name, empty)
        node |= {"TYPE": method.tags, "ACCESS": method.access, "DESCRIPTION": _described(method)}
        if method.value is not None:
            node["VALUE"] = list(method.value)
        if method.range is not None:
            node["RANGE"] = list(method.range)
    return root


def methods(now: Present) -> Iterator[tuple[str, Method]]:
    """Every address with its present path, those with STYLE once a style."""
    for method in _alone(now):
        yield method.address.path, method
    said = _said(now.frame)
    weight = dict(zip(now.frame.styles, now.frame.pi, strict=True)) if now.frame else {}
    for slug in now.styles:
        of = now.titles.get(slug, slug)
        pi = [_float(weight[slug])] if slug in weight else None
        held = [int(slug in now.frame.held)] if now.frame else None
        y = "f" * codec.CODES
        for method in (
            Method(osc_addresses.WEIGHT, "f", BOTH, pi, [{"MIN": 0, "MAX": 1}], of),
            Method(osc_addresses.HOLD, "i", BOTH, held, [{"VALS": [0, 1]}], of),
            Method(osc_addresses.Y, y, READ, said.get(slug), None, of),
        ):
            yield osc_addresses.path(method.address, slug), method


def _alone(now: Present) -> tuple[Method, ...]:
    """The addresses without STYLE."""
    n, frame = max(1, len(now.styles)), now.frame
    pi = [_float(weight) for weight in frame.pi] if frame else None
    port = [{"MIN": 0, "MAX": 65535}]
    slugs, solo = list(now.styles), frame.solo if frame else []
    char = [frame.chars[-1], frame.t + len(frame.chars) - 1] if frame and frame.chars else None
    return (
        Method(osc_addresses.WEIGHTS, "f" * n, BOTH, pi, [{"MIN": 0, "MAX": 1}] * n),
        *(_setting(parameter, frame) for parameter in PARAMETERS),
        Method(osc_addresses.SOLO, "s" * (len(solo) or 1), BOTH, solo or None, [{"VALS": slugs}] * (len(solo) or 1)),
        Method(osc_addresses.PRESET, "s", WRITE, None, [{"VALS": list(now.presets)}]),
        Method(osc_addresses.KEEP, "s", WRITE),
        Method(osc_addresses.SUBSCRIBE, "i", WRITE, None, port),
        Method(osc_addresses.UNSUBSCRIBE, "i", WRITE, None, port),
        Method(osc_addresses.STYLES, "s" * n, READ, slugs or None),
        Method(osc_addresses.CHAR, "ii", READ, char),
        Method(osc_addresses.PI, "f" * n, READ, pi),
        Method(osc_addresses.RHO, "f" * codec.CODES, READ, _row(frame.rho) if frame and frame.rho else None),
        Method(osc_addresses.ERROR, "s", NOTHING),
        Method(osc_addresses.REFUSED, "i", READ, [now.refused]),
    )


def _setting(parameter: Parameter, frame: Frame | None) -> Method:
    """The address of a live parameter."""
    values = None
    if frame:
        values = [_float(value) if isinstance(value, float) else value for value in parameter.values(frame)]
    return Method(osc_addresses.setting(parameter), parameter.tags, BOTH, values, parameter.ranges)


def _said(frame: Frame | None) -> dict[str, list[float]]:
    """The newest y of every active style."""
    if frame is None or not frame.omega:
        return {}
    rows = codec.rows(frame.omega)
    return {frame.styles[style]: _row(row.tobytes()) for style, row in zip(frame.active, rows, strict=True)}


def _described(method: Method) -> str:
    return f"{method.of}: {method.address.meaning}" if method.of else method.address.meaning


def _row(raw: bytes) -> list[float]:
    return [round(float(value), DECIMALS) for value in codec.rows(raw)[0]]


def _float(value: float) -> float:
    return min(value, LARGEST_FLOAT)  # JSON has no infinity


def encoded(node: Node) -> bytes:
    """The object as JSON."""
    return json.dumps(node, ensure_ascii=False, allow_nan=False).encode()
