"""The ensemble's process: starts Ray or joins a cluster, makes the coordinator and one actor a style, keeps the roster.

It owns the actors: Ray starts them again when they die, and ends them all when this process does. What they know is on the
tape and in the journal, not here. It hears the coordinator like any listener: for everyone on the roster there is an actor,
for nobody else. When its standard input ends, the performance is over and it takes everything down.
"""

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
import zmq
from ray._private import services

from actors.coordinator.actor import CoordinatorActor
from actors.coordinator.monolith_client import GENERATION
from actors.journal.format import MonolithCard
from actors.journal.roster import Roster
from actors.section.monolith import MonolithActor
from actors.section.style import StyleActor
from actors.section.tape import SLOTS
from actors.wire.child import input_ended, read_config
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Command, Health, Join, Member, NodeIsGone
from deploy.ensemble.cluster import Node, Nodes, better, spread
from deploy.ensemble.config import EnsembleConfig
from deploy.ensemble.metrics import Metrics
from deploy.ensemble.package_watcher import Watched
from deploy.session import session
from models import ModelsError, engines, package
from models.engines import graph
from models.monolith import package as monoliths
from models.monolith.package import Monolith

ADDRESS = "ray-address"  # file in the session's folder: where this Ray is to be reached
OBJECT_STORE_BYTES = 80 << 20  # nothing of ours travels through it
LISTENS_S = 0.25
LOOKS_S = 1.0
GONE_AFTER_S = 3.0  # a node that is not heard this long loses its styles to the others
MOVES_AGAIN_S = 10.0
TRIES_AGAIN_S = 30.0  # to move a style that did not get there
STEADY_S = 10.0  # a node has to be heard this long before styles move there for the room it has
KEEPS_WITHIN_S = 0.5  # a turn; what is not there yet is looked for in the next


def main() -> None:
    config = read_config(EnsembleConfig)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    name = config.coordinator.tape
    actors: StyleActors | None = None
    # ONNX Runtime takes a third of a second to load for that trial: meanwhile Ray starts
    threading.Thread(target=graph.multiplies_signed, daemon=True).start()
    try:
        start_ray(name, config.address)
        actors = StyleActors(Nodes(name, str(config.engines)), config.engines, config.place)
        start(config, actors)
        keep(actors, config.coordinator.endpoints, config.watched)
    finally:
        with contextlib.suppress(Exception):
            stop(actors)
        if os.getppid() != config.parent:
            session.clear(name)  # nobody is left to do it


def start_ray(name: str, address: str) -> None:
    """Bring up Ray on this machine alone, or join the cluster at `address`, of which this machine is a node."""
    print("starting Ray", flush=True)
    folder = Path("/tmp") / name
    if address:
        ray.init(
            address=address,
            namespace=name,
            log_to_driver=False,
            runtime_env={"working_dir": str(code_for_nodes(folder / "code"))},
        )
    else:
        # Ray takes 127.0.0.1 for a wish to be reached from everywhere, unless it is kept from it
        services.resolve_ip_for_localhost = lambda host: host
        ray.init(
            namespace=name,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=OBJECT_STORE_BYTES,
            _temp_dir=str(folder / "ray"),
            _node_ip_address="127.0.0.1",
        )
    (folder / ADDRESS).write_text(ray.get_runtime_context().gcs_address)


def code_for_nodes(folder: Path) -> Path:
    """What the actors on other machines run, without the styles: Ray carries it there."""
    for package_name in ("actors", "models"):
        source = Path(__file__).parents[2] / package_name
        shutil.copytree(
            source,
            folder / package_name,
            ignore=shutil.ignore_patterns("styles", "bases", "played", "*.png", "*.md", "__pycache__"),
        )
    return folder


def start(config: EnsembleConfig, actors: "StyleActors") -> None:
    """Make every actor; returns as soon as they are being made."""
    nodes = actors.nodes.here
    monolith = monoliths.load(config.monolith) if config.monolith else None
    made = replace(
        config.coordinator,
        nodes=spread([card.slug for card in config.coordinator.cards], nodes, config.place),
        cpus=nodes[0].cpus,
        monolith=MonolithCard(monolith.styles, monolith.content_hash()) if monolith else None,
    )
    actors.coordinator = ray.remote(CoordinatorActor).options(**nodes[0].options("coordinator")).remote(made)
    # Ray starts as many processes at a time as there are processors: those that are to speak come first
    members = Roster(made.cards, SLOTS, made.nodes).members.values()
    actors.follow(sorted(members, key=lambda member: made.mix.get(member.slug, 0) == 0))
    if monolith:
        actors.start_monolith(monolith)
    print("all actors are being made", flush=True)


