"""Writes the next character: gathers the rows, mixes, draws, appends (paper 2). The mathematics is `actors.mixing.turn`'s.

Live, a step has a deadline: a style that does not answer in time is left out of this ρ, and the journal notes who was
heard. `exact`, there is none: the same seed gives the same text, whatever the timing of the machine.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from actors.coordinator.cluster import Cluster
from actors.coordinator.config import CoordinatorConfig
from actors.coordinator.lookahead_budget import LookaheadBudget
from actors.coordinator.membership import KEPT, Membership
from actors.coordinator.monolith_client import MonolithClient
from actors.hands.controls import Controls
from actors.journal.format import MonolithPart
from actors.journal.writer import Journal
from actors.mixing import mixture, pooling, turn
from actors.mixing.combine import MonolithAnswer
from actors.mixing.dice import Dice
from actors.mixing.lookahead import Drawn
from actors.mixing.mixture import Floats, Mixed, Rows
from actors.wire.parameters import HAND_OVER, Lookahead, MixSettings

SHORTEST_DEADLINE_S, LONGEST_DEADLINE_S = 0.02, 0.1
PATIENCE = 3  # times the usual turn
STAND_IN_AFTER_S = 0.5  # when no style with weight answers for so long, any that is ready speaks
PLAIN = Lookahead()  # none
EXACT_TURN_S = 0.25  # after which an exact step is tried again; in between the coordinator listens


@dataclass(frozen=True)
class Gathered:
    """The answers of one step."""

    slot_ids: list[int]  # whose rows came,
    omega: Rows  # and these: Ω_t (k, 128)
    answer: MonolithAnswer | None
    part: MonolithPart
    settings: MixSettings
    asked: list[int]
    missing: bool  # a style that should have been heard was not


@dataclass(frozen=True)
class Newest:
    """The mixture behind the newest character: slugs of the styles heard, their rows (k, 128), and ρ (128,)."""

    slugs: list[str] = field(default_factory=list)
    omega: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 128), np.float32))
    rho: Floats = field(default_factory=lambda: np.zeros(0))
    hypotheses: Sequence[tuple[bytes, float, bytes]] = ()  # of a lookahead, see `actors.mixing.lookahead`


class Step:
    """Writes one character after the other."""

    def __init__(
        self,
        config: CoordinatorConfig,
        cluster: Cluster,
        monolith: MonolithClient,
        membership: Membership,
        controls: Controls,
        journal: Journal,
    ) -> None:
        self._config, self._cluster, self._monolith = config, cluster, monolith
        self._membership, self._controls, self._journal = membership, controls, journal
        self._tape, self._exact = cluster.tape, config.exact
        self._dice = Dice(journal.past.header.seed if journal.past else config.seed)
        self.budget = LookaheadBudget(cluster.own)
        self.newest = Newest()
        self._usual_s = LONGEST_DEADLINE_S / PATIENCE  # until every style has answered
        self._nobody_since = 0.0
        self._pi: Floats | None = None  # of the character that the monolith has been asked for
        self._noted_at, self._unnoted = 0.0, False

    @property
    def pi(self) -> Floats:
        """π as this pooling counts it: shape (1024,), by slot id."""
        return pooling.effective_weights(self._controls.settings, self._membership.pi)

    def write(self, deadline_s: float | None) -> bool:
        """Write the next character. False when no style has answered in time; without a deadline, waits for all."""
        t, membership = self._tape.length, self._membership
        pi = self._frozen_pi(t)  # π_t (1024,)
        if not self._config.skipping:
            self._cluster.gather(membership.slot_ids.tolist(), deadline_s)
        began = time.monotonic()
        gathered = self._gather(pi, deadline_s)
        if gathered is None:
            return False
        slot_ids, omega = gathered.slot_ids, gathered.omega  # Ω_t (k, 128)
        mixed = turn.mix(gathered.settings, slot_ids, omega, pi, membership.evidence, gathered.answer)  # ρ_t (128,)
        drawn = self._draw(t, mixed, gathered, began, deadline_s)  # x_{t+1}
        if drawn is None:
            return False
        membership.evidence = turn.after(self._controls.settings, membership.evidence, mixed, drawn.char)
        self._append(drawn.char, gathered)
        heard = [membership.names[slot_id] for slot_id in slot_ids] if gathered.missing else None
        looked = drawn.looked or not self._controls.lookahead.looks
        self._journal.char(t, drawn.char, heard, looked, gathered.part)
        voices = membership.voices[t % KEPT]
        voices[:] = 0
        voices[mixed.slot_ids] = np.rint(255 * mixed.whose(drawn.char))
        slugs = [membership.names[slot_id] for slot_id in mixed.slot_ids]
        self.newest = Newest(slugs, mixed.omega, mixed.rho, drawn.hypotheses)
        return True

    def speaking(self, pi: Floats, crossed: Sequence[int]) -> list[int]:
        """Slot ids of the styles with weight, but for those `crossed` that have given all of it to the monolith."""
        active: list[int] = mixture.active(pi).tolist()
        if not crossed or self._controls.settings.cross < 1:
            return active
        return [slot_id for slot_id in active if slot_id not in crossed]

    def silent(self) -> list[int]:
        """Slots of the styles that are ready and do not speak."""
        crossed = self._monolith.speaks_for(self.pi) if self._monolith.ready else []
        speaking = set(self.speaking(self.pi, crossed))
        return [slot_id for slot_id in self._membership.ready() if slot_id not in speaking]

    def weights_moved(self) -> None:
        """The mix has changed: the journal has it before the next character."""
        self._unnoted = True

    def note_weights(self, every_s: float = 0.0) -> None:
        """Write changed weights into the journal: those of a moving hand once a character, or every so many seconds."""
        if not self._unnoted or (self._pi is not None and self._monolith.asked_at == self._tape.length):
            return  # the character that is under way is drawn with the weights before
        now = time.monotonic()
        if now - self._noted_at >= every_s:
            self._noted_at, self._unnoted = now, False
            self._journal.weights(self._controls.mix)

    def _frozen_pi(self, t: int) -> Floats:
        """π of the character at `t`, which stays what it is once the monolith has heard it.

        The journal has it before that, so that a successor or a replay draws with the same.
        """
        if self._monolith.asked_at != t or self._pi is None:
            self._pi = None
            self.note_weights()
            self._pi = self.pi
        return self._pi

    def _gather(self, pi: Floats, deadline_s: float | None) -> Gathered | None:
        """Ask the styles with weight, and the monolith; None when the step is to be tried again."""
        began, settings = time.monotonic(), self._controls.settings
        wished = self._monolith.hear(pi, settings.cross) if self._config.monolith else []
        crossed = wished if self._exact or self._monolith.ready else []
        self._monolith.ask(crossed)
        can_speak = pi if self._exact else np.where(self._cluster.ready(), pi, 0.0)
        asked, wanted = self.speaking(can_speak, crossed), self.speaking(pi, wished)
        slot_ids, omega = self._cluster.gather(asked, deadline_s)
        answer = self._monolith.answer(crossed, deadline_s)
        part = MonolithPart.AS_SET if answer or not wished else MonolithPart.MISSING
        complete = part is MonolithPart.AS_SET and slot_ids == wanted
        self._took(time.monotonic() - began, complete)
        if self._exact and not complete:
            return None
        if part is MonolithPart.MISSING:  # its styles speak for themselves
            wanted = self.speaking(pi, [])
            if crossed:
                asked = self.speaking(can_speak, [])
                slot_ids, omega = self._cluster.gather(asked, deadline_s)
        if slot_ids or answer:
            self._nobody_since = 0.0
        elif not self._nobody_for_long():
            return None
        elif answer := self._monolith.stand_in(pi, LONGEST_DEADLINE_S):
            part, settings = MonolithPart.ALONE, replace(settings, cross=1.0)
        else:
            slot_ids, omega = self._cluster.gather(self._membership.ready(), LONGEST_DEADLINE_S)
            if not slot_ids:
                return None
        return Gathered(slot_ids, omega, answer, part, settings, asked, slot_ids != wanted)

    def _draw(self, t: int, mixed: Mixed, gathered: Gathered, began: float, deadline_s: float | None) -> Drawn | None:
        """The character at `t`; None when an exact lookahead is to be tried again."""
        lookahead, settings, evidence = self._controls.lookahead, gathered.settings, self._membership.evidence
        looks = (lookahead.looks or lookahead.auto) and gathered.answer is None
        if not (looks and self._cluster.explores(gathered.slot_ids)):
            lookahead = PLAIN
        elif lookahead.auto and not self._exact:
            lookahead = self._fit_lookahead(began)
        if not lookahead.looks:
            return Drawn(turn.draw(settings, lookahead, mixed, evidence, self._dice, t).char, looked=False)
        search = self.budget.begin(gathered.slot_ids, deadline_s, self._exact)
        drawn = turn.draw(settings, lookahead, mixed, evidence, self._dice, t, search.explore)
        self.budget.end(search, lookahead.width, drawn.looked)
        return drawn if drawn.looked or not self._exact else None

    def _append(self, char: int, gathered: Gathered) -> None:
        """Onto the tape, so that the styles step while this process writes the journal and shows the character."""
        membership, tape = self._membership, self._tape
        if self._controls.settings.pooling == HAND_OVER:
            tape.remember(tape.length + 1, membership.evidence)
        tape.append(char)
        if tape.length - 1 != self._config.limit:
            self._cluster.ask([*gathered.asked, *membership.reading_along()])

    def _fit_lookahead(self, began: float) -> Lookahead:
        """Change width and depth to what the rate leaves, after the time that gathering has taken since `began`."""
        rate_cps, before = self._controls.rate_cps, self._controls.lookahead
        left_s = 1 / rate_cps - (time.monotonic() - began) if rate_cps else 0.0
        self._controls.lookahead = self.budget.fitting(before, left_s)
        self._journal.lookahead(before, self._controls.lookahead)
        return self._controls.lookahead

    def _nobody_for_long(self) -> bool:
        """True when no style with weight has answered for so long that any that is ready speaks. The text never stops."""
        now = time.monotonic()
        self._nobody_since = self._nobody_since or now
        return not self._exact and now - self._nobody_since >= STAND_IN_AFTER_S

    def deadline_s(self) -> float:
        """Seconds that the next character waits for its styles."""
        if self._exact:
            return EXACT_TURN_S
        half_period_s = 0.5 / self._controls.rate_cps
        return min(LONGEST_DEADLINE_S, max(SHORTEST_DEADLINE_S, half_period_s, PATIENCE * self._usual_s))

    def _took(self, seconds: float, complete: bool) -> None:
        """Takes in how long a turn took, which decides how long the next waits: many large styles are slow, not late."""
        if complete:
            self._usual_s += (seconds - self._usual_s) / 16
        else:
            self._usual_s = min(1.1 * self._usual_s, LONGEST_DEADLINE_S / PATIENCE)
