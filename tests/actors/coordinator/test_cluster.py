"""Several nodes: what is written does not depend on where the styles sit, and a node that is gone stops nobody.

The other node is a thread here, with a tape of its own and real style processes; Ray and the network are in tests/whole.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from actors import EnsembleError
from actors.coordinator.loop import Coordinator
from actors.section import tape
from actors.section.actor import Node
from actors.section.section import Section
from actors.wire.messages import Member, NodeIsHere
from tests.support.ensemble import SPAWN, Ensemble, ensemble, live, until

NODES = {"gamma": 1, "delta": 1}
MIX = {"alpha": 1.0, "gamma": 1.0, "delta": 0.5}


class Elsewhere:
    """Another node: `cut` holds every call up, `burn` loses the node's memory with all its processes."""

    def __init__(self, name: str, made: Ensemble) -> None:
        self.name, self.made = name, made
        self.connected = threading.Event()
        self.connected.set()
        self.node = Node(Section(name))
        self.pool = ThreadPoolExecutor(1)
        self.processes: list[object] = []

    def connect(self, name: str) -> object:
        node = self.node

        def step(raw: bytes) -> bytes:
            self.connected.wait(30)
            if node is not self.node:
                raise ConnectionError("its section is gone")
            return node.step(raw)

        return lambda raw: _Call(self.pool.submit(step, raw))

    def sit_down(self, member: Member) -> None:
        graph = self.made.graphs[list(self.made.styles).index(member.slug)]
        told = (self.name, member.slot_id - tape.SLOTS, member.generation, graph)
        process = SPAWN.Process(target=live, args=told, daemon=True)
        process.start()
        self.processes.append(process)

    def cut(self) -> None:
        self.connected.clear()

    def mend(self) -> None:
        self.connected.set()

    def burn(self) -> None:
        for process in self.processes:
            process.kill()  # type: ignore[attr-defined]
            process.join()  # type: ignore[attr-defined]
        self.processes = []
        tape.remove(self.name)
        self.node = Node(Section(self.name))

    def end(self) -> None:
        self.mend()
        self.pool.shutdown()
        self.burn()
        tape.remove(self.name)


class _Call:
    def __init__(self, future: "Future[bytes]") -> None:
        self.future = future

    def wait(self, patience_s: float) -> bytes | None:
        try:
            return self.future.result(patience_s)
        except NotYet:
            return None


@contextmanager
def two_nodes(
    styles_folder: Path, folder: Path, **changes: object
) -> Iterator[tuple[Ensemble, Elsewhere, Coordinator]]:
    """`alpha` and `beta` on the own node, `gamma` and `delta` on another."""
    with ensemble(styles_folder, folder, start=False) as made:
        other = Elsewhere(f"{made.tape}-n1", made)
        try:
            made.start(0, 1)
            coordinator = made.coordinator(connect=other.connect, **({"nodes": NODES, "mix": MIX} | changes))
            for slug in NODES:
                other.sit_down(coordinator.membership.roster.members[slug])
            coordinator.membership.meet_node(NodeIsHere(node=1, host="elsewhere", section="section.1", cpus=2.0))
            turns(coordinator, lambda: 1 in coordinator.cluster.others, writing=False)
            yield made, other, coordinator
            coordinator.close()
        finally:
            other.end()


def turns(coordinator: Coordinator, true: Callable[[], bool], writing: bool = True) -> None:
    """Turns of the coordinator's loop, until something is so."""

    def so() -> bool:
        if writing:
            coordinator.step(0.1)
        coordinator.listen(0.002)
        return true()

    until(so)


def write(coordinator: Coordinator, stop: int) -> bytes:
    """Until the text has `stop` characters."""
    tape = coordinator.cluster.tape
    turns(coordinator, lambda: tape.length > stop)
    return tape.read(1, stop + 1).tobytes()


def on_one_node(styles_folder: Path, tmp_path: Path, stop: int) -> bytes:
    """The text that all four write where there is no other node."""
    with ensemble(styles_folder, tmp_path / "one") as made:
        one = made.coordinator(mix=MIX)
        text = write(one, stop)
        one.close()
    return text


def voices(coordinator: Coordinator) -> list[str]:
    return coordinator.steps.newest.slugs if coordinator.steps.newest else []


def test_a_text_does_not_depend_on_where_the_styles_sit(styles_folder: Path, tmp_path: Path) -> None:
    expected = on_one_node(styles_folder, tmp_path, 300)
    with two_nodes(styles_folder, tmp_path / "two") as (_, _, coordinator):
        assert [member.slot_id for member in coordinator.membership.roster] == [0, 1, 64, 65]
        assert write(coordinator, 300) == expected
        assert coordinator.cluster.others[1].answer_s > 0


