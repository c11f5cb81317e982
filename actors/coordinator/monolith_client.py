"""The coordinator's side of the monolith: with which weights it hears the text, when it is asked, and what it answered.

It sits on the coordinator's own node, in the slot after those of the styles. Where there is none, nobody is crossed to it.
"""

from collections.abc import Mapping

import numpy as np

from actors.journal.format import MonolithCard
from actors.mixing import crossfade, mixture
from actors.mixing.combine import MonolithAnswer
from actors.mixing.mixture import Floats
from actors.section.section import Section
from actors.section.tape import MONOLITH, READY
from actors.wire.messages import StyleHealth
from models.monolith import MOST_VOICES

GENERATION = 1  # the only one its slot has ever had
FAR_BEHIND = 1024  # characters


class MonolithClient:
    """`known` are the styles that it has, in its order; None: there is no monolith."""

    def __init__(self, section: Section, known: MonolithCard | None) -> None:
        self._section, self._known = section, known
        self._places: dict[int, int] = {}  # slot id: where the monolith knows the style that sits there
        self._pi = np.zeros(0)  # the weights that these are of:
        self._speaks_for: list[int] = []
        self._heard = np.zeros(MOST_VOICES, np.uint8)
        self.asked_at = 0  # the length of the text when it was asked last
        if known:
            section.give(MONOLITH, GENERATION)

    @property
    def here(self) -> bool:
        return self._known is not None

    @property
    def ready(self) -> bool:
        return self.here and bool(self._section.tape.state[MONOLITH] == READY)

    def meet(self, names: Mapping[int, str]) -> None:
        """The slots of the members are these from now on."""
        known = self._known.styles if self._known else []
        self._places = {slot_id: known.index(slug) for slot_id, slug in names.items() if slug in known}
        self._pi = np.zeros(0)

    def speaks_for(self, pi: Floats) -> list[int]:
        """The slot ids with weight whose style it has."""
        if not self.here:
            return []
        if not np.array_equal(pi, self._pi):
            self._pi = pi
            self._speaks_for, self._heard = crossfade.heard_by(pi, mixture.active(pi).tolist(), self._places)
        return self._speaks_for

    def hear(self, pi: Floats, x: float) -> list[int]:
        """With these weights the text goes on: they lie on the tape from now on.

        Returns the slot ids that it is to speak for: at x above 0, of all whom it knows.
        """
        speaks_for = self.speaks_for(pi)
        if not self.here:
            return []
        tape = self._section.tape
        tape.weigh(tape.length, self._heard)
        if tape.length - int(tape.answered[MONOLITH]) > FAR_BEHIND:
            self.keep_up()  # at every rate: it must not fall so far behind that weights are forgotten
        return speaks_for if x > 0 else []

    def ask(self, crossed: list[int]) -> None:
        """Lets it step, if it speaks for any style."""
        if crossed:
            self.asked_at = self._section.tape.length
            self._section.ask([MONOLITH])

    def answer(self, crossed: list[int], deadline_s: float | None) -> MonolithAnswer | None:
        """Its answer for the styles `crossed` to it; None when it is late, or no style is crossed."""
        if not crossed or not self._section.gather([MONOLITH], deadline_s):
            return None
        tape = self._section.tape
        voices = [self._places[slot_id] for slot_id in crossed]
        return MonolithAnswer(crossed, tape.alone[voices], tape.row[MONOLITH].astype(np.float64))

    def stand_in(self, pi: Floats, deadline_s: float | None) -> MonolithAnswer | None:
        """Its answer in the place of every style with weight that it knows, although the settings do not ask for it."""
        crossed = self.speaks_for(pi) if self.ready else []
        self.ask(crossed)
        return self.answer(crossed, deadline_s)

    def keep_up(self) -> None:
        """Lets it read on in idle time."""
        if self.ready:
            self._section.keep_up([MONOLITH], 1)

    def health(self) -> StyleHealth | None:
        """Its health, in the form of a style; None where there is no monolith."""
        if not self.here:
            return None
        status = self._section.status(MONOLITH)
        return StyleHealth(
            "monolith", status.state, status.behind, status.step_s * 1000, status.pid, status.message, status.restarts
        )
