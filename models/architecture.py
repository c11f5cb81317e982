"""The size of a style's network, written `2x512`: layers times hidden units (paper 2.2, from 1x256 to 3x512)."""

import re
from dataclasses import dataclass

from models import ModelsError
from models.alphabet import CODES


@dataclass(frozen=True)
class Architecture:
    """One-hot input over 128 codes, `layers` LSTM layers of `hidden` units, softmax over 128."""

    layers: int
    hidden: int

    @classmethod
    def parse(cls, text: str) -> "Architecture":
        """Read `LAYERSxHIDDEN`. Raises ModelsError for anything outside 1-4 layers of 8-1024 units."""
        match = re.fullmatch(r"(\d)[x×](\d{1,4})", text)
        if not match or not (1 <= int(match[1]) <= 4 and 8 <= int(match[2]) <= 1024):
            raise ModelsError(f"{text!r} is no architecture: write LAYERSxHIDDEN, such as 1x256, 2x512 or 3x512")
        return cls(int(match[1]), int(match[2]))

    @property
    def parameters(self) -> int:
        """The number of numbers in the played network."""
        return sum(4 * self.hidden * (wide + self.hidden + 1) for wide in self.inputs) + CODES * (self.hidden + 1)

    @property
    def inputs(self) -> tuple[int, ...]:
        """The width of each layer's input."""
        return (CODES, *[self.hidden] * (self.layers - 1))

    def __str__(self) -> str:
        return f"{self.layers}x{self.hidden}"
