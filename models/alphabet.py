"""The one alphabet all styles share: the 128 ASCII codes (paper 2.1).

A character is its code, a `uint8` below 128. `fold` brings any text into the alphabet so that it stays readable:
é becomes e, curly quotes become straight, … becomes three dots, ß becomes ss.
"""

import unicodedata

import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray

CODES = 128
OPENING = 10  # the newline that every text opens with, at position 0
KEPT_CONTROLS = "\n\t"

Codes = NDArray[np.uint8]


def fold(text: str) -> tuple[str, int]:
    """Bring `text` into the alphabet.

    Returns the folded text and how many characters had no readable ASCII form and were left out. Line ends become
    a newline; control codes other than newline and tab are dropped without being counted.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    table: dict[int, str] = {}
    lost = 0
    for char in set(text):
        folded = char if ord(char) < CODES else anyascii(char)
        if not folded and unicodedata.category(char)[0] not in "CM":
            lost += text.count(char)
        table[ord(char)] = "".join(c for c in folded if (c >= " " and c != "\x7f") or c in KEPT_CONTROLS)
    return text.translate(table), lost


def encode(text: str) -> Codes:
    """ASCII text as codes, shape (len(text),) uint8. Raises UnicodeEncodeError for text that was not folded."""
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8)


def decode(codes: Codes) -> str:
    """Codes, any integer array of values below 128, as text."""
    return bytes(codes.astype(np.uint8)).decode("ascii")
