"""A training text: read, folded into the alphabet, and split so that its end is never trained on."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models import ModelsError
from models.alphabet import Codes, encode, fold

HELDOUT_SHARE = 0.1
SMALLEST_BYTES = 20_000
MOST_UNMAPPABLE = 0.03


@dataclass(frozen=True)
class Corpus:
    """One text as codes, shape (N,) uint8; the last `HELDOUT_SHARE` of it is held out."""

    name: str
    codes: Codes
    sha256: str

    @property
    def split(self) -> int:
        return int(len(self.codes) * (1 - HELDOUT_SHARE))

    @property
    def train(self) -> Codes:
        return self.codes[: self.split]

    @property
    def heldout(self) -> Codes:
        return self.codes[self.split :]


def read(path: Path) -> Corpus:
    """Read a UTF-8 (or, failing that, Latin-1) text file. Raises ModelsError when there is nothing to learn from."""
    try:
        raw = path.read_bytes()
    except OSError as e:
        raise ModelsError(f"cannot read {path}: {e.strerror}") from e
    if not raw.strip():
        raise ModelsError(f"{path} is empty: give a text of at least {SMALLEST_BYTES // 1000} KB")
    if b"\0" in raw:
        raise ModelsError(f"{path} is binary data, not text: save it as plain text first")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    folded, lost = fold(text)
    if lost > MOST_UNMAPPABLE * len(text):
        raise ModelsError(f"{path}: {lost / len(text):.0%} of its characters have no ASCII form; choose another text")
    if len(folded) < SMALLEST_BYTES:
        raise ModelsError(
            f"{path} has {len(folded)} characters, too few to learn a style: give at least {SMALLEST_BYTES}"
        )
    return Corpus(path.name, encode(folded), hashlib.sha256(raw).hexdigest())
