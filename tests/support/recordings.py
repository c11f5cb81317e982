"""A recording made by hand: what its lines say, and the text that its weights and dice give."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from actors.journal.replay import Engines, Monoliths, replay
from actors.journal.what_if import WhatIf
from actors.wire.messages import Card
from models import package
from models.engines import Engine, on_cpu
from tests.conftest import refuse

EVERY_S = 0.05  # a character
LENGTH = 120
MIX = {"alpha": 1.0, "beta": 0.5, "gamma": 0.0}


def engines(folder: Path) -> Callable[[Card], Engine]:
    styles = package.installed([folder], refuse)
    return lambda card: on_cpu(styles[card.slug])


def record(
    path: Path,
    folder: Path,
    length: int = LENGTH,
    lines: Mapping[int, Sequence[Mapping[str, Any]]] | None = None,
    stamped: bool = True,
) -> bytes:
    """Write a journal of `length` characters with seed 5, more `lines` before some of them; returns its text."""
    styles = package.installed([folder], refuse)
    head: list[Any] = [{"chorus": 1, "seed": 5, "styles": {slug: styles[slug].content_hash() for slug in MIX}}]
    head += [{"weights": MIX}, {"rate": 1 / EVERY_S}]

    def written(text: bytes) -> str:
        told = list(head)
        for t, code in enumerate(text, 1):
            told += (lines or {}).get(t, ())
            told += [{"at": round(2 + (t - 1) * EVERY_S, 3)}] if stamped and t % 2 else []
            told.append([t, code])
        return "".join(json.dumps(line) + "\n" for line in told)

    path.write_text(written(b"x" * length))
    as_written = WhatIf(1)  # everything as the lines say, but the text is drawn
    text = bytes(said.code for said in replay(path, engines(folder), what_if=as_written))
    path.write_text(written(text))
    return text


def replay_as_written(path: Path, engines: Engines, monolith: Monoliths | None = None) -> int:
    """The number of characters in a journal, every one of which is drawn again as it was written."""
    count = 0
    for character in replay(path, engines, monolith=monolith):
        count = character.t
        assert chr(character.code) == chr(character.drawn), f"character {count} of {path}"
    return count


def journal_records(path: Path) -> list[Any]:
    """The lines of a journal as plain JSON values."""
    return [json.loads(line) for line in path.read_text().splitlines()]
