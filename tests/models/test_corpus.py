from pathlib import Path

import numpy as np
import pytest

from models import ModelsError, corpus
from tests.conftest import made_up_text


def test_the_last_tenth_is_held_out_and_never_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(made_up_text(30_000))
    text = corpus.read(path)
    assert len(text.heldout) == 3_000
    assert np.array_equal(np.concatenate([text.train, text.heldout]), text.codes)


def test_a_latin_1_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(("une année passée\n" * 2000).encode("latin-1"))
    assert bytes(corpus.read(path).codes[:16]) == b"une annee passee"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"\x7fELF\0\0\0" * 9000, "binary"),
        (b"too short", "too few"),
        (("abcdefghi\U00012000" * 5000).encode(), "no ASCII form"),
    ],
)
def test_a_text_that_cannot_be_learnt_is_refused_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(ModelsError, match=said) as error:
        corpus.read(path)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelsError, match=r"nowhere\.txt"):
        corpus.read(tmp_path / "nowhere.txt")
