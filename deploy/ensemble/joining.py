"""A style, or newer weights of one, joins the ensemble that is playing."""

import time
from contextlib import closing

import msgspec

from actors import EnsembleError
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Card, GetSnapshot, Join, Snapshot
from deploy.ensemble.cards import card_of
from deploy.session import discovery
from models.package import Style

JOINS_WITHIN_S = 180.0


def join(endpoints: Endpoints, style: Style) -> Card:
    """Let a style join, placed beside its nearest kin on the plane. Raises EnsembleError when it is refused."""
    news = discovery.ask(endpoints, GetSnapshot(since=1 << 62))  # who plays, and none of the text
    card = card_of(style, news.cards if isinstance(news, Snapshot) else ())
    discovery.ask(endpoints, Join(card=card))
    return card


def wait_until_ready(endpoints: Endpoints, card: Card) -> float:
    """Seconds until the style is ready, or has taken the place of its predecessor. Raises EnsembleError if it can't."""
    card = msgspec.structs.replace(card, at=None)  # newer weights keep the place of the older, whatever was wished
    began = time.monotonic()
    seen = False
    with closing(Client(endpoints)) as client:
        while time.monotonic() - began < JOINS_WITHIN_S:
            client.listen(0.1)
            health = client.health
            if health is None:
                continue
            cards = [msgspec.structs.replace(member.card, at=None) for member in health.roster]
            if card not in cards:
                if seen:
                    raise EnsembleError(health.event)
                continue
            seen = True
            if card in cards[: len(health.styles)]:
                style = health.styles[cards.index(card)]
                if style.state == "ready":
                    return time.monotonic() - began
                if style.state == "failed":
                    raise EnsembleError(f"{card.slug} cannot be played: {style.message}")
    raise EnsembleError(f"{card.slug} is not ready after {JOINS_WITHIN_S:.0f} s; it is still on its way")
