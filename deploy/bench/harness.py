"""An ensemble that stands still except while it is measured, and the random styles it plays."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console

from actors import EnsembleError
from actors.coordinator.config import CoordinatorConfig
from actors.wire.client import Client
from actors.wire.messages import SetRate, SetWeights
from deploy.ensemble.cards import cards_of
from deploy.ensemble.config import EnsembleConfig
from deploy.session.session import START_PATIENCE_S, Session
from deploy.session.supervisor import ENSEMBLE, Supervisor
from models import package
from models.architecture import Architecture
from models.monolith.package import Monolith
from models.package import Style

SETTLE_S = 0.4


def random_styles(folder: Path, architecture: Architecture, count: int) -> list[Style]:
    """`count` packages of untrained weights, each its own."""
    return [
        package.save(
            Style(f"style-{k:02}", f"Style {k}", "#888888", architecture),
            package.random_weights(architecture, seed=k),
            folder / f"style-{k:02}",
        )
        for k in range(count)
    ]


@contextmanager
def playing(count: int, architecture: Architecture, console: Console) -> "Iterator[Chorus]":
    """A session with `count` random styles that are ready."""
    with Session() as session:
        with console.status(f"starting {count} styles of {architecture}"):
            chorus = Chorus(session, random_styles(session.folder / "styles", architecture, count))
        with chorus:
            yield chorus


class Chorus:
    """A session of the instrument that stands still except while it is measured."""

    def __init__(
        self, session: Session, styles: list[Style], address: str = "", monolith: Monolith | None = None
    ) -> None:
        self.session, self.slugs = session, [style.slug for style in styles]
        coordinator = CoordinatorConfig(
            tape=session.name,
            endpoints=session.endpoints,
            cards=cards_of(styles),
            journal=session.folder / "journal",
            seed=1,
            mix={self.slugs[0]: 1.0},
            rate_cps=0.0,
        )
        own, engines = monolith.folder if monolith else None, session.folder / "engines"
        config = EnsembleConfig(coordinator=coordinator, address=address, monolith=own, engines=engines)
        session.start(ENSEMBLE, config)
        self.supervisor = Supervisor(session)
        self.client = Client(session.endpoints)
        self._voices: list[int] = []
        self.busy_s = 0.0  # processor time that the coordinator took for a character when it was measured last

    @property
    def voices(self) -> float:
        """Styles that were heard a character, on average, in the last measurement: the late are left out."""
        return sum(self._voices) / len(self._voices) if self._voices else 0.0

    def __enter__(self) -> "Chorus":
        """Waits until every style is ready."""
        until = time.monotonic() + START_PATIENCE_S
        try:
            while not ((h := self.client.health) and all(s.state == "ready" for s in h.everyone)):
                self.client.listen(0.2)
                self.supervisor.look()
                if time.monotonic() > until:
                    raise EnsembleError(f"the ensemble did not start: {self.session.log(ENSEMBLE)}")
        except BaseException:
            self.client.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def measure(self, active: int, seconds: float) -> float:
        return self.measure_mix(self.slugs[:active], seconds)

    def measure_mix(self, slugs: list[str], seconds: float) -> float:
        """Characters a second with these styles speaking."""
        self.client.send(SetWeights(weights=dict.fromkeys(slugs, 1.0)))
        self.client.send(SetRate(cps=float("inf")))
        self._listen(SETTLE_S)
        began, position, busy = time.monotonic(), self.client.position, self._processor_s()
        self._voices.clear()
        self._listen(seconds)
        figure = (self.client.position - position) / (time.monotonic() - began)
        self.busy_s = (self._processor_s() - busy) / max(1, self.client.position - position)
        self.client.send(SetRate(cps=0.0))
        self._catch_up()
        return figure

    def _processor_s(self) -> float:
        """Processor time of the coordinator so far."""
        assert self.client.health is not None
        spent = psutil.Process(self.client.health.pid).cpu_times()
        return float(spent.user + spent.system)

    def _catch_up(self) -> None:
        """Waits until the silent styles have read the text: they do so in idle time, and would disturb the others."""
        until = time.monotonic() + START_PATIENCE_S
        self._listen(SETTLE_S)
        while time.monotonic() < until:
            self._listen(SETTLE_S / 2)
            frame, health = self.client.frame, self.client.health
            still = frame is not None and frame.rate_cps == 0
            # the monolith has to wait with the last character
            if still and health and all(style.behind <= (style is health.monolith) for style in health.everyone):
                return

    def _listen(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.client.listen(left) and self.client.frame:
                self._voices.append(len(self.client.frame.active))
            time.sleep(min(0.02, max(0.0, until - time.monotonic())))
