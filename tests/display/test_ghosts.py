"""The paths of a search as letters after the cursor."""

import pytest

from display.ghosts import letters


def test_what_several_paths_say_in_the_same_place_is_the_surer() -> None:
    found = letters([(b"the", 0.5), (b"tha", 0.3), (b"to", 0.2)])
    assert [(offset, chr(code)) for offset, code, _ in found] == [(1, "h"), (1, "o"), (2, "a"), (2, "e")]
    assert [strength for *_, strength in found] == pytest.approx([0.8, 0.2, 0.3, 0.5])


def test_a_path_ends_for_the_eye_where_its_line_does_and_blanks_are_not_drawn() -> None:
    assert [(offset, chr(code)) for offset, code, _ in letters([(b"a b\nc", 1.0)])] == [(2, "b")]


def test_who_hardly_weighs_is_not_seen_and_nothing_comes_of_nothing() -> None:
    assert letters([(b"xy", 0.01), (b"xz", 0.99)]) == [(1, ord("z"), 0.99)]
    assert letters([]) == []
