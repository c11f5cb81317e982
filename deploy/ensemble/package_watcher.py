"""Watched folders: a style package that appears in one, or changes, joins the ensemble that is playing."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from actors.wire.messages import Card, Join
from deploy.ensemble.cards import card_of
from models import ModelsError, package

LOOKS_S = 1.0


class PackageWatcher:
    """Watches some folders. Packages that are there at the first look are no news."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = list(folders)
        self._seen = dict(self._look())
        self._looked_at = time.monotonic()
        self._growing: dict[Path, int] = {}

    def news(self, cards: Iterable[Card]) -> list[Join]:
        """A command for every package that has come or changed, once it is whole and was left alone for a look.

        `cards` are those of the ensemble: weights it plays already are no news. Looks once a second at most.
        """
        if time.monotonic() - self._looked_at < LOOKS_S:
            return []
        self._looked_at = time.monotonic()
        playing = list(cards)
        played = {card.weights_sha256 for card in playing}
        joins = []
        changed = {folder: at for folder, at in self._look() if self._seen.get(folder) != at}
        for folder, at in changed.items():
            if self._growing.get(folder) != at:
                continue  # it may still be being copied
            self._seen[folder] = at
            try:
                style = package.load(folder)
                style.weights()
            except ModelsError as e:  # when it is mended, it has changed again
                print(f"left out: {e}", flush=True)
                continue
            card = card_of(style, playing)
            if card.weights_sha256 not in played:
                joins.append(Join(card=card))
                playing.append(card)
        self._growing = changed
        return joins

    def _look(self) -> Iterator[tuple[Path, int]]:
        """Every package, and the time of its last change (ns)."""
        for watched in self._folders:
            try:
                for folder in package.folders([watched]):
                    yield folder, max(path.stat().st_mtime_ns for path in folder.iterdir())
            except (OSError, ValueError):  # something is being taken away: the next look will do
                continue
