"""A recorded performance as text, with whose every letter was."""

import html
import json
import re
from pathlib import Path

import pytest

from tests.whole.running import command, output

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left")]

PLAYED = ("--headless", "--only", "alpha,beta,gamma", "--osc-port", "0", "--chars", "300", "--seed", "3")


@pytest.fixture(scope="module")
def played(styles_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The journal of a short performance, and what was printed."""
    folder = tmp_path_factory.mktemp("played")
    more = ("--styles", str(styles_folder), "--mix", "alpha=1,beta=0.5", "--pooling", "hand-over", "--lookahead", "3x2")
    code, text, err = output(command(folder, "play", *PLAYED, *more, "--journal", str(folder / "journal")))
    assert code == 0, err
    return folder / "journal", text


def test_the_text_is_the_one_that_was_and_every_letter_is_someones(
    played: tuple[Path, str], styles_folder: Path, tmp_path: Path
) -> None:
    journal, text = played
    files = [tmp_path / f"text{suffix}" for suffix in (".txt", ".jsonl", ".html")]
    flags = [word for file in files for word in ("--text", str(file))]
    code, out, err = output(command(tmp_path, "replay", str(journal), "--styles", str(styles_folder), *flags))
    assert (code, out) == (0, ""), err
    assert "would be others" not in err
    assert files[0].read_bytes() == text.encode()
    letters = [json.loads(line) for line in files[1].read_text().splitlines()]
    assert "".join(letter["char"] for letter in letters) == text
    assert [letter["t"] for letter in letters] == list(range(1, 301))
    for letter in letters:
        assert set(letter["styles"]) <= {"alpha", "beta"}
        assert sum(letter["styles"].values()) == pytest.approx(1, abs=0.02)
    page = files[2].read_bytes().decode()
    body = page[page.index("<pre>") + 5 : page.index("</pre>")]
    assert html.unescape(re.sub(r"<[^>]+>", "", body)) == text
    assert 'title="Alpha"' in body
    assert "http" not in page  # it needs nothing else


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--text", "a.txt"), "are not here"),
        ((), "--text"),
        (("--text", "a.doc"), "none of .txt"),
    ],
)
def test_what_cannot_be_read_again_is_said_in_a_line(
    played: tuple[Path, str], tmp_path: Path, flags: tuple[str, ...], said: str
) -> None:
    code, _, err = output(command(tmp_path, "replay", str(played[0]), *flags))
    assert code == 2
    assert said in err.splitlines()[-1]
    assert not (tmp_path / "a.txt").exists()


def test_no_journal_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("hello\n")
    for path in (tmp_path / "notes", tmp_path / "nowhere"):
        code, _, err = output(command(tmp_path, "replay", str(path), "--text", str(tmp_path / "a.txt")))
        assert (code, err.count("\n")) == (2, 1)
