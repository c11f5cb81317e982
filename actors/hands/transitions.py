"""Transitions from one mix to another: a preset or a line of a score, begun where language can bear it. Pure.

A move waits for a place in the text (`falls`), then goes from the mix as it is to its goal over some seconds. A style that
another hand touches meanwhile is given up to it.
"""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from actors.hands.fusion import Fusion

WAITS_S = 15.0  # for its place: there are texts without sentences
MOST = 32
SPACES = frozenset(string.whitespace.encode())
STOPS = frozenset(b".!?")
CLOSING = frozenset(b"\"')]}")


def ends(text: bytes, what: str) -> bool:
    """True when a word, line or sentence has just ended with `text`, so that the next character begins another."""
    if not text or text[-1] not in SPACES:
        return False
    if what == "line":
        return text[-1] == 10
    before = text[:-1]
    if what == "word":
        return bool(before) and before[-1] not in SPACES
    while before and before[-1] in CLOSING:
        before = before[:-1]
    return bool(before) and before[-1] in STOPS


@dataclass
class Transition:
    """A move on its way, or waiting for its place (`began_at` 0)."""

    hand: str
    goal: Mapping[str, float]
    over_s: float
    falls: str
    asked_at: float
    began_at: float = 0.0
    start: dict[str, float] = field(default_factory=dict)


class Transitions:
    """All transitions under way; a hand has one at a time."""

    def __init__(self) -> None:
        self._going: dict[str, Transition] = {}

    def begin(self, hand: str, goal: Mapping[str, float], over_s: float, falls: str, now: float) -> None:
        """`goal` names every style that is to change."""
        self._going.pop(hand, None)
        if len(self._going) < MOST:
            self._going[hand] = Transition(hand, dict(goal), over_s, falls, now)

    @property
    def waiting(self) -> bool:
        """True when one waits for its place in the text: then every character counts."""
        return any(not move.began_at for move in self._going.values())

    def stop(self, hand: str) -> None:
        self._going.pop(hand, None)

    def go(self, fusion: Fusion, mix: Mapping[str, float], text: bytes, beat_at: float | None, now: float) -> bool:
        """Tells `fusion` the wishes of all transitions at this moment. True when there is any.

        `text` are the last characters written, `mix` the weights now, `beat_at` when the last beat was, or None.
        """
        for move in list(self._going.values()):
            if not move.began_at:
                if not _its_place(move, text, beat_at, now):
                    continue
                move.began_at, move.start = now, dict(mix)
            along = 1.0 if now - move.began_at >= move.over_s else (now - move.began_at) / move.over_s
            goal = {slug: weight for slug, weight in move.goal.items() if slug in mix}
            free = _free(goal, fusion, move)
            if free:
                fusion.wish(move.hand, {s: _between(move.start.get(s, 0.0), goal[s], along) for s in free}, now)
            if along >= 1 or not free:
                del self._going[move.hand]
        return bool(self._going)


def _free(goal: Iterable[str], fusion: Fusion, move: Transition) -> list[str]:
    return [slug for slug in goal if not fusion.touched(slug, since=move.began_at, but=move.hand)]


def _its_place(move: Transition, text: bytes, beat_at: float | None, now: float) -> bool:
    if move.falls == "now" or now - move.asked_at > WAITS_S:
        return True
    if move.falls == "beat":
        return beat_at is None or beat_at > move.asked_at
    return ends(text, move.falls)


def _between(start: float, goal: float, along: float) -> float:
    return goal if along >= 1 else start + (goal - start) * along
