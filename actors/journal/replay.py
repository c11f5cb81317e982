"""A performance said again from its journal: the same engines, weights and dice give the same text, to the last character.

The journal holds everything that decided a character: the weights as all hands together had them, the temperature, the
seed, who sat where, and who alone was heard when someone was late. With other weights from some place on it is said what
they would have said: the dice are those of the positions, whoever throws them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from actors import EnsembleError
from actors.journal import timing, writer
from actors.journal.cursor import EngineCursor, Explorer, MonolithReader
from actors.journal.format import MonolithCard
from actors.journal.state import JournalState, TurnState
from actors.journal.what_if import WhatIf
from actors.journal.writer import ALONE, MIXED, SILENT
from actors.mixing import combine, lookahead, mixture, pooling
from actors.mixing.combine import Mixed
from actors.mixing.dice import Dice
from actors.mixing.mixture import Floats
from actors.section.tape import SLOT_IDS
from actors.wire.messages import Card
from actors.wire.parameters import HAND_OVER
from models.alphabet import CODES, OPENING
from models.engines import Engine

if TYPE_CHECKING:  # ONNX Runtime takes a while to load
    from models.engines.monolith_engine import Voices

AS_WISHED = (None, 1, MIXED)  # who alone was heard, whether it was looked ahead, how the monolith spoke


@dataclass(frozen=True)
class ReplayedCharacter:
    """One character that is said again."""

    t: int  # its position,
    at_s: float  # and when it came, from the first one on
    code: int  # as it stands in the journal or, where others decide, as they draw it,
    would: int  # and as it would be drawn now
    slugs: list[str]  # who was heard,
    shares: Floats  # and whose it is: responsibilities (k,)
    heard: Mixed
    stood: TurnState  # what decided it
    hypotheses: list[tuple[bytes, float, bytes]]  # what was looked at, see actors.mixing.lookahead


def say(
    path: Path,
    engines: Callable[[Card], Engine],
    nodes: Mapping[str, int] | None = None,
    monolith: "Callable[[MonolithCard], Voices] | None" = None,
    otherwise: WhatIf | None = None,
) -> Iterator[ReplayedCharacter]:
    """Every character in the journal at `path` as it would be drawn now: each the same that it was.

    `engines` makes the engine of a member, `nodes` says where styles began that did not begin on the coordinator's own;
    `monolith` makes that of the monolith, if one was there. Where `otherwise` decides, characters are others. Raises
    EnsembleError when the journal cannot be read, or nobody is left to speak.
    """
    came = timing.seconds(writer.entries(path))
    told: JournalState | None = None
    for entry in writer.entries(path):
        if told is None:
            told = JournalState(entry, nodes)
            voice = _Voice(told, engines, monolith)
        elif isinstance(entry, list):
            t, stood = len(voice.text), told.standing()
            decides = otherwise is not None and t >= otherwise.since
            wished: list[Any] = [*entry[2:], *AS_WISHED[len(entry) - 2 :]]
            if otherwise and decides:
                other = otherwise.decide(came[t - 1], stood, bytes(voice.text))
                if not _same(stood, other):  # who was late then is late as long as nothing else is
                    wished = list(AS_WISHED)
                stood = other
            again = voice.say(stood, None if decides else int(entry[1]), came[t - 1], *wished)
            yield again
            voice.goes_on(again)
        elif (moved := told.follow(entry)) is not None:
            voice.evidence[moved[1]] = voice.evidence[moved[0]]


def _same(a: TurnState, b: TurnState) -> bool:
    return a.settings == b.settings and a.ahead == b.ahead and np.array_equal(a.effective_weights, b.effective_weights)


class _Voice:
    """Everyone who speaks, and the text so far."""

    def __init__(
        self, told: JournalState, engines: Callable[[Card], Engine], monolith: "Callable[[MonolithCard], Voices] | None"
    ) -> None:
        self.text, self.evidence = bytearray([OPENING]), np.zeros(SLOT_IDS)
        self._dice, self._engines = Dice(told.seed), engines
        self._readers: dict[int, EngineCursor] = {}  # by generation
        self._monolith = MonolithReader(told.monolith, monolith) if monolith and told.monolith else None

    def say(
        self, stood: TurnState, code: int | None, at_s: float, alone: list[str] | None, looked: int, spoke: int
    ) -> ReplayedCharacter:
        """The next character as it would be drawn, or as it was drawn: `code`."""
        t, effective_weights, settings = len(self.text), stood.effective_weights, stood.settings
        active = mixture.active(effective_weights).tolist()
        answer, now = None, replace(settings, cross=1.0) if spoke == ALONE else settings
        if self._monolith:
            self._monolith.hear(self.text, stood.members, effective_weights, active)
            if now.cross > 0 and spoke != SILENT:
                answer = self._monolith.answer(self.text)
        given = answer.slot_ids if answer and now.cross == 1 else []
        seated = {member.slot_id: member for member in stood.members}
        slot_ids = [slot_id for slot_id in active if slot_id not in given]
        if alone is not None:
            slot_ids = sorted(slot_id for slot_id, member in seated.items() if member.slug in alone)
        if not slot_ids and answer is None:
            raise EnsembleError(f"at character {t} nobody is there who has weight")
        readers = [self._reader(seated[slot_id].generation, seated[slot_id].card) for slot_id in slot_ids]
        omega = np.array([reader.row(self.text) for reader in readers], np.float32).reshape(-1, CODES)
        heard = combine.together(now, slot_ids, omega, effective_weights, self.evidence, answer)
        hypotheses: list[tuple[bytes, float, bytes]] = []
        if looked and stood.ahead.looks and answer is None:
            mixed = settings, stood.ahead, heard.rho, omega, heard.weights, self.evidence[slot_ids]
            found = lookahead.choose(*mixed, self._dice.more(t), self._dice.at(t), Explorer(readers).explore)
            would, hypotheses = found.char, found.hypotheses
        else:
            would = mixture.sample(heard.rho, self._dice.at(t))
        code = would if code is None else code
        slugs = [seated[slot_id].slug for slot_id in heard.slot_ids]
        return ReplayedCharacter(t, at_s, code, would, slugs, heard.whose(code), heard, stood, hypotheses)

    def goes_on(self, said: ReplayedCharacter) -> None:
        heard = said.heard
        if said.stood.settings.pooling == HAND_OVER:
            self.evidence = pooling.hear(self.evidence, said.code, heard.omega, heard.slot_ids, heard.rho)
        self.text.append(said.code)

    def _reader(self, generation: int, card: Card) -> EngineCursor:
        if generation not in self._readers:
            self._readers[generation] = EngineCursor(self._engines(card))
        return self._readers[generation]


def check(
    path: Path, engines: Callable[[Card], Engine], monolith: "Callable[[MonolithCard], Voices] | None" = None
) -> int:
    """How many characters were said again. Raises EnsembleError at the first that would be another."""
    count = 0
    for again in say(path, engines, monolith=monolith):
        count = again.t
        if again.code != again.would:
            raise EnsembleError(
                f"character {again.t} of {path} was {chr(again.code)!r} and would be {chr(again.would)!r} now"
            )
    return count
