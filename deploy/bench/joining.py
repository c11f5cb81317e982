"""`chorus bench --joining`: the longest wait for a character while styles join and leave, and while none does."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from actors import EnsembleError
from actors.wire.client import Client
from actors.wire.messages import Join, Leave, SetRate, SetWeights
from deploy.bench.config import BenchConfig
from deploy.bench.harness import Chorus, random_styles
from deploy.ensemble.cards import card_of
from deploy.ensemble.joining import wait_until_ready
from deploy.session import discovery
from deploy.session.session import Session

PLAYING = 3
JOINS = 6
RATES = (15.0, float("inf"))
SETTLE_S = 2.0
CALM_S = 15.0


@dataclass(frozen=True)
class Waits:
    """At one rate: the longest wait for a character (ms) without and with styles coming and going, and what is promised."""

    rate_cps: float
    calm_ms: float
    joining_ms: float
    joins: int
    seconds_to_join: float  # on average, until a style has read the text

    @property
    def promised_ms(self) -> float:
        """Twice the period; 50 ms at full rate."""
        return 50.0 if self.rate_cps == float("inf") else 2000 / self.rate_cps


def measure(config: BenchConfig, console: Console) -> list[Waits]:
    """Three styles speak; another joins and leaves a few times, at every rate."""
    with Session() as session:
        styles = random_styles(session.folder / "styles", config.architecture, PLAYING + 1)
        with Chorus(session, styles[:PLAYING]) as chorus:
            client, newcomer = chorus.client, card_of(styles[PLAYING])
            client.send(SetWeights(weights=dict.fromkeys(chorus.slugs, 1.0)))
            found = []
            with Progress(console=console) as progress:
                task = progress.add_task("styles come and go", total=JOINS * len(RATES))
                for rate in RATES:
                    client.send(SetRate(cps=rate))
                    _longest(client, _for(SETTLE_S))
                    took: list[float] = []

                    def come_and_go(took: list[float] = took) -> None:
                        for _ in range(JOINS):
                            discovery.ask(session.endpoints, Join(card=newcomer))
                            took.append(wait_until_ready(session.endpoints, newcomer))
                            discovery.ask(session.endpoints, Leave(slug=newcomer.slug))
                            progress.advance(task)

                    coming = threading.Thread(target=come_and_go, daemon=True)
                    coming.start()
                    began = time.monotonic()
                    joining = _longest(client, lambda coming=coming: not coming.is_alive())  # type: ignore[misc]
                    if len(took) < JOINS:
                        raise EnsembleError("the styles could not join")
                    calm = _longest(client, _for(min(CALM_S, time.monotonic() - began)))
                    found.append(Waits(rate, calm, joining, JOINS, sum(took) / JOINS))
            return found


def _longest(client: Client, enough: Callable[[], bool]) -> float:
    """The longest wait for a character, in ms, that the coordinator tells of until it is enough."""
    longest, heard = 0.0, client.health
    while not enough():
        client.listen(0.05)
        if client.health is not None and client.health is not heard:
            heard = client.health
            longest = max(longest, heard.longest_wait_ms)
    return longest


def _for(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def table(found: list[Waits], _: BenchConfig) -> Table:
    shown = Table("rate", "longest wait, nobody joins", "while they join", "promised", "a style joins in", box=None)
    for waits in found:
        rate = "max" if waits.rate_cps == float("inf") else f"{waits.rate_cps:g} chars/s"
        figures = (f"{ms:.1f} ms" for ms in (waits.calm_ms, waits.joining_ms, waits.promised_ms))
        shown.add_row(rate, *figures, f"{waits.seconds_to_join:.1f} s (of {waits.joins})")
    return shown