def test_a_node_that_is_cut_off_is_left_out_and_speaks_again_when_it_is_back(
    styles_folder: Path, tmp_path: Path
) -> None:
    with two_nodes(styles_folder, tmp_path, exact=False) as (_, other, coordinator):
        turns(coordinator, lambda: len(voices(coordinator)) == 3)
        other.cut()
        position = coordinator.cluster.tape.length
        turns(coordinator, lambda: coordinator.cluster.tape.length > position + 50)
        assert voices(coordinator) == ["alpha"]
        turns(coordinator, lambda: coordinator.cluster.status(64).state == "lost")
        other.mend()
        turns(coordinator, lambda: len(voices(coordinator)) == 3)


def test_a_node_that_lost_everything_reads_the_text_again(styles_folder: Path, tmp_path: Path) -> None:
    expected = on_one_node(styles_folder, tmp_path, 200)
    with two_nodes(styles_folder, tmp_path / "two") as (_, other, coordinator):
        write(coordinator, 100)
        other.burn()
        for slug in NODES:
            other.sit_down(coordinator.membership.roster.members[slug])
        coordinator.membership.meet_node(NodeIsHere(node=1, host="elsewhere", section="section.1.again", cpus=2.0))
        assert write(coordinator, 200) == expected


def test_a_style_moves_to_another_node_between_two_characters(styles_folder: Path, tmp_path: Path) -> None:
    expected = on_one_node(styles_folder, tmp_path, 200)
    with two_nodes(styles_folder, tmp_path / "two") as (made, _, coordinator):
        write(coordinator, 50)
        coordinator.membership.join(coordinator.membership.roster.members["gamma"].card, node=0)
        moving = coordinator.membership.roster.waiting["gamma"]
        assert moving.slot_id == 2
        made.sit_down(moving)
        assert write(coordinator, 200) == expected
        turns(coordinator, lambda: not coordinator.membership.roster.waiting)
        assert coordinator.membership.roster.members["gamma"] == moving


def test_a_new_style_goes_where_there_is_most_room(styles_folder: Path, tmp_path: Path) -> None:
    with two_nodes(styles_folder, tmp_path, cpus=8.0) as (_, _, coordinator):
        assert coordinator.membership._roomiest() == 0
    with two_nodes(styles_folder, tmp_path / "b", cpus=1.0) as (_, _, coordinator):
        assert coordinator.membership._roomiest() == 1


def test_rows_from_elsewhere_are_those_of_the_same_engine(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path / "one") as made:
        one = made.coordinator(mix=MIX)
        write(one, 60)
        here = one.steps.newest
        assert here is not None
        one.close()
    with two_nodes(styles_folder, tmp_path / "two") as (_, _, coordinator):
        write(coordinator, 60)
        assert coordinator.steps.newest is not None
        assert coordinator.steps.newest.slugs == here.slugs
        assert np.array_equal(coordinator.steps.newest.omega, here.omega)


def test_a_coordinator_that_starts_again_goes_on_before_it_hears_of_the_other_nodes(
    styles_folder: Path, tmp_path: Path
) -> None:
    with two_nodes(styles_folder, tmp_path, exact=False) as (made, _, coordinator):
        write(coordinator, 30)
        coordinator.membership.join(
            coordinator.membership.roster.members["alpha"].card, node=1
        )  # one who waits there, too
        coordinator.desk.close()
        successor = made.coordinator(nodes=NODES, mix=MIX, exact=False)
        turns(successor, lambda: successor.cluster.tape.length > 60)
        assert voices(successor) == ["alpha"]
        assert successor.cluster.status(64).state == "lost"
        successor.close()
        coordinator.close = lambda: None  # type: ignore[method-assign]


def test_nodes_that_cannot_be_are_refused(styles_folder: Path, tmp_path: Path) -> None:
    with two_nodes(styles_folder, tmp_path) as (_, _, coordinator):
        for node, cpus in ((0, 1.0), (16, 1.0), (2, 0.0), (2, float("nan"))):
            with pytest.raises(EnsembleError):
                coordinator.membership.meet_node(NodeIsHere(node=node, host="x", section="x", cpus=cpus))
        with pytest.raises(EnsembleError, match="node 5 is not here"):
            coordinator.membership.join(coordinator.membership.roster.members["alpha"].card, node=5)
