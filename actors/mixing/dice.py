"""The random numbers of a text: a function of seed and position alone."""

import numpy as np

DRAWS = 1024  # uniform numbers drawn at a time


class Dice:
    """The uniform number of every position of a text.

    So a coordinator that starts again in the middle of a text needs nothing but the seed to go on as it would have.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._block = -1
        self._numbers: list[float] = []

    def more(self, position: int) -> np.random.Generator:
        """A generator for the further numbers that a lookahead at this position takes."""
        return np.random.Generator(np.random.Philox(key=self.seed, counter=[0, 0, 1, position]))

    def at(self, position: int) -> float:
        block, place = divmod(position, DRAWS)
        if block != self._block:
            stream = np.random.Generator(np.random.Philox(key=self.seed, counter=[0, 0, 0, block]))
            self._numbers, self._block = stream.random(DRAWS).tolist(), block
        return self._numbers[place]
