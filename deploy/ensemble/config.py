"""The configuration of the ensemble's process. Loads without Ray."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from actors.coordinator.config import CoordinatorConfig
from deploy.paths import ENGINES


@dataclass(frozen=True, kw_only=True)
class EnsembleConfig:
    """The styles, and the machines that play them. The ensemble's process completes `coordinator`."""

    coordinator: CoordinatorConfig  # its tape has the session's name
    address: str = ""  # of the head of the Ray cluster that is joined; empty: a Ray of its own
    place: dict[str, str] = field(default_factory=dict)  # by slug: a host, a machine's name, a label, or gpu
    monolith: Path | None = None  # its package
    watched: list[Path] = field(default_factory=list)  # folders whose new packages join
    engines: Path = ENGINES
    parent: int = field(default_factory=os.getpid)  # while it lives, it takes away what the session leaves behind
