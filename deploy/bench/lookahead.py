"""`chorus bench --lookahead WxD`: characters a second with a search of W hypotheses, D deep, beside the same search done
with a call for every hypothesis and step.

Both use the same engines, the same mathematics (`actors.mixing.lookahead`) and Ray actors of the same weights; they
take turns. Of Chorus it is also counted of how many characters the search was given up because it took too long.
"""

import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from actors.journal import format
from actors.journal.format import Character
from actors.mixing import turn
from actors.mixing.dice import Dice
from actors.wire.messages import SetLookahead
from actors.wire.parameters import Lookahead, MixSettings
from deploy.bench.comparison import PlainRay
from deploy.bench.config import BenchConfig
from deploy.bench.harness import Chorus, random_styles
from deploy.session.session import Session

LONGEST_NAIVE_S = 2.0  # for a measurement: it writes a few characters in it


@dataclass(frozen=True)
class Ahead:
    """Characters a second, medians."""

    arch: str
    styles: int
    width: int
    depth: int
    chorus: float
    naive: float
    given_up: float  # share of Chorus's characters that were written without having been looked ahead of

    @property
    def times(self) -> float:
        return self.chorus / self.naive


def measure(config: BenchConfig, console: Console) -> list[Ahead]:
    styles, repeats, ahead = config.styles, config.repeats, config.lookahead or Lookahead()
    with ExitStack() as stack:
        session = stack.enter_context(Session())
        with console.status(f"starting {styles} actors of {config.arch}, and {styles} plain Ray actors"):
            made = random_styles(session.folder / "styles", config.architecture, styles)
            chorus = stack.enter_context(Chorus(session, made))
            naive = stack.enter_context(OneCallEach(session, made))
        chorus.client.send(SetLookahead(width=ahead.width, depth=ahead.depth, boldness=ahead.boldness))
        figures: tuple[list[float], list[float]] = [], []
        for _ in track(range(repeats), "measuring", console=console):
            figures[0].append(chorus.measure(styles, config.seconds))
            figures[1].append(naive.look(styles, ahead, max(config.seconds, LONGEST_NAIVE_S)))
        written = [line for line in format.lines(session.folder / "journal") if isinstance(line, Character)]
        given_up = sum(not line.looked for line in written) / len(written)
    medians = [statistics.median(values) for values in figures]
    return [Ahead(config.arch, styles, ahead.width, ahead.depth, medians[0], medians[1], given_up)]


class OneCallEach(PlainRay):
    """The same search with plain Ray actors: every style is called for every hypothesis at every step."""

    def __init__(self, session: Session, styles: Sequence[Any]) -> None:
        super().__init__(session, list(styles), _Hypotheses)

    def look(self, active: int, ahead: Lookahead, seconds: float) -> float:
        """Characters a second."""
        actors, get, pi = self.actors[:active], self._ray.get, np.ones(active)
        dice, settings, written, char, began = Dice(1), MixSettings(), 0, 10, time.monotonic()
        while (now := time.monotonic()) - began < seconds or not written:
            omega = np.stack(get([actor.read.remote(char) for actor in actors]))
            mixed = turn.mix(settings, range(active), omega, pi, np.zeros(active))
            level = 0

            def explore(parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32]:
                nonlocal level
                level += 1
                return np.stack(
                    [
                        np.stack(get([actor.write.remote(level, parent, b, char) for actor in actors]))
                        for b, (parent, char) in enumerate(zip(parents, chars, strict=True))
                    ]
                )

            char = turn.draw(settings, ahead, mixed, np.zeros(active), dice, written, explore).char
            written += 1
        return written / (now - began)


class _Hypotheses:
    """One style that holds every hypothesis's state, and steps them one by one."""

    def __init__(self, path: str) -> None:
        from models.engines.onnx_engine import OnnxEngine

        self._engine = OnnxEngine(Path(path))
        self._states: dict[tuple[int, int], Any] = {}  # by level and hypothesis

    def read(self, char: int) -> Any:
        """The text goes on by a character."""
        if self._states:
            self._engine.back_to(self._states[0, 0], 0)
        y = self._engine.step((0,), (char,))[0].copy()
        self._states = {(0, 0): self._engine.keep()}
        return y

    step = read

    def write(self, level: int, parent: int, hypothesis: int, char: int) -> Any:
        """A hypothesis goes on by one."""
        self._engine.back_to(self._states[level - 1, parent], 0)
        y = self._engine.step((0,), (char,))[0].copy()
        self._states[level, hypothesis] = self._engine.keep()
        return y


def table(rows: list[Ahead], _: BenchConfig) -> Table:
    [found] = rows
    shown = Table(box=None, title=f"{found.arch}, {found.styles} styles, {found.width} hypotheses {found.depth} deep")
    for column in ("Chorus", "a call each", "×", "given up"):
        shown.add_column(column, justify="right")
    shown.add_row(f"{found.chorus:,.0f}", f"{found.naive:.2f}", f"{found.times:.0f}", f"{found.given_up:.1%}")
    shown.caption = "characters a second"
    return shown
