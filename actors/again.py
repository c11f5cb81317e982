"""A performance said again from its journal: the same engines, weights and dice give the same text, to the last character.

The journal holds everything that decided a character: the weights as all hands together had them, the temperature, the
seed, who sat where, and who alone was heard when someone was late.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from actors import EnsembleError, journal, mixture, pooling, search
from actors.pooling import HAND_OVER, Manner
from actors.roster import Change, Roster
from actors.search import Lookahead
from actors.tape import CHAIRS, OPENING, SLOTS
from actors.wire import Card
from models.engines import Engine


def say(
    path: Path, engines: Callable[[Card], Engine], nodes: Mapping[str, int] | None = None
) -> Iterator[tuple[int, int]]:
    """(code, code as it would be drawn now) of every character in the journal at `path`; the two are equal.

    `engines` makes the engine of a member, `nodes` says where styles began that did not begin on the coordinator's own.
    Raises EnsembleError when the journal cannot be read.
    """
    roster, speakers = None, {}
    weights: dict[str, float] = {}
    manner, ahead, evidence, text = Manner(), Lookahead(), np.zeros(CHAIRS), bytearray([OPENING])
    dice = mixture.Dice(0)
    for entry in journal.entries(path):
        if roster is None:
            dice = mixture.Dice(int(entry["seed"]))
            cards = [Card(slug, slug, "#888888", digest) for slug, digest in entry["styles"].items()]
            roster = Roster(cards, SLOTS, nodes)
        elif isinstance(entry, list):
            heard = entry[2] if len(entry) > 2 and entry[2] else _active(roster, weights, manner)
            members = sorted((roster.members[slug] for slug in heard), key=lambda member: member.chair)
            for member in members:
                if member.ticket not in speakers:
                    speakers[member.ticket] = _Reader(engines(member.card))
            omega = np.stack([speakers[member.ticket].row(text) for member in members])
            pi = pooling.sounding(manner, np.array([weights.get(member.slug, 0.0) for member in members]))
            pi = pi if (pi > 0).any() else np.ones(len(pi))
            chairs = [member.chair for member in members]
            t, rho = len(text), pooling.pool(manner, omega, pi, evidence[chairs])[0]
            if len(entry) < 4:
                explore = _Explorer([speakers[member.ticket] for member in members]).explore
                told = manner, ahead, rho, omega, pi, evidence[chairs]
                yield int(entry[1]), search.choose(*told, dice.more(t), dice.at(t), explore).char
            else:
                yield int(entry[1]), mixture.sample(rho, dice.at(t))
            if manner.pooling == HAND_OVER:
                evidence = pooling.hear(evidence, int(entry[1]), omega, chairs, rho)
            text.append(int(entry[1]))
        elif "weights" in entry:
            weights = dict(entry["weights"])
        elif "moves" in entry:
            weights |= entry["moves"]
        elif "ahead" in entry:
            ahead = ahead.changed(entry["ahead"])
        elif "manner" in entry:
            manner = manner.changed(entry["manner"])
        elif not entry.keys() & {"rate", "epoch"}:
            change = msgspec.convert(entry, Change)
            if change.swaps:
                before, after = roster.members[change.swaps], roster.waiting[change.swaps]
                evidence[after.chair] = evidence[before.chair]
            roster.follow(change)


def _active(roster: Roster, weights: Mapping[str, float], manner: Manner) -> list[str]:
    pi = np.zeros(CHAIRS)
    names = {member.chair: member.slug for member in roster.members.values()}
    for chair, slug in names.items():
        pi[chair] = weights.get(slug, 0.0)
    return [names[chair] for chair in mixture.active(pooling.sounding(manner, pi)).tolist()]


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


def check(path: Path, engines: Callable[[Card], Engine]) -> int:
    """How many characters were said again. Raises EnsembleError at the first that would be another."""
    count = 0
    for count, (was, would) in enumerate(say(path, engines), 1):
        if was != would:
            raise EnsembleError(f"character {count} of {path} was {chr(was)!r} and would be {chr(would)!r} now")
    return count
