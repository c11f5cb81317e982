"""Metrics of a performance for Prometheus, through Ray's own.

With `ray[default]` installed, Ray's agent serves them at every node's metrics port (`chorus node --metrics-port`), by names
that begin with `ray_chorus_`. Without it nobody asks, and it costs nothing.
"""

from collections.abc import Callable
from typing import Any

from ray.util.metrics import Gauge

from actors.wire.messages import Frame, Health

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


class Metrics:
    """Gauges of the whole, and of every style: weight, how far behind, milliseconds a step, restarts."""

    def __init__(self) -> None:
        self._whole = {name: Gauge(f"chorus_{name}", what) for name, (what, _) in OF_ALL.items()}
        self._style: dict[str, Any] = {
            name: Gauge(f"chorus_style_{name}", what, tag_keys=("style",))
            for name, what in (
                ("weight", "as sent"),
                ("behind", "characters"),
                ("step_ms", "of the last step"),
                ("restarts", "of its process"),
            )
        }

    def tell(self, frame: Frame, health: Health) -> None:
        for name, gauge in self._whole.items():
            gauge.set(float(OF_ALL[name][1](frame, health)))
        weights = dict(zip(frame.styles, frame.pi, strict=True))
        for style in health.styles:
            of = {"style": style.slug}
            self._style["weight"].set(weights.get(style.slug, 0.0), of)
            self._style["behind"].set(style.behind, of)
            self._style["step_ms"].set(style.step_ms, of)
            self._style["restarts"].set(style.restarts, of)
