"""The settings of an evaluation."""

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.options.settings import flag
from deploy.options.styles import ChosenStyles


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig(ChosenStyles):
    quick: bool = flag(False, "shorter texts: 2,000 characters each and not 4,000")
    corpora: Path | None = flag(None, "the training texts, for held-out figures and copies", metavar="FOLDER")
    mix: bool = flag(False, "instead: 1 to 24 voices at once, how legible they are with each pooling; takes --corpora")
    monolith: Path | None = flag(None, "with --mix: this one (default: yours, or that shipped)", metavar="FOLDER")
    out: Path = flag(Path("evaluation"), "the report's folder")
    seed: int = flag(0, "of the texts that are written")
    jobs: int = flag(os.cpu_count() or 1, "processes")
