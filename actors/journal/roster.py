"""The roster: which styles the ensemble has, in which slot each plays, and whose newer weights still read.

A slot id is node * 64 + slot. A style that joins gets a free slot and a generation, a number that no slot had before. Newer
weights of a style get a slot of their own and read the text; when they are ready they take the style's place between two
characters. Every change is a line of the journal, so a coordinator that starts again finds everyone where they were.
"""

from collections.abc import Iterable, Iterator, Mapping

from actors import EnsembleError
from actors.journal.format import Change
from actors.wire.messages import Card, Member


class Roster:
    """Members by slug, in the order in which they are shown. Follows changes and decides nothing by itself."""

    def __init__(self, cards: Iterable[Card], slots: int, nodes: Mapping[str, int] | None = None) -> None:
        """`slots` is the number of slots of a node, `nodes` maps slugs to the nodes they begin on (default: 0).

        Raises EnsembleError for more styles than a node has slots.
        """
        self._slots = slots
        self.members: dict[str, Member] = {}
        self.waiting: dict[str, Member] = {}  # newer weights of a member, not yet playing
        self.generation = 0  # the highest so far
        self._left_at: dict[int, int] = {}  # slot id: the generation that was newest when it became free
        for card in cards:
            self.follow(Change(joins=self.member_for(card, (nodes or {}).get(card.slug, 0))))

    def __iter__(self) -> Iterator[Member]:
        """Every member, then the newer weights that still read."""
        yield from self.members.values()
        yield from self.waiting.values()

    def member_for(self, card: Card, node: int = 0) -> Member:
        """The member that `card` would be, in the slot of the node that has been free for longest.

        Raises EnsembleError when none is free.
        """
        taken = {member.slot_id for member in self}
        free = [slot_id for slot_id in range(node * self._slots, (node + 1) * self._slots) if slot_id not in taken]
        if not free:
            raise EnsembleError(f"all {self._slots} slots of node {node} are taken: remove a style first")
        slot_id = min(free, key=lambda slot_id: self._left_at.get(slot_id, 0))
        return Member(card, slot_id, self.generation + 1)

    def generations(self) -> dict[int, int]:
        """The generation of every slot that has or had a style."""
        return self._left_at | {member.slot_id: member.generation for member in self}

    def follow(self, change: Change) -> None:
        """Follow a change. Raises EnsembleError, and changes nothing, for an impossible one."""
        if change.joins is not None:
            member = change.joins
            if any(member.slot_id == other.slot_id for other in self):
                raise EnsembleError(f"slot id {member.slot_id} is not free")
            known = self.members if member.slug not in self.members else self.waiting
            if member.slug in known:
                raise EnsembleError(f"newer weights of {member.slug} are being read already")
            known[member.slug] = member
            self.generation = max(self.generation, member.generation)
        elif change.swaps:
            older, newer = self._of(self.members, change.swaps), self._of(self.waiting, change.swaps)
            self._free(older)
            self.members[change.swaps] = newer  # at the same position of the order
            del self.waiting[change.swaps]
        elif change.leaves:
            self._free(self._of(self.members, change.leaves))
            del self.members[change.leaves]
            if change.leaves in self.waiting:
                self._free(self.waiting.pop(change.leaves))
        elif change.gives_up:
            self._free(self._of(self.waiting, change.gives_up))
            del self.waiting[change.gives_up]

    def _of(self, known: dict[str, Member], slug: str) -> Member:
        if slug not in known:
            raise EnsembleError(f"there is no style {slug!r} here; there are {', '.join(self.members)}")
        return known[slug]

    def _free(self, member: Member) -> None:
        self.generation += 1  # given to no style: it tells the one that had the slot to end
        self._left_at[member.slot_id] = self.generation


def roomiest(styles: Mapping[int, int], cpus: Mapping[int, float]) -> int:
    """The node on which one more style finds the fewest others a processor: the rule of every placement.

    `styles` counts those on each node, `cpus` has the processors of the nodes to choose from.
    """
    return min(cpus, key=lambda node: ((styles.get(node, 0) + 1) / cpus[node], node))
