"""Cards of styles: title and colour of a package, its weights' digest, and its place on the plane."""

import contextlib
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from actors.wire import plane
from actors.wire.messages import Card
from models import ModelsError, kinship, package


def cards_of(styles: Sequence[package.Style]) -> list[Card]:
    """The cards of styles that begin together, each with its place on the plane: see `places`."""
    return [msgspec.structs.replace(card_of(style), at=at) for style, at in zip(styles, places(styles), strict=True)]


def card_of(style: package.Style, playing: Iterable[Card] = ()) -> Card:
    """The card of a package; without the digest of its weights when they cannot be read.

    With `playing`, those whom it joins, it says where among them the style lies.
    """
    try:
        digest = style.content_hash()
    except ModelsError:
        digest = ""
    lying = {card.slug: card.at for card in playing if card.at}
    parents = {style.slug: str(style.training.get("from", ""))}
    at = kinship.place_beside(style.slug, lying, _kinship(), parents) if lying else None
    return Card(style.slug, style.title, style.colour, digest, str(style.folder.resolve()), at)


def places(styles: Sequence[package.Style]) -> list[plane.Point]:
    """Places of styles that begin together: kindred ones close; a ring or a spiral when nothing is known of them."""
    parents = {style.slug: str(style.training.get("from", "")) for style in styles}
    return kinship.places([style.slug for style in styles], _kinship(), parents) or plane.places(len(styles))


def _kinship() -> kinship.Kinship:
    with contextlib.suppress(ModelsError):  # `package.installed` has complained of it
        return kinship.measured(package.SHIPPED)
    return kinship.Kinship([], np.zeros((0, 0)))
