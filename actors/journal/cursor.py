"""Engines that read the text of a replay, each with its position: of styles, and of the monolith."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from actors.journal.format import MonolithCard
from actors.mixing import crossfade
from actors.mixing.combine import MonolithAnswer
from actors.mixing.mixture import Floats
from actors.wire.messages import Member
from models.engines import Engine
from models.monolith import MOST_VOICES

if TYPE_CHECKING:  # ONNX Runtime takes a while to load
    from models.engines.monolith_engine import Voices


class EngineCursor:
    """An engine and its position in the text."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self._at = engine, 0
        self.kept: Any = None  # where the text ends, while hypotheses are explored

    def row(self, text: bytearray) -> Any:
        """The row after `text`, (128,) float32."""
        if self.kept is not None:
            self.engine.back_to(self.kept, 0)
            self.kept = None
        self.engine.consume(np.frombuffer(bytes(text[self._at : -1]), np.uint8))
        y = self.engine.step((0,), (text[-1],))[0].copy()
        self._at = len(text)
        return y


class Explorer:
    """Explores hypotheses beyond the text with the engines of all styles that are heard."""

    def __init__(self, cursors: Sequence[EngineCursor]) -> None:
        self._cursors = cursors

    def explore(self, parents: Sequence[int], chars: Sequence[int]) -> Any:
        """Their rows, (len(chars), cursors, 128)."""
        for cursor in self._cursors:
            if cursor.kept is None:
                cursor.kept = cursor.engine.keep()
        return np.stack([cursor.engine.step(parents, chars).copy() for cursor in self._cursors], axis=1)


class MonolithCursor:
    """The monolith's engine, the weights it has heard, and its position in the text."""

    def __init__(self, known: MonolithCard, make: "Callable[[MonolithCard], Voices]") -> None:
        self._known, self._make = known, make
        self._engine: Voices | None = None  # as soon as it has to speak
        self._pis: list[NDArray[np.uint8]] = [np.zeros(MOST_VOICES, np.uint8)]  # by position
        self._at = 0
        self._voices: dict[int, int] = {}  # slot id of those it speaks for: where it knows the style

    def hear(
        self, text: bytearray, members: Sequence[Member], effective_weights: Floats, active: Sequence[int]
    ) -> None:
        """Take in the weights that the next character is drawn with."""
        styles = self._known.styles
        places = {member.slot_id: styles.index(member.slug) for member in members if member.slug in styles}
        speaks_for, heard = crossfade.heard_by(effective_weights, active, places)
        self._voices = {slot_id: places[slot_id] for slot_id in speaks_for}
        self._pis.append(heard)
        assert len(self._pis) == len(text) + 1

    def answer(self, text: bytearray) -> MonolithAnswer | None:
        """Its answer after `text`; None when it knows no style that has weight."""
        if not self._voices:
            return None
        voices = self._engine = self._engine or self._make(self._known)
        pis = np.array(self._pis[self._at + 1 :], np.float32)[:, : voices.styles]
        voices.consume(np.frombuffer(bytes(text[self._at : -1]), np.uint8), pis[:-1])
        self._at = len(text)
        y = voices.step(text[-1], pis[-1]).copy()
        return MonolithAnswer(list(self._voices), y[1:][list(self._voices.values())], y[0].astype(np.float64))
