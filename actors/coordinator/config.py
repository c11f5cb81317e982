"""The score: what a coordinator is told when it is made."""

from dataclasses import dataclass, field
from pathlib import Path

from actors.hands.fusion import RELEASE_S
from actors.journal.format import MonolithCard
from actors.wire.endpoints import Endpoints, Public
from actors.wire.messages import Card
from actors.wire.parameters import Lookahead, MixSettings


@dataclass(frozen=True)
class CoordinatorConfig:
    """What a coordinator is told when it is made; everything else it hears at the desk."""

    tape: str
    endpoints: Endpoints
    cards: list[Card]  # of the styles it begins with, in order
    journal: Path
    seed: int
    mix: dict[str, float] = field(default_factory=dict)  # empty: the first two styles that are ready
    rate_cps: float = 15.0  # 0 stands still, infinity is as fast as it goes
    limit: int = 0  # characters after which the text ends; 0: never
    exact: bool = False
    nodes: dict[str, int] = field(default_factory=dict)  # on which node a style begins; those not named on the own, 0
    cpus: float = 1.0  # of the own node
    public: Public | None = None  # where clients from other machines are let in
    release_s: float = RELEASE_S  # how long a hand's touch counts, see actors.hands.fusion
    settings: MixSettings = field(default_factory=MixSettings)  # how rows become ρ to begin with
    ahead: Lookahead = field(default_factory=Lookahead)
    monolith: MonolithCard | None = None
    admitted: float = 0.0  # the share of the mix that visitors may have to begin with, see actors.hands.visitors
    presets: Path | None = None  # the file in which they are kept; none: they last as long as this life
    skipping: bool = True  # False: silent styles are stepped all the same, for comparison
