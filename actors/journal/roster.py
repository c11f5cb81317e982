"""The roster: which styles the ensemble has, in which slot id each sits, and who is waiting to take another's place.

A slot id is a slot of a tape. A style that joins gets a free one and a generation, a number no one had before. Newer weights of
a style sit down in a slot id of their own and read along; when they are ready they take the style's place between two
characters. Every change is a line of the journal, so a coordinator that starts again finds everyone where they were.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from actors import EnsembleError
from actors.wire.messages import Card, Member


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the journal: somebody `joins`, the one waiting `swaps` in, or a style `leaves` (or stops waiting)."""

    joins: Member | None = None
    swaps: str = ""
    leaves: str = ""
    gives_up: str = ""


class Roster:
    """Members by slug, in the order in which they are shown. Follows changes; decides nothing by itself."""

    def __init__(self, cards: Iterable[Card], slot_ids: int, nodes: Mapping[str, int] | None = None) -> None:
        """`slot_ids` are those of one node, `nodes` says which style begins on which (default: 0).

        Raises EnsembleError for more styles than a node has slot ids.
        """
        self.slot_ids = slot_ids
        self.members: dict[str, Member] = {}
        self.waiting: dict[str, Member] = {}  # newer weights of a member, not yet playing
        self.generation = 0  # the highest so far
        self._left_at: dict[int, int] = {}  # slot id: the generation that was newest when it became free
        for card in cards:
            self.follow(Change(joins=self.seat(card, (nodes or {}).get(card.slug, 0))))

    def __iter__(self) -> Iterator[Member]:
        """Everyone who sits somewhere: the members, then those who wait to take a place."""
        yield from self.members.values()
        yield from self.waiting.values()

    def seat(self, card: Card, node: int = 0) -> Member:
        """The member that `card` would be: in that slot id of the node that has been free for longest.

        Raises EnsembleError when there is none.
        """
        taken = {member.slot_id for member in self}
        free = [slot_id for slot_id in range(node * self.slot_ids, (node + 1) * self.slot_ids) if slot_id not in taken]
        if not free:
            raise EnsembleError(f"all {self.slot_ids} places of node {node} are taken: remove a style first")
        slot_id = min(free, key=lambda slot_id: self._left_at.get(slot_id, 0))
        return Member(card, slot_id, self.generation + 1)

    def generations(self) -> dict[int, int]:
        """The generation of every slot id that somebody sits or has sat in."""
        return self._left_at | {member.slot_id: member.generation for member in self}

    def follow(self, change: Change) -> None:
        """Raises EnsembleError, and changes nothing, for what cannot be."""
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
            self.members[change.swaps] = newer  # in the same place of the order
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
        self.generation += 1  # passed to nobody: it tells the one who sat there to go
        self._left_at[member.slot_id] = self.generation