def keep(actors: "StyleActors", endpoints: Endpoints, watched: list[Path]) -> None:
    """Follow the roster and the cluster until standard input ends."""
    client = Client(endpoints)
    client.poller.register(sys.stdin.fileno(), zmq.POLLIN)
    folders, metrics = Watched(watched), Metrics()
    looked_at = 0.0
    try:
        while not input_ended():
            client.listen(LISTENS_S)
            if client.health is None:
                continue
            for news in folders.news(client.cards):
                client.send(news)
            try:
                actors.follow(client.health.roster)
                if time.monotonic() - looked_at > LOOKS_S:
                    looked_at = time.monotonic()
                    if client.frame:
                        metrics.tell(client.frame, client.health)
                    actors.nodes.look()
                    for command in actors.commands(client.health):
                        client.send(command)
            except (ray.exceptions.RayError, ValueError, OSError) as e:  # Ray may be ill for a while: the text is not
                print(f"{type(e).__name__}: {e}", flush=True)
            for reply in client.errors:
                print(reply.error, flush=True)
            client.errors.clear()
    finally:
        client.close()


class StyleActors:
    """One actor for each member of the roster, on the node of its slot id.

    `cache` keeps the engines, `wishes` say where some are to sit if they can.
    """

    def __init__(self, nodes: Nodes, cache: Path, wishes: Mapping[str, str]) -> None:
        self.nodes, self.cache, self.wishes = nodes, cache, wishes
        self.coordinator: Any = None  # an actor ends with the last handle to it
        self.monolith: Any = None
        self._actors: dict[
            int, tuple[Any, str]
        ] = {}  # by generation: the actor, and Ray's name of the node it is bound to
        self._kept: dict[int, Any] = {}  # by generation: an engine on its way to another node
        self._moved_at: dict[int, float] = {}  # by generation
        self._unheard_since: dict[int, float] = {}
        self._heard_since: dict[int, float] = {}
        self._asked_to_move: dict[
            int, float
        ] = {}  # by generation: when it was asked to, for the room there is elsewhere

    def follow(self, roster: Iterable[Member]) -> None:
        """Make an actor for everyone who has none, and end those of everyone who is gone."""
        everyone = {member.generation: member for member in roster}
        for generation, (actor, ray_id) in list(self._actors.items()):
            member = everyone.get(generation)
            node = self.nodes.here.get(member.slot_id // SLOTS) if member else None
            if member is None or (node and node.ray_id != ray_id):  # gone, or its machine has come back as another node
                del self._actors[generation]
                with contextlib.suppress(ray.exceptions.RayError):
                    ray.kill(actor, no_restart=True)
        for generation, member in everyone.items():
            if generation not in self._actors and (made := self._make(member)):
                self._actors[generation] = made

    def _make(self, member: Member) -> tuple[Any, str] | None:
        """None as long as its node is not there, or its engine not on it; it is tried again."""
        index = member.slot_id // SLOTS
        if index not in self.nodes.here:
            return None
        node = self.nodes.here[index]
        files, unplayable = [""], ""
        try:
            files = self._engine_files(package.load(Path(member.card.package)), node)
            if index:
                if member.generation not in self._kept:
                    contents = {Path(file).name: Path(file).read_bytes() for file in files}
                    self._kept[member.generation] = self.nodes.section(node).keep.remote(contents)
                files = ray.get(self._kept[member.generation], timeout=KEEPS_WITHIN_S)
                del self._kept[member.generation]
        except ModelsError as e:  # the others play; the screen says why this one does not
            unplayable = str(e)
        except ray.exceptions.GetTimeoutError:
            return None
        except (ray.exceptions.RayError, OSError) as e:
            self._kept.pop(member.generation, None)
            print(f"{node.host} does not take {member.slug}: {e}", flush=True)
            return None
        make = ray.remote(StyleActor).options(
            **node.options(f"{member.slug}.{member.generation}"), num_gpus=node.gpus / SLOTS
        )
        where = (self.nodes.tape_of(index), member.slot_id % SLOTS, member.generation)
        return make.remote(*where, *files, unplayable=unplayable), node.ray_id

    def start_monolith(self, monolith: Monolith) -> None:
        """Make its actor, on the coordinator's own node."""
        make = ray.remote(MonolithActor).options(**self.nodes.here[0].options("monolith"))
        copy = self.cache / f"{monolith.content_hash()[:32]}.safetensors"  # the package may be written again
        weights = engines.keep(copy, monolith.weights_path.read_bytes())
        self.monolith = make.remote(
            self.nodes.tape_of(0), GENERATION, str(graph.cached(monolith, self.cache)), str(weights)
        )

    def _engine_files(self, style: package.Style, node: Node) -> list[str]:
        """What the style's engine is loaded from on that node: the step graph and, for a GPU, the weights."""
        files = [graph.cached(style, self.cache, elsewhere=node.index > 0)]
        if node.gpus:
            copy = self.cache / f"{style.content_hash()[:32]}.safetensors"  # a package may be written again
            files.append(engines.keep(copy, style.weights_path.read_bytes()))
        return [str(file) for file in files]

    def commands(self, health: Health) -> list[Command]:
        """What the coordinator is to be told of the cluster: nodes that are here, styles that have to move."""
        told: list[Command] = list(self.nodes.introduce({node.section for node in health.nodes}))
        told += [NodeIsGone(node=node.node) for node in health.nodes if node.node not in self.nodes.here]
        now = time.monotonic()
        silent = {node.node for node in health.nodes if node.trouble}
        gone = {index for index in {m.slot_id // SLOTS for m in health.roster} if index not in self.nodes.here} | silent
        self._unheard_since = {index: self._unheard_since.get(index, now) for index in gone - {0}}
        moving = {m.slug for m in health.roster[len(health.styles) :] if m.slot_id // SLOTS not in gone}
        for member in health.roster:
            since = self._unheard_since.get(member.slot_id // SLOTS, now)
            asked = now - self._moved_at.get(member.generation, -MOVES_AGAIN_S) < MOVES_AGAIN_S
            if now - since > GONE_AFTER_S and member.slug not in moving and not asked:
                self._moved_at[member.generation] = now
                moving.add(member.slug)
                told.append(Join(card=member.card))
        return told + self._for_room(health, now, {node.node for node in health.nodes} - gone)

    def _for_room(self, health: Health, now: float, heard: set[int]) -> list[Command]:
        """One style at a time moves to a node that came, or came back, and has been here for a while."""
        self._heard_since = {index: self._heard_since.get(index, now) for index in heard}
        steady = {0} | {index for index, since in self._heard_since.items() if now - since > STEADY_S}
        members = health.roster[: len(health.styles)]
        if len(health.roster) > len(members):  # somebody is on the way
            return []
        nodes = {index: node for index, node in self.nodes.here.items() if index in steady}
        sits = {member.slug: member.slot_id // SLOTS for member in members}
        self._asked_to_move = {t: at for t, at in self._asked_to_move.items() if now - at < TRIES_AGAIN_S}
        well = {style.slug for style in health.styles if style.state in ("ready", "late")}
        may = [
            member.slug for member in members if member.slug in well and member.generation not in self._asked_to_move
        ]
        move = better(sits, nodes, self.wishes, may)
        if move is None:
            return []
        member = next(member for member in members if member.slug == move[0])
        self._asked_to_move[member.generation] = now  # meanwhile others are: this one may be unable to
        return [Join(card=member.card, node=move[1])]


def stop(actors: StyleActors | None) -> None:
    """End every actor for good, then Ray, or our part in it."""
    if actors is not None:
        if actors.coordinator is not None:
            ray.kill(actors.coordinator, no_restart=True)
        if actors.monolith is not None:
            ray.kill(actors.monolith, no_restart=True)
        actors.nodes.end()
        actors.follow([])
    ray.shutdown()


if __name__ == "__main__":
    main()
