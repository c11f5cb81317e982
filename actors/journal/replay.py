"""Replays a performance from its journal: the same engines, weights and dice give the same text, to the last character.

The journal holds everything that decided a character: the weights that came of all hands, the settings, the seed, who
played in which slot, and which styles answered in time. With other weights (`actors.journal.what_if`) a replay draws
the text that they would have given: the dice are those of the positions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from actors import EnsembleError
from actors.journal import format, timing
from actors.journal.cursor import EngineCursor, Explorer, MonolithCursor
from actors.journal.format import Change, Character, Header, MonolithCard, MonolithPart
from actors.journal.state import JournalState, TurnState
from actors.journal.what_if import WhatIf
from actors.mixing import mixture, turn
from actors.mixing.dice import Dice
from actors.mixing.mixture import Floats, Mixed
from actors.section.tape import SLOT_IDS
from actors.wire.messages import Card, Member
from models.alphabet import CODES, OPENING
from models.engines import Engine

if TYPE_CHECKING:  # ONNX Runtime takes a while to load
    from models.engines.monolith_engine import Voices

Engines = Callable[[Card], Engine]
Monoliths = Callable[[MonolithCard], "Voices"]


@dataclass(frozen=True)
class ReplayedCharacter:
    """One character of a replay."""

    t: int  # position
    at_s: float  # when it came, in seconds from the first one
    code: int  # as it stands in the journal or, where a what-if decides, as that draws it
    drawn: int  # as it is drawn now
    slugs: list[str]  # the styles that were heard
    shares: Floats  # their responsibilities (k,)
    mixed: Mixed
    state: TurnState  # what decided it
    hypotheses: Sequence[tuple[bytes, float, bytes]]  # of a lookahead, see `actors.mixing.lookahead`


def replay(
    path: Path,
    engines: Engines,
    nodes: Mapping[str, int] | None = None,
    monolith: Monoliths | None = None,
    what_if: WhatIf | None = None,
) -> Iterator[ReplayedCharacter]:
    """Every character of the journal at `path`, drawn again.

    `engines` makes the engine of a member, `monolith` that of the monolith, if there was one; `nodes` maps slugs to the
    nodes on which styles began, but for the coordinator's own. From `what_if.since` on `what_if` decides, and
    characters are others. Raises EnsembleError when the journal cannot be read, or no style is left to speak.
    """
    came = timing.seconds(format.lines(path))
    lines = format.lines(path)
    header = next(lines)
    assert isinstance(header, Header)  # as `lines` promises
    state, ensemble = JournalState(header, nodes), _Ensemble(header, engines, monolith)
    for line in lines:
        if isinstance(line, Character):
            now, keeps = state.turn(), what_if is None or line.t < what_if.since
            as_played = line
            if what_if and not keeps:
                other = what_if.decide(came[line.t - 1], now, bytes(ensemble.text))
                if not _same(now, other):  # who was late then is late as long as nothing else differs
                    as_played = Character(line.t, line.code)
                now = other
            character = ensemble.draw(now, as_played, came[line.t - 1], keeps)
            yield character
            ensemble.write(character)
        elif isinstance(line, Change) and line.swaps:
            older, newer = state.roster.members[line.swaps], state.roster.waiting[line.swaps]
            ensemble.evidence[newer.slot_id] = ensemble.evidence[older.slot_id]
        state.follow(line)


def _same(a: TurnState, b: TurnState) -> bool:
    if a.settings != b.settings or a.lookahead != b.lookahead:
        return False
    return np.array_equal(a.effective_weights, b.effective_weights)


class _Ensemble:
    """All engines of one replay, and the text so far."""

    def __init__(self, header: Header, engines: Engines, monolith: Monoliths | None) -> None:
        self.text, self.evidence = bytearray([OPENING]), np.zeros(SLOT_IDS)
        self._dice, self._engines = Dice(header.seed), engines
        self._cursors: dict[int, EngineCursor] = {}  # by generation
        self._monolith = MonolithCursor(header.monolith, monolith) if monolith and header.monolith else None

    def draw(self, state: TurnState, line: Character, at_s: float, keeps: bool) -> ReplayedCharacter:
        """The character after the text; it `keeps` the code of the journal's `line`, or is what it is drawn as."""
        t, pi, settings = len(self.text), state.effective_weights, state.settings
        if line.monolith == MonolithPart.ALONE:
            settings = replace(settings, cross=1.0)
        active = mixture.active(pi).tolist()
        answer = None
        if self._monolith:
            self._monolith.hear(self.text, state.members, pi, active)
            if settings.cross > 0 and line.monolith != MonolithPart.MISSING:
                answer = self._monolith.answer(self.text)
        members = {member.slot_id: member for member in state.members}
        if line.heard is not None:
            slot_ids = sorted(slot_id for slot_id, member in members.items() if member.slug in line.heard)
        else:
            given = answer.slot_ids if answer and settings.cross == 1 else ()
            slot_ids = [slot_id for slot_id in active if slot_id not in given]
        if not slot_ids and answer is None:
            raise EnsembleError(f"no style with a weight is there at character {t}")
        cursors = [self._cursor(members[slot_id]) for slot_id in slot_ids]
        omega = np.array([cursor.row(self.text) for cursor in cursors], np.float32).reshape(-1, CODES)
        mixed = turn.mix(settings, slot_ids, omega, pi, self.evidence, answer)
        explore = Explorer(cursors).explore if line.looked and answer is None else None
        drawn = turn.draw(settings, state.lookahead, mixed, self.evidence, self._dice, t, explore)
        code = line.code if keeps else drawn.char
        slugs = [members[slot_id].slug for slot_id in mixed.slot_ids]
        shares = mixed.whose(code)
        return ReplayedCharacter(t, at_s, code, drawn.char, slugs, shares, mixed, state, drawn.hypotheses)

    def write(self, character: ReplayedCharacter) -> None:
        """The text goes on with it."""
        self.evidence = turn.after(character.state.settings, self.evidence, character.mixed, character.code)
        self.text.append(character.code)

    def _cursor(self, member: Member) -> EngineCursor:
        if member.generation not in self._cursors:
            self._cursors[member.generation] = EngineCursor(self._engines(member.card))
        return self._cursors[member.generation]
