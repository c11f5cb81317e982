"""Placement: on which node each style sits, when the ensemble begins, when nodes are lost, and when some come. Pure.

One rule for all of it: a style sits where --place wishes it, and among the nodes that fit where it finds the fewest others
a processor.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from actors.journal.roster import roomiest
from actors.section.tape import SLOTS
from actors.wire.messages import Health, Join
from deploy import UsageError

GONE_AFTER_S = 3.0  # a node that is not heard this long loses its styles to the others
MOVES_AGAIN_S = 10.0
TRIES_AGAIN_S = 30.0  # to move a style that did not get there
STEADY_S = 10.0  # a node has to be heard this long before styles move there for the room it has


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

    def fulfils(self, wish: str) -> bool:
        """True when `wish` is this node's host, machine name or label, or `gpu` and it has one."""
        return wish in (self.host, self.name, *self.labels) or (wish == "gpu" and self.gpus > 0)


class Loads:
    """Counts the styles on each of `nodes`."""

    def __init__(self, nodes: Mapping[int, Node], sits: Iterable[int] = ()) -> None:
        self.nodes, self._count = nodes, Counter(sits)

    def crowd(self, index: int, more: int = 0) -> float:
        """Styles a processor, with `more` of them."""
        return (self._count[index] + more) / self.nodes[index].cpus

    def fitting(self, wish: str | None) -> list[int]:
        """The nodes that a style may sit on."""
        return [index for index, node in self.nodes.items() if wish is None or node.fulfils(wish)]

    def roomiest(self, among: Iterable[int]) -> int:
        """The node on which one more style finds the fewest others a processor."""
        return roomiest(self._count, {index: self.nodes[index].cpus for index in among})

    def seat(self, among: Iterable[int]) -> int:
        """Count one more style on the roomiest of these nodes, and return that node."""
        index = self.roomiest(among)
        self._count[index] += 1
        return index


def spread(styles: Sequence[str], nodes: Mapping[int, Node], wishes: Mapping[str, str]) -> dict[str, int]:
    """The node on which each style begins; those with a wish come first. Raises UsageError for one that none fulfils."""
    loads, placed = Loads(nodes), dict[str, int]()
    for slug in sorted(styles, key=lambda slug: slug not in wishes):
        fits = loads.fitting(wishes.get(slug))
        if not fits:
            there = ", ".join(node.host for node in nodes.values())
            raise UsageError(f"--place {slug}={wishes[slug]}: no node has this host, name or label; there are {there}")
        placed[slug] = loads.seat(fits)
    return placed


def better(
    sits: Mapping[str, int], nodes: Mapping[int, Node], wishes: Mapping[str, str], may: Collection[str]
) -> tuple[str, int] | None:
    """The style of `may` that had better sit on another node, and on which; None when everyone sits well.

    First whoever is not where `wishes` say, then whoever has more company than it would find elsewhere.
    """
    loads = Loads(nodes, sits.values())
    for slug, wish in wishes.items():
        fits = loads.fitting(wish)
        if slug in may and fits and sits[slug] not in fits:
            return slug, loads.roomiest(fits)
    free = [slug for slug in may if slug not in wishes and sits[slug] in nodes]
    if not free:
        return None
    goal = loads.roomiest(nodes)
    slug = max(free, key=lambda slug: loads.crowd(sits[slug]))
    return (slug, goal) if loads.crowd(sits[slug]) > loads.crowd(goal, 1) else None


class Moves:
    """Decides which styles move while the text runs: those of a node that is lost, and those that sit badly."""

    def __init__(self, wishes: Mapping[str, str]) -> None:
        self.wishes = wishes
        # when, by generation of the style or index of the node
        self._moved_at: dict[int, float] = {}
        self._asked_at: dict[int, float] = {}  # for the room there is elsewhere
        self._unheard_since: dict[int, float] = {}
        self._heard_since: dict[int, float] = {}

    def due(self, health: Health, here: Mapping[int, Node], now: float) -> list[Join]:
        """The moves that are due now (s). `here`: the nodes that Ray knows; `health` says which of them are heard."""
        lost = {member.slot_id // SLOTS for member in health.roster} - here.keys()
        lost |= {node.node for node in health.nodes if node.trouble}
        heard = {node.node for node in health.nodes} - lost
        return self._from_lost(health, here, heard, lost, now) + self._for_room(health, here, heard, now)

    def _from_lost(
        self, health: Health, here: Mapping[int, Node], heard: set[int], lost: set[int], now: float
    ) -> list[Join]:
        """Moves of the styles on a node that was not heard for a while, to where there is most room."""
        self._unheard_since = {index: self._unheard_since.get(index, now) for index in lost - {0}}
        moving = {m.slug for m in health.roster[len(health.styles) :] if m.slot_id // SLOTS not in lost}
        loads = Loads(
            {index: node for index, node in here.items() if index in heard | {0}},
            (member.slot_id // SLOTS for member in health.roster),
        )
        joins = []
        for member in health.roster:
            since = self._unheard_since.get(member.slot_id // SLOTS, now)
            asked = now - self._moved_at.get(member.generation, -MOVES_AGAIN_S) < MOVES_AGAIN_S
            if now - since > GONE_AFTER_S and member.slug not in moving and not asked:
                self._moved_at[member.generation] = now
                moving.add(member.slug)
                goal = loads.seat(loads.fitting(self.wishes.get(member.slug)) or loads.nodes)
                joins.append(Join(card=member.card, node=goal))
        return joins

    def _for_room(self, health: Health, here: Mapping[int, Node], heard: set[int], now: float) -> list[Join]:
        """One style at a time moves to a node that came, or came back, and has been here for a while."""
        self._heard_since = {index: self._heard_since.get(index, now) for index in heard}
        steady = {0} | {index for index, since in self._heard_since.items() if now - since > STEADY_S}
        members = health.roster[: len(health.styles)]
        if len(health.roster) > len(members):  # somebody is on the way
            return []
        self._asked_at = {generation: at for generation, at in self._asked_at.items() if now - at < TRIES_AGAIN_S}
        well = {style.slug for style in health.styles if style.state in ("ready", "late")}
        move = better(
            {member.slug: member.slot_id // SLOTS for member in members},
            {index: node for index, node in here.items() if index in steady},
            self.wishes,
            [member.slug for member in members if member.slug in well and member.generation not in self._asked_at],
        )
        if move is None:
            return []
        member = next(member for member in members if member.slug == move[0])
        self._asked_at[member.generation] = now  # meanwhile others are: this one may be unable to
        return [Join(card=member.card, node=move[1])]
