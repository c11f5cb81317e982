"""Writes many mixtures at once, each a text of its own, without Ray, tape and clock: for evaluations.

Styles are stepped in batches, one batch a style for all the texts in which it has a voice. What a text becomes depends on
its styles, its weights and its dice alone, not on which others are written beside it. With a lookahead the hypotheses are
the batch, and texts are written one after the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from actors.mixing import crossfade, pooling, turn
from actors.mixing.combine import MonolithAnswer
from actors.mixing.dice import Dice
from actors.mixing.mixture import Floats, Mixed
from actors.wire.parameters import Lookahead, MixSettings
from models.alphabet import CODES, OPENING
from models.engines import Engine

if TYPE_CHECKING:  # ONNX Runtime takes a while to load
    from models.engines.monolith_engine import MonolithEngine


PLAIN = Lookahead()


@dataclass(frozen=True)
class Mix:
    """The styles of one text (indices), their weights, and its dice."""

    styles: Sequence[int]
    pi: Floats
    seed: int


@dataclass(frozen=True)
class Written:
    """One text and who wrote it."""

    chars: NDArray[np.uint8]  # (chars,)
    shares: Floats  # (styles of the mix,) mean responsibilities, sum 1
    nats: Floats  # (styles of the mix,) nats a character that each alone, in its own network, would have given it


class _Text:
    """One text as it is written."""

    def __init__(self, mix: Mix, chars: int) -> None:
        self.pi, n = mix.pi, len(mix.styles)
        self.chars = np.zeros(chars + 1, np.uint8)
        self.chars[0] = OPENING
        self.dice = Dice(mix.seed)
        self.omega = np.zeros((n, CODES), np.float32)
        self.evidence, self.shares, self.nats = np.zeros(n), np.zeros(n), np.zeros(n)

    def mix(self, settings: MixSettings, answer: MonolithAnswer | None) -> Mixed:
        """ρ of the rows that are in `omega`, and of the monolith's `answer`."""
        slots = [] if answer and settings.cross == 1 else list(range(len(self.omega)))
        return turn.mix(settings, slots, self.omega[slots], self.pi, self.evidence, answer)

    def write(self, at: int, char: int, settings: MixSettings, mixed: Mixed) -> None:
        """The text goes on with `char` at position `at`."""
        self.chars[at] = char
        self.shares[mixed.slot_ids] += mixed.whose(char)
        self.nats -= np.log(np.maximum(self.omega[:, char], pooling.LEAST))
        self.evidence = turn.after(settings, self.evidence, mixed, char)

    def written(self) -> Written:
        chars = len(self.chars) - 1
        return Written(self.chars[1:], self.shares / chars, self.nats / chars)


def write(
    engines: Mapping[int, Engine],
    mixes: Sequence[Mix],
    settings: MixSettings,
    chars: int,
    tell: Callable[[int], None] = lambda _: None,
    monolith: "Crossing | None" = None,
) -> list[Written]:
    """The texts of all `mixes`. `engines` by index of style; `tell` hears how many characters each text has.

    Where the manner crosses, `monolith` is what it crosses to.
    """
    texts = [_Text(mix, chars) for mix in mixes]
    voices = {i: [(t, list(m.styles).index(i)) for t, m in enumerate(mixes) if i in m.styles] for i in engines}
    voices = {i: where for i, where in voices.items() if where}
    for i in voices:
        engines[i].reset()
    if monolith:
        monolith.begin(mixes)
    for at in range(1, chars + 1):
        for i, where in voices.items():
            parents = [0] * len(where) if at == 1 else list(range(len(where)))
            y = engines[i].step(parents, [int(texts[t].chars[at - 1]) for t, _ in where])
            for (t, k), row in zip(where, y, strict=True):
                texts[t].omega[k] = row
        crosses = monolith is not None and settings.cross > 0
        answers = monolith.answers([int(text.chars[at - 1]) for text in texts]) if monolith and crosses else None
        for t, text in enumerate(texts):
            mixed = text.mix(settings, answers[t] if answers else None)
            text.write(at, turn.draw(settings, PLAIN, mixed, text.evidence, text.dice, at).char, settings, mixed)
        tell(at)
    return [text.written() for text in texts]


def write_ahead(
    engines: Mapping[int, Engine], mix: Mix, settings: MixSettings, ahead: Lookahead, chars: int
) -> Written:
    """One text, each character chosen by `actors.mixing.lookahead`; without a monolith."""
    text, own = _Text(mix, chars), [engines[i] for i in mix.styles]
    for engine in own:
        engine.reset()
    for at in range(1, chars + 1):
        for k, engine in enumerate(own):
            text.omega[k] = engine.step((0,), (int(text.chars[at - 1]),))[0]
        mixed = text.mix(settings, None)
        kept = [engine.keep() for engine in own]

        def explore(parents: Sequence[int], chars: Sequence[int]) -> NDArray[np.float32]:
            return np.stack([engine.step(parents, chars).copy() for engine in own], axis=1)

        drawn = turn.draw(settings, ahead, mixed, text.evidence, text.dice, at, explore)
        for engine, before in zip(own, kept, strict=True):
            engine.back_to(before, 0)
        text.write(at, drawn.char, settings, mixed)
    return text.written()


class Crossing:
    """A monolith that reads many texts at once; `places` says where it knows each style."""

    def __init__(self, engine: "MonolithEngine", places: Sequence[int]) -> None:
        self._engine, self._places = engine, places

    def begin(self, mixes: Sequence[Mix]) -> None:
        """From the zero state, each text with the weights of its mix. Styles that it does not know are not allowed."""
        self._engine.reset()
        self._where = [[self._places[i] for i in mix.styles] for mix in mixes]
        one = np.eye(self._engine.styles, dtype=np.float32)
        rows: list[NDArray[np.float32]] = []
        self._firsts: list[int] = []
        for mix, where in zip(mixes, self._where, strict=True):
            self._firsts.append(sum(len(part) for part in rows))
            _, heard = crossfade.heard_by(mix.pi, range(len(where)), dict(enumerate(where)))
            rows.append(heard[None, : self._engine.styles].astype(np.float32))
            rows.append(one[where])
        self._pi = np.concatenate(rows)
        self._parents = [0] * len(self._pi)

    def answers(self, chars: Sequence[int]) -> list[MonolithAnswer]:
        """Its answers for each text, after one character more."""
        sizes = [1 + len(where) for where in self._where]
        y = self._engine.step(self._parents, np.repeat(chars, sizes).tolist(), self._pi)
        self._parents = list(range(len(self._pi)))
        return [
            MonolithAnswer(range(size - 1), y[first + 1 : first + size], y[first].astype(np.float64))
            for first, size in zip(self._firsts, sizes, strict=True)
        ]
