"""`chorus status`: shows the ensemble that is playing, here or elsewhere, and the state of every style."""

import json
import math
from dataclasses import dataclass
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from actors.section.tape import SLOTS
from actors.wire.messages import Frame, Health
from deploy.options.connection import Connection
from deploy.options.settings import flag
from deploy.session import discovery

SUMMARY = "say what is playing, and how every style is"
HELP = "Rate, weights, and of every style its state, how far behind the text it is, and how long its last step took."
HEARS_S = 3.0


@dataclass(frozen=True, kw_only=True)
class StatusConfig(Connection):
    json: bool = flag(False, "as JSON, for programs")


def run(config: StatusConfig) -> None:
    with discovery.heard(discovery.chosen(config), HEARS_S) as client:
        frame, health = client.frame, client.health
    assert frame is not None
    assert health is not None
    if config.json:
        print(json.dumps(as_json(frame, health)))
    else:
        show(frame, health, Console(highlight=False))


def as_json(frame: Frame, health: Health) -> dict[str, Any]:
    """The performance as `--json` prints it."""
    weights = dict(zip(frame.styles, frame.pi, strict=True))
    speaking = {frame.styles[k] for k in frame.active}
    return {
        "position": health.position,
        "rate_cps": None if math.isinf(frame.rate_cps) else frame.rate_cps,  # null: as fast as it goes
        "measured_cps": round(frame.measured_cps, 1),
        "coordinator": {"pid": health.pid, "life": health.epoch},
        "journal": health.journal or "written",
        "longest_wait_ms": round(health.longest_wait_ms, 1),
        "event": health.event,
        **{name: getattr(frame, name) for name in ("temperature", "pooling", "evenness", "top_p", "cross")},
        "monolith": msgspec.to_builtins(health.monolith),
        "lookahead": {"width": frame.width, "depth": frame.depth, "boldness": frame.boldness, "auto": frame.auto},
        "hands": [msgspec.to_builtins(hand) for hand in frame.hands],
        "solo": frame.solo,
        "held": frame.held,
        "styles": [
            msgspec.to_builtins(style)
            | {
                "weight": weights.get(slug := style.slug, 0.0),
                "speaks": slug in speaking,
                "node": member.slot_id // SLOTS,
            }
            for style, member in zip(health.styles, health.roster, strict=False)
        ],
        "nodes": [msgspec.to_builtins(node) for node in health.nodes],
    }


def show(frame: Frame, health: Health, console: Console) -> None:
    row = as_json(frame, health)
    rate = "as fast as it goes" if row["rate_cps"] is None else f"at {row['rate_cps']:g} characters a second"
    console.print(
        f"{row['position'] - 1:,} characters written, {rate} ({row['measured_cps']:g} measured, "
        f"{row['longest_wait_ms']:g} ms the longest wait of late); "
        f"coordinator {health.pid}, life {health.epoch}; journal: {row['journal']}"
        + (f"; last: {health.event}" if health.event else "")
    )
    for hand in row["hands"]:
        console.print(f"hand: {hand['name']}, decides {hand['decides']} styles, touched {hand['ago_s']:.0f} s ago")
    if row["solo"] or row["held"]:
        console.print(f"solo: {', '.join(row['solo']) or 'nobody'}; held: {', '.join(row['held']) or 'nobody'}")
    for node in row["nodes"]:
        how = node["trouble"] or f"answers within {node['answer_ms']:.1f} ms"
        console.print(f"node {node['node']}: {node['host']}, {how}")
    table = Table("style", "weight", "state", "node", "behind", "ms a step", "process", "restarts", "", box=None)
    across = {"weight": row["cross"], "speaks": row["cross"] > 0, "node": 0}
    for style in [*row["styles"], *([row["monolith"] | across] if row["monolith"] else [])]:
        table.add_row(
            style["slug"],
            f"{style['weight']:.3g}" if style["weight"] else "",
            "speaks" if style["speaks"] and style["state"] == "ready" else style["state"],
            str(style["node"]),
            str(style["behind"]),
            f"{style['step_ms']:.2f}",
            str(style["pid"] or ""),
            str(style["restarts"] or ""),
            style["message"],
        )
    console.print(table)
