"""Everything that hands decide of a performance: the mix, and the settings under which it is drawn from.

A command only states a wish (`actors.hands.commands`); `fuse` makes one mix of all wishes, about a hundred times a second.
Pure: time comes in as an argument, in seconds of a clock that only goes forward.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from actors.hands.fusion import Fusion
from actors.hands.presets import Presets
from actors.hands.tempo import Tempo
from actors.hands.transitions import Transitions
from actors.hands.visitors import Visitors
from actors.mixing import mixture
from actors.wire.parameters import LOG_LINEAR, Lookahead, MixSettings

RECENT = 64  # characters in which the end of a sentence is looked for


@dataclass
class Controls:
    """The state that commands change."""

    settings: MixSettings = field(default_factory=MixSettings)
    lookahead: Lookahead = field(default_factory=Lookahead)
    rate_cps: float = 15.0
    tempo: Tempo | None = None
    fusion: Fusion = field(default_factory=Fusion)
    transitions: Transitions = field(default_factory=Transitions)
    presets: Presets = field(default_factory=lambda: Presets(None))
    visitors: Visitors = field(default_factory=Visitors)
    has_monolith: bool = False
    mix: dict[str, float] = field(default_factory=dict)  # the weights in force, of all members in their order

    def set_mix(self, mix: Mapping[str, float]) -> None:
        """The mix is this from now on, and its styles are the members."""
        self.mix = dict(mix)
        self.fusion.stand(mix)

    def meet(self, members: Iterable[str]) -> None:
        """The styles are these from now on; one that stays keeps its weight, a new one has none."""
        self.mix = {slug: self.mix.get(slug, 0.0) for slug in members}
        self.fusion.meet(self.mix)

    def fuse(self, text: bytes, now: float) -> bool:
        """Make the mix of all wishes, after the last characters of `text`. True when it has changed."""
        beat_at = self.tempo.last_beat(now) if self.tempo else None
        self.transitions.go(self.fusion, self.fusion.base, text[-RECENT:], beat_at, now)
        mix = self.fusion.mix(now)
        mix = self.visitors.over(mix, mix if self.fusion.solo else self.fusion.held, now)
        if mix == self.mix or not any(weight > 0 for weight in mix.values()):
            return False
        self.mix = mix
        return True

    def check_weights(self, weights: Mapping[str, float], whole: bool = True) -> None:
        """Raises EnsembleError for weights that this pooling, or a `whole` mix of these members, cannot have."""
        mixture.check_weights(weights, self.mix, whole, below_zero=self.settings.pooling == LOG_LINEAR)
