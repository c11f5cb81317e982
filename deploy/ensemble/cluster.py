"""The other machines of the installation: which there are, what sits where, and a section on each of them.

Machines join a Ray cluster by themselves (`chorus node`, or `ray start`). The ensemble's process looks at the cluster once
a second: a node that is new gets a section, and the coordinator is told where it is; the styles of a node that is gone
move to where there is most room.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.section.actor import SectionActor
from actors.section.tape import MOST_NODES
from actors.wire.messages import NodeIsHere
from deploy import UsageError

FOREVER: dict[str, Any] = {"max_restarts": -1, "num_cpus": 0}  # as long as the process that makes them


@dataclass(frozen=True)
class Node:
    """A machine as Ray knows it. `index` 0 is the one on which the coordinator plays."""

    index: int
    ray_id: str
    host: str
    name: str
    cpus: float
    gpus: float
    labels: tuple[str, ...]

    @property
    def section(self) -> str:
        """The name of its section's actor: another one each time the machine joins."""
        return f"section.{self.index}.{self.ray_id[:8]}"

    def options(self, name: str) -> dict[str, Any]:
        """How an actor is made that lives on this node, and nowhere else."""
        return FOREVER | {"name": name, "scheduling_strategy": NodeAffinitySchedulingStrategy(self.ray_id, soft=False)}


class Nodes:
    """All machines of the cluster by index; `tape` names the session's shared memory, `cache` the folder for engines."""

    def __init__(self, tape: str, cache: str) -> None:
        self.tape, self.cache = tape, cache
        self.here: dict[int, Node] = {}
        self._sections: dict[str, Any] = {}
        own = ray.get_runtime_context().get_node_id()
        self._index = {own: 0}
        self._hosts: dict[str, list[int]] = {}  # indices that a host had before
        self.look()

    def look(self) -> None:
        """Look at the cluster. May wait as long as Ray's control store is down."""
        alive = {str(node["NodeID"]): node for node in ray.nodes() if node["Alive"]}  # type: ignore[no-untyped-call]
        for ray_id in sorted(alive, key=lambda ray_id: (alive[ray_id]["NodeManagerAddress"], ray_id)):
            if ray_id not in self._index:
                self._number(ray_id, str(alive[ray_id]["NodeManagerAddress"]), alive)
        self.here = {
            self._index[ray_id]: Node(
                index=self._index[ray_id],
                ray_id=ray_id,
                host=str(node["NodeManagerAddress"]),
                name=str(node.get("NodeName", "")),
                cpus=float(node["Resources"].get("CPU", 1.0)) or 1.0,
                gpus=float(node["Resources"].get("GPU", 0.0)),
                labels=tuple(str(label) for label in node.get("Labels", {}).values()),
            )
            for ray_id, node in alive.items()
            if ray_id in self._index
        }

    def _number(self, ray_id: str, host: str, alive: Mapping[str, Any]) -> None:
        """A host that comes back gets the number it had; there are numbers for 15 others."""
        taken = {index for known, index in self._index.items() if known in alive}
        had = [index for index in self._hosts.get(host, []) if index not in taken]
        ever = set(self._index.values())
        free = [k for k in range(1, MOST_NODES) if k not in ever] or [k for k in range(1, MOST_NODES) if k not in taken]
        if had or free:
            self._index[ray_id] = index = (had or free)[0]
            self._hosts.setdefault(host, []).append(index)

    def tape_of(self, index: int) -> str:
        return self.tape if index == 0 else f"{self.tape}-n{index}"

    def section(self, node: Node) -> Any:
        """The section of another node, made if there is none."""
        if node.section not in self._sections:
            make = ray.remote(SectionActor).options(**node.options(node.section))
            self._sections[node.section] = make.remote(self.tape_of(node.index), self.cache)
        return self._sections[node.section]

    def introduce(self, known: Iterable[str]) -> list[NodeIsHere]:
        """What the coordinator, who knows the sections `known`, is to be told."""
        told = []
        for node in self.here.values():
            if node.index and node.section not in known:
                self.section(node)
                told.append(NodeIsHere(node=node.index, host=node.host, section=node.section, cpus=node.cpus))
        return told

    def end(self) -> None:
        """End every section, and let it take its tape along."""
        ends = [section.end.remote() for section in self._sections.values()]
        ray.wait(ends, num_returns=len(ends), timeout=3.0) if ends else None
        for section in self._sections.values():
            ray.kill(section, no_restart=True)


def spread(styles: Sequence[str], nodes: Mapping[int, Node], wishes: Mapping[str, str]) -> dict[str, int]:
    """On which node each style begins: where `wishes` say, the others evenly over the processors.

    A wish is a host, a machine's name, a label, or `gpu`. Raises UsageError for one that no node fulfils.
    """
    sits: Counter[int] = Counter()
    places: dict[str, int] = {}

    def emptiest(among: Iterable[int]) -> int:
        return min(among, key=lambda k: ((sits[k] + 1) / nodes[k].cpus, k))

    for slug in sorted(styles, key=lambda slug: slug not in wishes):
        wish = wishes.get(slug)
        fits = [k for k, node in nodes.items() if wish is None or _fits(node, wish)]
        if not fits:
            there = ", ".join(node.host for node in nodes.values())
            raise UsageError(f"--place {slug}={wish}: no node has this host, name or label; there are {there}")
        places[slug] = emptiest(fits)
        sits[places[slug]] += 1
    return places


def better(
    sits: Mapping[str, int], nodes: Mapping[int, Node], wishes: Mapping[str, str], may: Collection[str]
) -> tuple[str, int] | None:
    """The style of `may` that had better sit on another node, and on which; None when everyone sits well.

    First whoever is not where `wishes` say, then whoever has more company than it would find elsewhere.
    """
    load = Counter(sits.values())

    def crowd(k: int, more: int = 0) -> float:
        return (load[k] + more) / nodes[k].cpus

    for slug, wish in wishes.items():
        fits = [k for k, node in nodes.items() if _fits(node, wish)]
        if slug in may and fits and sits[slug] not in fits:
            return slug, min(fits, key=lambda k: (crowd(k, 1), k))
    free = [slug for slug in may if slug not in wishes and sits[slug] in nodes]
    if not free:
        return None
    goal = min(nodes, key=lambda k: (crowd(k, 1), k))
    slug = max(free, key=lambda slug: crowd(sits[slug]))
    return (slug, goal) if crowd(sits[slug]) > crowd(goal, 1) else None


def _fits(node: Node, wish: str) -> bool:
    return wish in (node.host, node.name, *node.labels) or (wish == "gpu" and node.gpus > 0)
