"""A recorded performance as it is seen: one frame a character, and when. No sockets, no clocks.

The live replay sends them in their time; a film is drawn from the same ones (`actors.wire.transcript` hears them).
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from actors.journal.replay import ReplayedCharacter
from actors.journal.timing import RUSH_CPS
from actors.wire.messages import Card, Frame, Health, Member, Snapshot, StyleHealth

LATELY = 16  # characters over which the pace is measured

Shown = Callable[[Card], Card]


class TimedFrame(NamedTuple):
    """A character comes."""

    at_s: float  # from the first one on
    frame: Frame
    roster: tuple[Member, ...]  # the members in the order of the frame's styles, then those who wait


def moments(said: Iterable[ReplayedCharacter], length: int, shown: Shown) -> Iterator[TimedFrame]:
    """Of every character of a text of so many. `shown` gives a card the title, colour and place it is shown with."""
    lately: deque[float] = deque(maxlen=LATELY)
    cards: dict[Member, Member] = {}
    for again in said:
        stood, heard = again.stood, again.heard
        lately.append(again.at_s)
        styles = [member.slug for member in stood.members]
        active = [styles.index(slug) for slug in again.slugs]
        voices = np.zeros(len(styles), np.uint8)
        voices[active] = np.rint(255 * again.shares)
        everyone = [*stood.members, *stood.waiting]
        for member in everyone:
            if member not in cards:
                cards[member] = msgspec.structs.replace(member, card=shown(member.card))
        frame = Frame(
            epoch=stood.epoch,
            t=again.t,
            chars=bytes([again.code]),
            voices=voices.tobytes(),
            styles=styles,
            pi=list(stood.pi),
            active=active,
            omega=heard.omega.astype("<f4").tobytes(),
            rho=heard.rho.astype("<f4").tobytes(),
            rate_cps=stood.rate_cps,
            measured_cps=_pace(lately, stood.rate_cps),
            ended=again.t == length,
            **stood.settings.shown,
            **stood.ahead.shown,
            hypotheses=again.hypotheses,
            admitted=stood.admitted,
        )
        yield TimedFrame(again.at_s, frame, tuple(cards[member] for member in everyone))


def health(moment: TimedFrame, event: str) -> Health:
    """Everyone is well: they are those that were. `event` says what this is."""
    styles = [StyleHealth(slug, "ready", 0, 0.0, os.getpid()) for slug in moment.frame.styles]
    return Health(
        epoch=moment.frame.epoch,
        pid=os.getpid(),
        styles=styles,
        position=moment.frame.t + len(moment.frame.chars),
        journal="",
        roster=list(moment.roster),
        event=event,
        event_at=1,
    )


def opening(moment: TimedFrame) -> Snapshot:
    """What was before the first moment: nothing, and the styles of that one. A transcript hears it first."""
    styles = moment.frame.styles
    cards = [member.card for member in moment.roster[: len(styles)]]
    return Snapshot(epoch=moment.frame.epoch, t=1, chars=b"", voices=b"", styles=styles, cards=cards, ended=False)


def _pace(came: "deque[float]", rate_cps: float) -> float:
    """Characters a second over the last ones; of one alone, what its rate promises."""
    if came[-1] > came[0]:
        return (len(came) - 1) / (came[-1] - came[0])
    return min(rate_cps, RUSH_CPS)
