import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alphabet import CODES, decode, encode, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("élève à Noël", "eleve a Noel"),
        ("Größe, Übermut, süß", "Grosse, Ubermut, suss"),
        ("“so” he said, ‘yes’…", "\"so\" he said, 'yes'..."),
        ("œuvre — cœur", "oeuvre - coeur"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("bell\x07 and delete\x7f", "bell and delete"),
    ],
)
def test_folding_keeps_a_text_readable(text: str, folded: str) -> None:
    assert fold(text) == (folded, 0)


def test_characters_without_an_ascii_form_are_counted() -> None:
    assert fold("a\U00012000b\U00012000") == ("ab", 2)


@given(st.text())
def test_every_folded_text_is_in_the_alphabet_and_folds_to_itself(text: str) -> None:
    folded, _ = fold(text)
    assert all(ord(c) < CODES for c in folded)
    assert fold(folded) == (folded, 0)


@given(st.text(st.characters(max_codepoint=127)))
def test_decoding_undoes_encoding(text: str) -> None:
    assert decode(encode(text)) == text
