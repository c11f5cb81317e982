"""Metrics of a performance for Prometheus, through Ray's own.

With `ray[default]` installed, Ray's agent serves them at every node's metrics port (`chorus node --metrics-port`), by names
that begin with `ray_chorus_`. Without it nobody asks, and it costs nothing.
"""

from collections.abc import Callable
from typing import Any

from ray.util.metrics import Gauge

from actors.wire.messages import Frame, Health, StyleHealth

OF_ALL: dict[str, tuple[str, Callable[[Frame, Health], float]]] = {
    "characters": ("characters written", lambda _, health: health.position - 1),
    "characters_per_second": ("measured", lambda frame, _: frame.measured_cps),
    "longest_wait_ms": ("for a character, of late", lambda _, health: health.longest_wait_ms),
    "coordinator_restarts": ("since the performance began", lambda _, health: health.epoch - 1),
    "journal_trouble": ("1 when nothing can be recorded", lambda _, health: float(bool(health.journal))),
    "styles": ("in the ensemble", lambda _, health: len(health.styles)),
    "styles_ready": ("that can speak", lambda _, health: sum(s.state == "ready" for s in health.styles)),
    "nodes_in_trouble": ("that are not heard", lambda _, health: sum(bool(node.trouble) for node in health.nodes)),
}
OF_EACH: dict[str, tuple[str, Callable[[float, StyleHealth], float]]] = {
    "weight": ("as sent", lambda weight, _: weight),
    "behind": ("characters", lambda _, style: style.behind),
    "step_ms": ("of the last step", lambda _, style: style.step_ms),
    "restarts": ("of its process", lambda _, style: style.restarts),
}


class Metrics:
    """Gauges of the whole, and of every style: weight, how far behind, milliseconds a step, restarts."""

    def __init__(self) -> None:
        self._whole = {name: Gauge(f"chorus_{name}", what) for name, (what, _) in OF_ALL.items()}
        self._style: dict[str, Any] = {
            name: Gauge(f"chorus_style_{name}", what, tag_keys=("style",)) for name, (what, _) in OF_EACH.items()
        }

    def tell(self, frame: Frame, health: Health) -> None:
        for name, gauge in self._whole.items():
            gauge.set(float(OF_ALL[name][1](frame, health)))
        weights = dict(zip(frame.styles, frame.pi, strict=True))
        for style in health.styles:
            for name, gauge in self._style.items():
                gauge.set(OF_EACH[name][1](weights.get(style.slug, 0.0), style), {"style": style.slug})
