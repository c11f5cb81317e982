"""How a performance stands, as the lines of its journal have told it so far: who is there, and with what weight."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from actors.journal.format import MonolithCard
from actors.journal.roster import Change, Roster
from actors.mixing import pooling
from actors.mixing.mixture import Floats
from actors.section.tape import SLOT_IDS, SLOTS
from actors.wire.messages import Card, Member
from actors.wire.parameters import Lookahead, MixSettings


@dataclass(frozen=True)
class TurnState:
    """What decides the next character, and what is shown of it."""

    members: tuple[Member, ...]  # in their order
    waiting: tuple[Member, ...]  # to take the place of one of them
    pi: tuple[float, ...]  # the weights of the members, as they were sent
    settings: MixSettings
    ahead: Lookahead
    rate_cps: float
    admitted: float
    epoch: int

    @property
    def effective_weights(self) -> Floats:
        """π by slot id, as it counts in this manner of pooling."""
        pi = np.zeros(SLOT_IDS)
        for member, weight in zip(self.members, self.pi, strict=True):
            pi[member.slot_id] = weight
        return pooling.effective_weights(self.settings, pi)


class JournalState:
    """Follows the lines of one journal but for its characters, from its first on."""

    def __init__(self, header: Mapping[str, Any], nodes: Mapping[str, int] | None = None) -> None:
        """`nodes` says where styles began that did not begin on the coordinator's own."""
        self.seed = int(header["seed"])
        self.monolith = MonolithCard(**header["monolith"]) if "monolith" in header else None
        cards = [Card(slug, slug, "#888888", digest) for slug, digest in header["styles"].items()]
        self.roster = Roster(cards, SLOTS, nodes)
        self.weights: dict[str, float] = {}
        self.settings, self.ahead = MixSettings(), Lookahead()
        self.rate_cps, self.admitted, self.epoch = 0.0, 0.0, 1
        self._standing: TurnState | None = None

    def follow(self, entry: Mapping[str, Any]) -> tuple[int, int] | None:
        """One line. Returns the slot ids, from and to, between which a style has moved."""
        moved = None
        if "at" in entry:  # when, which is `actors.journal.timing`'s
            return None
        self._standing = None
        if "weights" in entry:
            self.weights = dict(entry["weights"])
        elif "moves" in entry:
            self.weights |= entry["moves"]
        elif "ahead" in entry:
            self.ahead = self.ahead.changed(entry["ahead"])
        elif "manner" in entry:
            self.settings = self.settings.changed(entry["manner"])
        elif "rate" in entry:
            self.rate_cps = float("inf" if entry["rate"] == "max" else entry["rate"])
        elif "admitted" in entry:
            self.admitted = float(entry["admitted"])
        elif "epoch" in entry:
            self.epoch = int(entry["epoch"])
        else:
            change = msgspec.convert(entry, Change)
            if change.swaps:
                moved = self.roster.members[change.swaps].slot_id, self.roster.waiting[change.swaps].slot_id
            self.roster.follow(change)
        return moved

    def standing(self) -> TurnState:
        """How things stand for the next character."""
        if self._standing is None:
            members = tuple(self.roster.members.values())
            self._standing = TurnState(
                members,
                tuple(self.roster.waiting.values()),
                tuple(self.weights.get(member.slug, 0.0) for member in members),
                self.settings,
                self.ahead,
                self.rate_cps,
                self.admitted,
                self.epoch,
            )
        return self._standing
