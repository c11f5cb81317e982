"""Makes the frames of a recorded performance: one a character, with its time. No sockets, no clocks.

The player sends them in their time; a film is drawn from the same ones (`actors.wire.transcript` takes them in).
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from actors.journal.replay import ReplayedCharacter
from actors.journal.timing import MAX_CPS
from actors.wire.messages import Card, Frame, Health, Member, Snapshot, StyleHealth

RECENT = 16  # characters over which the rate is measured

Shown = Callable[[Card], Card]


class TimedFrame(NamedTuple):
    """The frame of one character."""

    at_s: float  # seconds from the first character
    frame: Frame
    roster: tuple[Member, ...]  # the members in the order of the frame's styles, then those who wait


def frames(characters: Iterable[ReplayedCharacter], length: int, shown: Shown) -> Iterator[TimedFrame]:
    """A frame for each character of a text of `length`. `shown` gives a card its title, colour and point."""
    recent: deque[float] = deque(maxlen=RECENT)
    cards: dict[Member, Member] = {}
    for character in characters:
        state, mixed = character.state, character.mixed
        recent.append(character.at_s)
        styles = [member.slug for member in state.members]
        active = [styles.index(slug) for slug in character.slugs]
        voices = np.zeros(len(styles), np.uint8)
        voices[active] = np.rint(255 * character.shares)
        everyone = [*state.members, *state.waiting]
        for member in everyone:
            if member not in cards:
                cards[member] = msgspec.structs.replace(member, card=shown(member.card))
        frame = Frame(
            epoch=state.epoch,
            t=character.t,
            chars=bytes([character.code]),
            voices=voices.tobytes(),
            styles=styles,
            pi=list(state.pi),
            active=active,
            omega=mixed.omega.astype("<f4").tobytes(),
            rho=mixed.rho.astype("<f4").tobytes(),
            rate_cps=state.rate_cps,
            measured_cps=_rate(recent, state.rate_cps),
            ended=character.t == length,
            **state.settings.shown,
            **state.lookahead.shown,
            hypotheses=list(character.hypotheses),
            admitted=state.admitted,
        )
        yield TimedFrame(character.at_s, frame, tuple(cards[member] for member in everyone))


def health(first: TimedFrame, event: str) -> Health:
    """The health of a recording, in which every style is well. `event` says what is played."""
    styles = [StyleHealth(slug, "ready", 0, 0.0, os.getpid()) for slug in first.frame.styles]
    return Health(
        epoch=first.frame.epoch,
        pid=os.getpid(),
        styles=styles,
        position=first.frame.t + len(first.frame.chars),
        journal="",
        roster=list(first.roster),
        event=event,
        event_at=1,
    )


def opening(first: TimedFrame) -> Snapshot:
    """The snapshot before the first frame: no text, and the styles of that frame. A transcript takes it in first."""
    styles = first.frame.styles
    cards = [member.card for member in first.roster[: len(styles)]]
    return Snapshot(epoch=first.frame.epoch, t=1, chars=b"", voices=b"", styles=styles, cards=cards, ended=False)


def _rate(came: "deque[float]", rate_cps: float) -> float:
    """Characters a second over the last ones; of one alone, what its rate promises."""
    if came[-1] > came[0]:
        return (len(came) - 1) / (came[-1] - came[0])
    return min(rate_cps, MAX_CPS)
