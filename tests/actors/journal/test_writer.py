import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import EnsembleError
from actors.journal import format
from actors.journal.state import JournalState
from actors.journal.writer import Journal, read

STYLES = {"alpha": "aa", "beta": "bb"}


def written(path: Path, text: bytes) -> Journal:
    journal = Journal(path, 7, STYLES)
    journal.weights({"alpha": 0.5})
    journal.rate(float("inf"))
    for t, code in enumerate(text, 1):
        journal.char(t, code, ["beta"] if t % 3 == 0 else None)
    return journal


def test_a_journal_tells_everything_that_decided_the_text(tmp_path: Path) -> None:
    written(tmp_path / "j", b"hello").close()
    past = read(tmp_path / "j")
    assert (past.header.seed, past.header.styles, past.weights) == (7, STYLES, {"alpha": 0.5})
    assert (bytes(past.text), past.rate_cps, past.epoch) == (b"hello", float("inf"), 1)


@given(cut=st.integers(1, 400))
def test_a_journal_cut_anywhere_continues_with_the_next_character(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    written(path, b"some text that is cut").close()
    first_line = path.read_bytes().index(b"\n") + 1
    size = max(first_line, path.stat().st_size - cut)
    os.truncate(path, size)
    journal = Journal(path, 99, STYLES)
    assert journal.past is not None
    told = bytes(journal.past.text)
    assert b"some text that is cut".startswith(told)
    journal.char(len(told) + 1, 33)
    journal.close()
    again = read(path)
    assert bytes(again.text) == told + b"!"
    assert (again.header.seed, again.epoch) == (7, 2)


def test_a_missing_character_is_noticed(tmp_path: Path) -> None:
    journal = written(tmp_path / "j", b"ab")
    journal.char(4, 100)
    journal.close()
    with pytest.raises(EnsembleError, match="position 4 after 2"):
        read(tmp_path / "j")


@pytest.mark.parametrize(
    "content", [b"hello\n", b"[1,2]\n", b'{"chorus": 2}\n', b"\xff\xfe\n", b'{"chorus":1}\n', b"{"]
)
def test_a_file_that_is_not_a_journal_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "j").write_bytes(content)
    with pytest.raises(EnsembleError):
        read(tmp_path / "j")


def test_the_journal_of_other_styles_is_not_continued(tmp_path: Path) -> None:
    written(tmp_path / "j", b"a").close()
    with pytest.raises(EnsembleError, match="other styles"):
        Journal(tmp_path / "j", 7, {"gamma": "cc"})


def test_a_full_disk_does_not_stop_the_text_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = written(tmp_path / "j", b"ab")
    real = os.write

    def full(_: int, __: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    journal.char(3, 99)
    assert "No space left" in journal.trouble
    journal.char(4, 100)
    monkeypatch.setattr(os, "write", real)
    monkeypatch.setattr(journal, "_retry_at", 0.0)
    journal.char(5, 101)
    assert journal.trouble == ""
    assert bytes(read(tmp_path / "j").text) == b"abcde"


def test_a_journal_of_several_nodes_is_read_without_knowing_which_style_began_where(tmp_path: Path) -> None:
    card = {"slug": "alpha", "title": "A", "colour": "#112233", "weights_sha256": "new"}
    lines: list[object] = [
        {"chorus": 1, "seed": 7, "styles": {"alpha": "a", "beta": "b"}},
        {"joins": {"card": card, "chair": 1, "ticket": 3}},  # where beta would be, had it begun on the first node
        {"swaps": "alpha"},
        [1, 97],
    ]
    path = tmp_path / "journal"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert bytes(read(path).text) == b"a"
    state = JournalState(next(format.lines(path)), {"beta": 1})  # type: ignore[arg-type]
    for line in list(format.lines(path))[1:]:
        state.follow(line)
    assert state.roster.members["alpha"].slot_id == 1
