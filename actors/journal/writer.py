"""Writes a journal, or continues one (`actors.journal.format` has the grammar).

A process that is killed loses nothing it has written, so the next coordinator continues from there; a last line that was
cut off is dropped. A full disk does not stop the text: `trouble` says so, and the journal tries again.
"""

import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from actors import EnsembleError
from actors.journal import format
from actors.journal.state import JournalState
from actors.wire.parameters import Lookahead, MixSettings

RETRY_S = 1.0
STAMPED_S = 0.04  # characters that come sooner after a stamped one are not stamped
UNWRITTEN = 1 << 24  # bytes kept while the disk is full


def read(path: Path) -> JournalState:
    """The state at a journal's end.

    Raises EnsembleError when it cannot be read, is no journal, or characters are missing in it.
    """
    return _read(path)[0]


def _read(path: Path) -> tuple[JournalState, int]:
    """The same, and the bytes of the file's whole lines."""
    state: JournalState | None = None
    ends_at = 0
    for line, after in format.lines_with_ends(path):
        try:
            if state is None:
                assert isinstance(line, format.Header)  # as `lines_with_ends` promises
                state = JournalState(line)
            else:
                state.follow(line)
        except (ValueError, EnsembleError) as e:
            raise EnsembleError(f"{path} is damaged at byte {ends_at}: {e}") from e
        ends_at = after
    assert state is not None
    return state, ends_at


class Journal:
    """A journal that is being written. On an existing file it continues; `past` is then that file's state."""

    def __init__(
        self,
        path: Path,
        seed: int,
        styles: Mapping[str, str],
        monolith: format.MonolithCard | None = None,
    ) -> None:
        """`styles` maps slugs to digests of weights.

        Raises EnsembleError when the file cannot be opened, or is another ensemble's journal.
        """
        self.path = path
        self.trouble = ""
        self._waiting = bytearray()
        self._retry_at = 0.0
        self._weights: dict[str, float] = {}  # as they were written last
        self._began = time.monotonic()  # of the performance
        self._stamped_at = -STAMPED_S
        self.past: JournalState | None = None
        ends_at = 0
        try:
            if path.exists() and path.stat().st_size:
                self.past, ends_at = _read(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            if self.past is not None:
                os.ftruncate(self._file, ends_at)
        except OSError as e:
            raise EnsembleError(f"cannot write the journal {path}: {e.strerror}") from e
        if self.past is None:
            self._write(
                format.Header(format.FORMAT, seed, dict(styles), time.strftime("%Y-%m-%dT%H:%M:%S%z"), monolith)
            )
        else:
            if self.past.header.styles.keys() != styles.keys():
                raise EnsembleError(f"the journal {path} is of other styles: choose another file")
            if self.past.header.monolith != monolith:
                raise EnsembleError(f"the journal {path} is of another monolith: choose another file")
            self.past.epoch += 1
            self._began -= self.past.at_s  # while no coordinator lived, no time has passed
            self._write(format.Epoch(self.past.epoch))

    def weights(self, weights: Mapping[str, float]) -> None:
        """All weights from the next character on; writes those that have changed."""
        moves = {slug: weight for slug, weight in weights.items() if self._weights.get(slug) != weight}
        whole = len(moves) == len(weights) or self._weights.keys() != weights.keys()
        self._weights = dict(weights)
        if moves or whole:
            self._write(format.AllWeights(self._weights) if whole else format.SomeWeights(moves))

    def settings(self, before: MixSettings, now: MixSettings) -> None:
        if changed := now.since(before):
            self._write(format.SettingsChange(changed))

    def lookahead(self, before: Lookahead, now: Lookahead) -> None:
        if changed := now.since(before):
            self._write(format.LookaheadChange(changed))

    def rate(self, cps: float) -> None:
        self._write(format.Rate("max" if math.isinf(cps) else cps))

    def admitted(self, share: float) -> None:
        self._write(format.Admitted(share))

    def change(self, change: format.Change) -> None:
        self._write(change)

    def char(
        self,
        t: int,
        code: int,
        heard: Sequence[str] | None = None,
        looked: bool = True,
        monolith: int = format.MonolithPart.AS_SET,
    ) -> None:
        """Write a character; the last three as in `format.Character`."""
        line = format.Character(t, code, None if heard is None else list(heard), int(looked), monolith)
        now = time.monotonic()
        if now - self._stamped_at >= STAMPED_S:
            self._stamped_at = now
            self._write(format.Came(round(now - self._began, 3)), line)
        else:
            self._write(line)

    def close(self) -> None:
        os.close(self._file)

    def _write(self, *lines: format.Line) -> None:
        """Write lines in one system call: a second one would be paid with every character."""
        raw = b"".join(map(format.encode, lines))
        if self._waiting:
            if len(self._waiting) < UNWRITTEN:
                self._waiting += raw
            if time.monotonic() < self._retry_at:
                return
            raw, self._waiting = bytes(self._waiting), bytearray()
        try:
            while raw:
                raw = raw[os.write(self._file, raw) :]
            self.trouble = ""
        except OSError as e:
            self.trouble = f"the journal cannot be written: {e.strerror}"
            self._waiting = bytearray(raw)
            self._retry_at = time.monotonic() + RETRY_S
