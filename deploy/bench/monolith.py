"""`chorus bench --monolith ARCH`: characters a second of the ensemble, and of one network in its place, side by side.

One session has both: it is measured on this side and on the other in turns, with the same voices.
"""

from contextlib import ExitStack

from rich.console import Console
from rich.table import Table

from actors.wire.messages import SetPooling
from deploy.bench.comparison import Result, Way, take_turns
from deploy.bench.config import BenchConfig
from deploy.bench.harness import Chorus, random_styles
from deploy.session.session import Session
from models.architecture import Architecture
from models.monolith import package
from models.monolith.package import Monolith

ENSEMBLE, MONOLITH = "ensemble", "monolith"


def measure(config: BenchConfig, console: Console) -> list[Result]:
    loaded, actives, monolith = config.styles, config.actives, Architecture.parse(str(config.monolith))
    with ExitStack() as stack:
        session = stack.enter_context(Session())
        styles = random_styles(session.folder / "styles", config.architecture, loaded)
        weights = package.random_weights(monolith, loaded)
        voices = Monolith(monolith, [style.slug for style in styles], {})
        made = package.save(voices, weights, session.folder / "monolith")
        with console.status(f"starting {loaded} actors of {config.arch}, and a monolith of {monolith}"):
            chorus = stack.enter_context(Chorus(session, styles, monolith=made))

        def across(x: float, active: int, seconds: float) -> float:
            chorus.client.send(SetPooling(cross=x))
            return chorus.measure(active, seconds)

        ways = [
            Way(ENSEMBLE, loaded, actives, lambda active, seconds: across(0.0, active, seconds)),
            Way(MONOLITH, loaded, actives, lambda active, seconds: across(1.0, active, seconds)),
        ]
        return take_turns(ways, config, console)


def table(results: list[Result], config: BenchConfig) -> Table:
    shown = Table(box=None, title="characters a second: median (slowest to fastest)")
    for column in ("voices", f"ensemble of {config.arch}", f"monolith, {config.monolith}", "×"):
        shown.add_column(column, justify="right")
    by = {(result.way, result.active): result for result in results}
    for active in sorted({result.active for result in results}):
        ways = by[ENSEMBLE, active], by[MONOLITH, active]
        shown.add_row(str(active), *map(str, ways), f"{ways[1].chars_per_s / ways[0].chars_per_s:.1f}")
    return shown
