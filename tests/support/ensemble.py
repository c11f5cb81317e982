"""A real ensemble without Ray: real shared memory, real style processes, the coordinator's loop in the test's hands."""

import multiprocessing
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.loop import Coordinator
from actors.section import monolith, style, tape, worker
from actors.section.monolith import MonolithWorker
from actors.section.style import StyleWorker
from actors.section.tape import MONOLITH
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Member
from deploy.ensemble.cards import card_of
from models import ModelsError, package
from models.engines.graph import cached

SPAWN = multiprocessing.get_context("spawn")


def live(tape_name: str, slot: int, generation: int, graph: str) -> None:
    """Serve a style's slot in this process until the tape is stopped or the slot is another's."""
    worker.serve(worker.wait_for(tape_name), slot, generation, StyleWorker, style.loading(graph))


def live_monolith(tape_name: str, generation: int, graph: str, weights: str) -> None:
    """Serve the monolith's slot in this process."""
    make = monolith.loading(graph, weights)
    worker.serve(worker.wait_for(tape_name), MONOLITH, generation, MonolithWorker, make)


def refuse(error: ModelsError) -> None:
    raise error


class Ensemble:
    """Style processes on a tape of their own."""

    def __init__(self, styles_folder: Path, folder: Path) -> None:
        self.tape = f"chorus-test-{secrets.token_hex(4)}"
        self.folder = folder
        self.styles = package.installed([styles_folder], refuse)
        self.cards = [card_of(style) for style in self.styles.values()]
        self.graphs = [str(cached(s, folder / "engines")) for s in self.styles.values()]
        self.processes: list[BaseProcess | None] = [None] * len(self.styles)

    def start(self, *slots: int) -> None:
        for slot in slots or range(len(self.graphs)):
            process = SPAWN.Process(target=live, args=(self.tape, slot, slot + 1, self.graphs[slot]), daemon=True)
            process.start()
            self.processes[slot] = process

    def kill(self, slot: int) -> None:
        process = self.processes[slot]
        assert process is not None
        process.kill()  # one whose slot id was given away has ended by itself
        process.join(10)
        self.processes[slot] = None

    def sit_down(self, member: Member) -> None:
        """A process for somebody new on the roster, as the ensemble's process makes it."""
        style = package.load(Path(member.card.package))
        graph = str(cached(style, self.folder / "engines"))
        process = SPAWN.Process(target=live, args=(self.tape, member.slot_id, member.generation, graph), daemon=True)
        process.start()
        self.processes += [None] * (member.slot_id + 1 - len(self.processes))
        if self.processes[member.slot_id] is not None:
            self.kill(member.slot_id)
        self.processes[member.slot_id] = process

    def coordinator(self, connect: object = None, **changes: object) -> Coordinator:
        fields: dict[str, object] = {
            "tape": self.tape,
            "endpoints": Endpoints.local(self.folder),
            "cards": self.cards,
            "journal": self.folder / "journal",
            "seed": 7,
            "mix": {"alpha": 1.0},
            "rate_cps": float("inf"),
            "exact": True,
        }
        return Coordinator(CoordinatorConfig(**(fields | changes)), connect)  # type: ignore[arg-type]

    def end(self) -> None:
        for slot, process in enumerate(self.processes):
            if process is not None:
                self.kill(slot)
        tape.remove(self.tape)


@contextmanager
def ensemble(styles_folder: Path, folder: Path, start: bool = True) -> Iterator[Ensemble]:
    folder.mkdir(parents=True, exist_ok=True)
    made = Ensemble(styles_folder, folder)
    try:
        if start:
            made.start()
        yield made
    finally:
        made.end()


def until(true: Callable[[], bool], patience_s: float = 20.0) -> None:
    """Wait for something that is about to happen; fails when it does not."""
    end = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
