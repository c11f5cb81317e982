"""The machines of the installation, by what Ray says of them, and a section on each but the coordinator's own.

Machines join a Ray cluster by themselves (`chorus node`, or `ray start`). The ensemble's process looks at the cluster once
a second: a node that is new gets a section, and the coordinator is told where it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.section.actor import SectionActor
from actors.section.tape import MOST_NODES
from actors.wire.messages import NodeIsHere
from deploy.ensemble.placement import Node

FOREVER: dict[str, Any] = {"max_restarts": -1, "num_cpus": 0}  # as long as the process that makes them


def bound(node: Node, name: str) -> dict[str, Any]:
    """The options of an actor that lives on this node, and nowhere else."""
    return FOREVER | {"name": name, "scheduling_strategy": NodeAffinitySchedulingStrategy(node.ray_id, soft=False)}


class Cluster:
    """Keeps all machines by index; `tape` names the session's shared memory, `cache` the folder for engines."""

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
        """Gives a machine its index: a host that comes back has the one it had; there are indices for 15 others."""
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
            make = ray.remote(SectionActor).options(**bound(node, node.section))
            self._sections[node.section] = make.remote(self.tape_of(node.index), self.cache)
        return self._sections[node.section]

    def introduce(self, known: Iterable[str]) -> list[NodeIsHere]:
        """The news for the coordinator, who knows the sections `known`."""
        fresh = [node for node in self.here.values() if node.index and node.section not in known]
        for node in fresh:
            self.section(node)
        return [NodeIsHere(node=n.index, host=n.host, section=n.section, cpus=n.cpus) for n in fresh]

    def end(self) -> None:
        """End every section, which removes its tape."""
        ends = [section.end.remote() for section in self._sections.values()]
        ray.wait(ends, num_returns=len(ends), timeout=3.0) if ends else None
        for section in self._sections.values():
            ray.kill(section, no_restart=True)
