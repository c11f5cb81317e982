"""The actors of an ensemble: coordinator, monolith, and one style for each member of the roster.

Ray starts them again when they die. What they know is on the tape and in the journal, not here.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ray

from actors.coordinator.actor import CoordinatorActor
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.monolith_client import GENERATION
from actors.journal.roster import Roster
from actors.section.monolith import MonolithActor
from actors.section.style import StyleActor
from actors.section.tape import SLOTS
from actors.wire.messages import Member
from deploy.ensemble.cluster import Cluster, bound
from deploy.ensemble.placement import Node
from models import ModelsError, engines, package
from models.engines import graph
from models.monolith.package import Monolith

KEEPS_WITHIN_S = 0.5  # a turn; what is not there yet is looked for in the next


class ActorPool:
    """One actor for each member of the roster, on the node of its slot id. `cache` keeps the engines."""

    def __init__(self, cluster: Cluster, cache: Path) -> None:
        self.cluster, self.cache = cluster, cache
        self._coordinator: Any = None  # an actor ends with the last handle to it
        self._monolith: Any = None
        # by generation
        self._styles: dict[int, tuple[Any, str]] = {}  # the actor, and Ray's name of the node it is bound to
        self._kept: dict[int, Any] = {}  # an engine on its way to another node

    def begin(self, config: CoordinatorConfig, monolith: Monolith | None) -> None:
        """Make the coordinator, then the styles, then the monolith; returns as soon as they are being made."""
        own = self.cluster.here[0]
        self._coordinator = ray.remote(CoordinatorActor).options(**bound(own, "coordinator")).remote(config)
        # Ray starts as many processes at a time as there are processors: those that are to speak come first
        members = Roster(config.cards, SLOTS, config.nodes).members.values()
        self.follow(sorted(members, key=lambda member: config.mix.get(member.slug, 0) == 0))
        if monolith:
            self._monolith = self._make_monolith(monolith, own)

    def follow(self, roster: Iterable[Member]) -> None:
        """Make an actor for everyone who has none, and end those of everyone who is gone."""
        everyone = {member.generation: member for member in roster}
        for generation, (actor, ray_id) in list(self._styles.items()):
            member = everyone.get(generation)
            node = self.cluster.here.get(member.slot_id // SLOTS) if member else None
            if member is None or (node and node.ray_id != ray_id):  # gone, or its machine has come back as another node
                del self._styles[generation]
                with contextlib.suppress(ray.exceptions.RayError):
                    ray.kill(actor, no_restart=True)
        for generation, member in everyone.items():
            if generation not in self._styles and (made := self._make(member)):
                self._styles[generation] = made

    def _make(self, member: Member) -> tuple[Any, str] | None:
        """The member's actor and node; None while the node, or the engine on it, is missing: it is tried again."""
        index = member.slot_id // SLOTS
        if index not in self.cluster.here:
            return None
        node = self.cluster.here[index]
        files, unplayable = [""], ""
        try:
            files = self._engine_files(package.load(Path(member.card.package)), node)
            if index:
                if member.generation not in self._kept:
                    contents = {Path(file).name: Path(file).read_bytes() for file in files}
                    self._kept[member.generation] = self.cluster.section(node).keep.remote(contents)
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
        name = f"{member.slug}.{member.generation}"
        make = ray.remote(StyleActor).options(**bound(node, name), num_gpus=node.gpus / SLOTS)
        where = (self.cluster.tape_of(index), member.slot_id % SLOTS, member.generation)
        return make.remote(*where, *files, unplayable=unplayable), node.ray_id

    def _make_monolith(self, monolith: Monolith, node: Node) -> Any:
        """The monolith's actor, on the coordinator's own node."""
        make = ray.remote(MonolithActor).options(**bound(node, "monolith"))
        files = graph.cached(monolith, self.cache), self._weights(monolith)
        return make.remote(self.cluster.tape_of(0), GENERATION, *map(str, files))

    def _engine_files(self, style: package.Style, node: Node) -> list[str]:
        """The files of the style's engine on that node: the step graph and, for a GPU, the weights."""
        files = [graph.cached(style, self.cache, elsewhere=node.index > 0)]
        return [str(file) for file in [*files, *([self._weights(style)] if node.gpus else [])]]

    def _weights(self, made: package.Style | Monolith) -> Path:
        """A copy of the weights in the cache: the package may be written again."""
        copy = self.cache / f"{made.content_hash()[:32]}.safetensors"
        return engines.keep(copy, made.weights_path.read_bytes())

    def end(self) -> None:
        """End every actor for good."""
        for actor in (self._coordinator, self._monolith):
            if actor is not None:
                ray.kill(actor, no_restart=True)
        self.cluster.end()
        self.follow([])
