"""The configuration of a coordinator: everything but what it is sent at its desk."""

from dataclasses import dataclass, field
from pathlib import Path

from actors.hands.fusion import RELEASE_S
from actors.journal.format import MonolithCard
from actors.wire.endpoints import Endpoints, Public
from actors.wire.messages import Card
from actors.wire.parameters import RATE, Lookahead, MixSettings


@dataclass(frozen=True)
class CoordinatorConfig:
    """Values a performance begins with; a coordinator that is made again takes what has changed from the journal."""

    tape: str
    endpoints: Endpoints
    cards: list[Card]  # of the styles it begins with, in order
    journal: Path
    seed: int
    mix: dict[str, float] = field(default_factory=dict)  # empty: the first two styles that are ready
    rate_cps: float = RATE.default  # 0 stands still, infinity is as fast as possible
    limit: int = 0  # characters after which the text ends; 0: never
    exact: bool = False  # no deadlines: the same seed gives the same text
    nodes: dict[str, int] = field(default_factory=dict)  # slug: the node it begins on; the others on the own one, 0
    cpus: float = 1.0  # of the own node
    public: Public | None = None  # where clients from other machines are let in
    release_s: float = RELEASE_S  # how long a hand's touch counts, see `actors.hands.fusion`
    settings: MixSettings = field(default_factory=MixSettings)
    lookahead: Lookahead = field(default_factory=Lookahead)
    monolith: MonolithCard | None = None
    admitted: float = 0.0  # the share of the mix that visitors may have, see `actors.hands.visitors`
    presets: Path | None = None  # the file they are kept in; None: they last as long as this coordinator
    skipping: bool = True  # False: silent styles are stepped all the same, for comparison
