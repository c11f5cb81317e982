"""`chorus bench`: what the instrument does on this machine, beside the naive ways and what the machine allows.

Every mode is a module with `measure(config, console)`, which returns rows, and `table(rows, config)`, which shows them.
"""

import importlib
import json
from dataclasses import asdict, dataclass

from rich.console import Console

from actors import EnsembleError
from deploy.bench.config import BenchConfig

SUMMARY = "measure the ensemble beside the naive ways and the floor"
HELP = """\
Characters a second with 1 to 24 active styles: of Chorus, of the paper's way (one process, torch.nn.LSTM a model in
turn), of plain Ray calls with the same engine, and of the floor (weight bytes over this machine's bandwidth)."""
FEWEST_PICTURES = 100


@dataclass(frozen=True)
class Mode:
    """A module that measures, when the flag of its name is given."""

    module: str
    extra: str = ""  # a property of a row that --json prints beside its fields


MODES = {
    "simulate": Mode("cost_model"),
    "display": Mode("display"),
    "control": Mode("latency", "beyond_ms"),
    "lookahead": Mode("lookahead", "times"),
    "joining": Mode("joining", "promised_ms"),
    "hosts": Mode("cluster"),
    "monolith": Mode("monolith"),
}


def run(config: BenchConfig) -> None:
    if not 1 <= config.styles <= 64 or config.repeats < 1 or config.seconds <= 0:
        raise EnsembleError("bench takes 1 to 64 styles, at least one repeat and more than 0 seconds")
    if config.pictures < FEWEST_PICTURES:
        raise EnsembleError(f"--pictures takes {FEWEST_PICTURES} or more")
    asked = [mode for name, mode in MODES.items() if getattr(config, name) not in (None, False)]
    mode = asked[0] if asked else Mode("comparison")
    module = importlib.import_module(f"deploy.bench.{mode.module}")
    rows = module.measure(config, Console(stderr=True, highlight=False))
    if config.json:
        for row in rows:
            print(json.dumps(asdict(row) | ({mode.extra: getattr(row, mode.extra)} if mode.extra else {})))
    else:
        Console(highlight=False).print(module.table(rows, config))
