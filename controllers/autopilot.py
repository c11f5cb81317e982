"""The autopilot: wanders through the styles while nobody plays, and gives way at the first touch.

It goes phrase by phrase: one style alone, two, or three; mostly on to a kindred style, sometimes far away. Changes glide,
and begin where a line or a sentence ends.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass

from actors.wire.messages import Command, LetGo, Move
from controllers.hand import Hand, Seen

VOICES = ((1, 0.35), (2, 0.45), (3, 0.2))  # how many speak in a phrase, and how often
NEAR, NEAREST = 3, 0.75  # so many places on in the order of kinship is near; how often it goes there
SECOND, THIRD = 0.6, 0.35  # of the first voice's weight
FALLS = ("line", "sentence", "word")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--after", type=float, default=30.0, metavar="S", help="seconds of quiet (default: %(default)g)"
    )
    parser.add_argument("--phrase", type=float, default=12.0, metavar="S", help="seconds of one (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=None, help="the same wanderings every time")


def make(args: argparse.Namespace) -> "Autopilot":
    return Autopilot(args.after, args.phrase, random.Random(args.seed), args.name)


@dataclass(frozen=True)
class Phrase:
    """The mix of a while, the time of its change, the place where that begins, and how long it lasts."""

    weights: dict[str, float]
    over_s: float
    falls: str
    lasts_s: float


def next_phrase(styles: Sequence[str], lead: str, dice: random.Random, usual_s: float) -> Phrase:
    """The phrase after one that `lead` led. `styles`, at least one, are in the order of kinship."""
    at = styles.index(lead) if lead in styles else dice.randrange(len(styles))
    if dice.random() < NEAREST:
        at = (at + dice.choice([-1, 1]) * dice.randint(1, NEAR)) % len(styles)
    else:
        at = dice.randrange(len(styles))
    voices = dice.choices([count for count, _ in VOICES], [share for _, share in VOICES])[0]
    near = [styles[(at + step) % len(styles)] for step in (-2, -1, 1, 2)]
    others = [slug for slug in dict.fromkeys(near) if slug != styles[at]]
    chosen = dice.sample(others, min(voices - 1, len(others)))
    weights = {styles[at]: 1.0} | dict(zip(chosen, (SECOND, THIRD), strict=False))
    over_s = dice.choice([0.0, usual_s / 4, usual_s / 2])
    return Phrase(weights, over_s, dice.choice(FALLS), over_s + usual_s * dice.uniform(0.6, 1.6))


class Autopilot(Hand):
    """Waits until no hand has been touched for a while, and plays until one is."""

    trouble = ""
    files: Sequence[int] = ()

    def __init__(self, after_s: float, phrase_s: float, dice: random.Random, name: str) -> None:
        self._after_s, self._phrase_s, self._dice, self._name = after_s, phrase_s, dice, name
        self._touched_at: float | None = None
        self._next_at = 0.0
        self._wanders = False

    def play(self, now: float, seen: Seen) -> list[Command]:
        if self._touched_at is None:
            self._touched_at = now
        for hand in seen.hands:
            if hand.name != self._name:
                self._touched_at = max(self._touched_at, now if hand.at else now - hand.ago_s)
        if now - self._touched_at < self._after_s or not seen.styles:
            wandered, self._wanders = self._wanders, False
            return [LetGo()] if wandered else []
        if self._wanders and now < self._next_at:
            return []
        self._wanders = True
        lead = max(seen.weights, key=lambda slug: seen.weights[slug], default="")
        phrase = next_phrase(seen.styles, lead, self._dice, self._phrase_s)
        self._next_at = now + phrase.lasts_s
        return [Move(weights=phrase.weights, over_s=phrase.over_s, falls=phrase.falls)]
