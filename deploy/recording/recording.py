"""A journal with its text, the time of each character, and the installed weights that spoke. For replays and films."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from actors import EnsembleError
from actors.journal import format, timing, writer
from actors.journal.format import MonolithCard
from actors.journal.frames import TimedFrame, frames
from actors.journal.replay import ReplayedCharacter, replay
from actors.journal.what_if import WhatIf
from actors.wire.messages import Card
from deploy.ensemble.cards import cards_of
from deploy.options.styles import installed
from models.engines import Engine, on_cpu
from models.monolith import package as monoliths
from models.package import Style

if TYPE_CHECKING:  # ONNX Runtime takes a while to load
    from models.engines.monolith_engine import Voices

LONGEST_NAME = 80


class Recording:
    """One journal. `came` is when each character did, in seconds from the first; `styles` are those installed here."""

    def __init__(self, path: Path, more_styles: Sequence[Path] = (), monolith: Path | None = None) -> None:
        """`monolith`: the folder of the one that was there, if it is not yours.

        Raises EnsembleError when the file is no journal, or nothing was written in it.
        """
        self.path, self._monolith = path, monolith
        self.past = writer.read(path)
        if not self.past.text:
            raise EnsembleError(f"nothing was written in {path}")
        self.came = timing.seconds(format.lines(path))
        self.styles = installed(more_styles)

    @property
    def name(self) -> str:
        """The file's name, printable and short."""
        return "".join(letter for letter in self.path.name if letter.isprintable())[:LONGEST_NAME]

    @property
    def everyone(self) -> set[str]:
        """Slugs of all styles that were there at some time."""
        return {*self.past.header.styles, *(change.joins.slug for change in self.past.changes if change.joins)}

    def characters(self, what_if: WhatIf | None = None) -> Iterator[ReplayedCharacter]:
        """Every character again. Raises EnsembleError when the weights that spoke are not here."""
        return replay(self.path, engines(self.styles), monolith=voices_of(self._monolith), what_if=what_if)

    def frames(self, characters: Iterable[ReplayedCharacter]) -> Iterator[TimedFrame]:
        """A frame for each character."""
        return frames(characters, len(self.came), self._shown())

    def _shown(self) -> Callable[[Card], Card]:
        """Makes the card that is shown of a style: that of its package here, where the journal has none."""
        here = [self.styles[slug] for slug in self.past.header.styles if slug in self.styles]
        cards = {card.slug: card for card in cards_of(here)}

        def shown(card: Card) -> Card:
            if card.package or card.slug not in cards:
                return card
            return msgspec.structs.replace(cards[card.slug], weights_sha256=card.weights_sha256)

        return shown


def engines(styles: Mapping[str, Style]) -> Callable[[Card], Engine]:
    """Makes the engine of a member, of the installed weights that are those it had."""
    by_hash = {style.content_hash(): style for style in styles.values()}

    def engine(card: Card) -> Engine:
        if card.weights_sha256 in by_hash:
            return on_cpu(by_hash[card.weights_sha256])
        raise EnsembleError(
            f"the weights that {card.slug} had then ({card.weights_sha256[:12]}) are not here: name their folder, --styles"
        )

    return engine


def voices_of(folder: Path | None) -> "Callable[[MonolithCard], Voices]":
    """Makes the engine of the monolith that was there, of the package in `folder` or of your own."""

    def voices(known: MonolithCard) -> "Voices":
        from models.engines import monolith_engine
        from models.engines.graph import cached

        found = monoliths.find(folder)
        if found is None or found.content_hash() != known.weights_sha256:
            raise EnsembleError(
                f"the monolith that spoke then ({known.weights_sha256[:12]}) is not here: name its folder, --monolith"
            )
        return monolith_engine.Voices(monolith_engine.load(cached(found), found.weights_path))

    return voices
