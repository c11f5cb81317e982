"""A performance said again from its journal: the same engines, weights and dice give the same text, to the last character.

The journal holds everything that decided a character: the weights as all hands together had them, the temperature, the
seed, who sat where, and who alone was heard when someone was late.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from actors import EnsembleError, crossing, hearing, journal, mixture, pooling, search
from actors.hearing import Crossed, Heard
from actors.journal import ALONE, MIXED, SILENT
from actors.mixture import Floats
from actors.pooling import HAND_OVER, Manner
from actors.roster import Change, Roster
from actors.score import Known
from actors.search import Lookahead
from actors.tape import CHAIRS, CODES, OPENING, SLOTS
from actors.wire import Card
from models.engines import Engine
from models.monolith import MOST_VOICES

if TYPE_CHECKING:  # ONNX Runtime takes a while to load
    from models.engines.monolith_engine import Voices


@dataclass(frozen=True)
class Again:
    """One character that is said again."""

    t: int  # its position
    code: int  # as it stands in the journal,
    would: int  # and as it would be drawn now
    slugs: list[str]  # who was heard,
    shares: Floats  # and whose it is: responsibilities (k,)
    heard: Heard


def say(
    path: Path,
    engines: Callable[[Card], Engine],
    nodes: Mapping[str, int] | None = None,
    monolith: "Callable[[Known], Voices] | None" = None,
) -> Iterator[Again]:
    """Every character in the journal at `path` as it would be drawn now: each the same that it was.

    `engines` makes the engine of a member, `nodes` says where styles began that did not begin on the coordinator's own;
    `monolith` makes that of the monolith, if one was there. Raises EnsembleError when the journal cannot be read.
    """
    roster, speakers = None, {}
    weights: dict[str, float] = {}
    manner, ahead, evidence, text = Manner(), Lookahead(), np.zeros(CHAIRS), bytearray([OPENING])
    dice = mixture.Dice(0)
    one: _Monolith | None = None
    for entry in journal.entries(path):
        if roster is None:
            dice = mixture.Dice(int(entry["seed"]))
            cards = [Card(slug, slug, "#888888", digest) for slug, digest in entry["styles"].items()]
            roster = Roster(cards, SLOTS, nodes)
            if monolith and "monolith" in entry:
                known = Known(**entry["monolith"])
                one = _Monolith(known, monolith)
        elif isinstance(entry, list):
            told: list[Any] = [*entry, *(None, 1, MIXED)[len(entry) - 2 :]]
            code, alone, looked, spoke = told[1:]
            sounding = _sounding(roster, weights, manner)
            active = mixture.active(sounding).tolist()
            answer, now = None, replace(manner, cross=1.0) if spoke == ALONE else manner
            if one:
                one.hear(text, roster, sounding, active)
                if now.cross > 0 and spoke != SILENT:
                    answer = one.answer(text)
            given = answer.chairs if answer and now.cross == 1 else []
            seated = {member.chair: member for member in roster.members.values()}
            chairs = [chair for chair in active if chair not in given]
            if alone is not None:
                chairs = sorted(roster.members[slug].chair for slug in alone)
            members = [seated[chair] for chair in chairs]
            for member in members:
                if member.ticket not in speakers:
                    speakers[member.ticket] = _Reader(engines(member.card))
            rows = [speakers[member.ticket].row(text) for member in members]
            omega = np.array(rows, np.float32).reshape(-1, CODES)
            t, heard = len(text), hearing.together(now, chairs, omega, sounding, evidence, answer)
            if looked and ahead.looks and answer is None:
                explore = _Explorer([speakers[member.ticket] for member in members]).explore
                mixed = manner, ahead, heard.rho, omega, heard.weights, evidence[chairs]
                would = search.choose(*mixed, dice.more(t), dice.at(t), explore).char
            else:
                would = mixture.sample(heard.rho, dice.at(t))
            slugs = [seated[chair].slug for chair in heard.chairs]
            yield Again(t, int(code), would, slugs, heard.whose(int(code)), heard)
            if manner.pooling == HAND_OVER:
                evidence = pooling.hear(evidence, int(code), heard.omega, heard.chairs, heard.rho)
            text.append(int(code))
        elif "weights" in entry:
            weights = dict(entry["weights"])
        elif "moves" in entry:
            weights |= entry["moves"]
        elif "ahead" in entry:
            ahead = ahead.changed(entry["ahead"])
        elif "manner" in entry:
            manner = manner.changed(entry["manner"])
        elif not entry.keys() & {"rate", "epoch", "at", "admitted"}:
            change = msgspec.convert(entry, Change)
            if change.swaps:
                before, after = roster.members[change.swaps], roster.waiting[change.swaps]
                evidence[after.chair] = evidence[before.chair]
            roster.follow(change)


def _sounding(roster: Roster, weights: Mapping[str, float], manner: Manner) -> Floats:
    """π by chair, as it counts."""
    pi = np.zeros(CHAIRS)
    for member in roster.members.values():
        pi[member.chair] = weights.get(member.slug, 0.0)
    return pooling.sounding(manner, pi)


class _Monolith:
    """Its engine, the weights it has heard, and how far it has read."""

    def __init__(self, known: Known, make: "Callable[[Known], Voices]") -> None:
        self._known, self._make = known, make
        self._engine: Voices | None = None  # as soon as it has to speak
        self._pis: list[NDArray[np.uint8]] = [np.zeros(MOST_VOICES, np.uint8)]  # by position
        self._at = 0
        self._voices: dict[int, int] = {}  # chair of those it speaks for: where it knows the style

    def hear(self, text: bytearray, roster: Roster, sounding: Floats, active: Sequence[int]) -> None:
        """The weights of the next character."""
        styles = self._known.styles
        places = {m.chair: styles.index(m.slug) for m in roster.members.values() if m.slug in styles}
        speaks_for, heard = crossing.heard_by(sounding, active, places)
        self._voices = {chair: places[chair] for chair in speaks_for}
        self._pis.append(heard)
        assert len(self._pis) == len(text) + 1

    def answer(self, text: bytearray) -> Crossed | None:
        """What it says after `text`."""
        if not self._voices:
            return None
        voices = self._engine = self._engine or self._make(self._known)
        pis = np.array(self._pis[self._at + 1 :], np.float32)[:, : voices.styles]
        voices.consume(np.frombuffer(bytes(text[self._at : -1]), np.uint8), pis[:-1])
        self._at = len(text)
        y = voices.step(text[-1], pis[-1]).copy()
        return Crossed(list(self._voices), y[1:][list(self._voices.values())], y[0].astype(np.float64))


class _Reader:
    """An engine and how far it has read."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self._at = engine, 0
        self.kept: Any = None  # where the text ends, while hypotheses are explored

    def row(self, text: bytearray) -> Any:
        """What it says after `text`, (128,) float32."""
        if self.kept is not None:
            self.engine.back_to(self.kept, 0)
            self.kept = None
        self.engine.consume(np.frombuffer(bytes(text[self._at : -1]), np.uint8))
        y = self.engine.step((0,), (text[-1],))[0].copy()
        self._at = len(text)
        return y


class _Explorer:
    """Hypotheses beyond the text, of all who speak."""

    def __init__(self, readers: list[_Reader]) -> None:
        self._readers = readers

    def explore(self, parents: Sequence[int], chars: Sequence[int]) -> Any:
        """Their rows, (len(chars), readers, 128)."""
        for reader in self._readers:
            if reader.kept is None:
                reader.kept = reader.engine.keep()
        return np.stack([reader.engine.step(parents, chars).copy() for reader in self._readers], axis=1)


def check(path: Path, engines: Callable[[Card], Engine], monolith: "Callable[[Known], Voices] | None" = None) -> int:
    """How many characters were said again. Raises EnsembleError at the first that would be another."""
    count = 0
    for again in say(path, engines, monolith=monolith):
        count = again.t
        if again.code != again.would:
            raise EnsembleError(
                f"character {again.t} of {path} was {chr(again.code)!r} and would be {chr(again.would)!r} now"
            )
    return count
