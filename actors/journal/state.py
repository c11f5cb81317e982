"""The state of a performance as the lines of its journal give it: who is there, with what weight, under which settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from actors.journal import format
from actors.journal.roster import Roster
from actors.mixing import pooling
from actors.mixing.mixture import Floats
from actors.section.tape import SLOT_IDS, SLOTS
from actors.wire.messages import Card, Member
from actors.wire.parameters import Lookahead, MixSettings


@dataclass(frozen=True)
class TurnState:
    """The part of a performance that decides the next character, and what a frame shows of it."""

    members: tuple[Member, ...]  # in their order
    waiting: tuple[Member, ...]  # newer weights that still read
    pi: tuple[float, ...]  # the weights of the members, as they were sent
    settings: MixSettings
    lookahead: Lookahead
    rate_cps: float
    admitted: float
    epoch: int

    @property
    def effective_weights(self) -> Floats:
        """π by slot id, as this pooling counts it: shape (1024,)."""
        pi = np.zeros(SLOT_IDS)
        for member, weight in zip(self.members, self.pi, strict=True):
            pi[member.slot_id] = weight
        return pooling.effective_weights(self.settings, pi)


@dataclass
class JournalState:
    """Follows the lines of one journal from its header on. Shared by replays and by a coordinator that continues."""

    header: format.Header
    nodes: Mapping[str, int] | None = None  # slug: the node a style began on; the others on the coordinator's own
    weights: dict[str, float] = field(default_factory=dict)
    settings: MixSettings = field(default_factory=MixSettings)
    lookahead: Lookahead = field(default_factory=Lookahead)
    rate_cps: float | None = None  # None: no line has set it
    admitted: float | None = None
    epoch: int = 1
    at_s: float = 0.0  # when the last stamped character came
    changes: list[format.Change] = field(default_factory=list)  # of the roster, since the performance began
    text: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._roster: Roster | None = None
        self._turn: TurnState | None = None

    @property
    def roster(self) -> Roster:
        """The members now. Raises EnsembleError when `nodes` do not fit the changes."""
        if self._roster is None:
            cards = [Card(slug, slug, "#888888", digest) for slug, digest in self.header.styles.items()]
            self._roster = Roster(cards, SLOTS, self.nodes)
            for change in self.changes:
                self._roster.follow(change)
        return self._roster

    def follow(self, line: format.Line) -> None:
        """Take in one line. Raises ValueError when a character is missing, EnsembleError for an impossible change."""
        match line:
            case format.Character(t, code):
                if t != len(self.text) + 1:
                    raise ValueError(f"position {t} after {len(self.text)}")
                self.text.append(code)
                return
            case format.Came(at):
                self.at_s = at
                return
            case format.AllWeights(weights):
                self.weights = weights
            case format.SomeWeights(weights):
                self.weights |= weights
            case format.SettingsChange(changes):
                self.settings = self.settings.changed(changes)
            case format.LookaheadChange(changes):
                self.lookahead = self.lookahead.changed(changes)
            case format.Rate():
                self.rate_cps = line.cps
            case format.Admitted(share):
                self.admitted = share
            case format.Epoch(epoch):
                self.epoch = epoch
            case format.Change():
                if self._roster is not None:
                    self._roster.follow(line)
                self.changes.append(line)
        self._turn = None

    def turn(self) -> TurnState:
        """The state that decides the next character."""
        if self._turn is None:
            members = tuple(self.roster.members.values())
            self._turn = TurnState(
                members,
                tuple(self.roster.waiting.values()),
                tuple(self.weights.get(member.slug, 0.0) for member in members),
                self.settings,
                self.lookahead,
                self.rate_cps or 0.0,
                self.admitted or 0.0,
                self.epoch,
            )
        return self._turn
