"""The paths of a search as letters after the cursor."""

import pytest

from display.ghosts import FADING, Ghost, Ghosts, letters

FIRST = b"\0\0\0\0\0"  # who says every letter of a path: the first of those heard


def test_a_letter_that_several_paths_share_is_surer() -> None:
    found = letters([(b"the", 0.5, FIRST), (b"tha", 0.3, FIRST), (b"to", 0.2, FIRST)], [7])
    assert [(ghost.column, chr(ghost.code)) for ghost in found] == [(1, "h"), (1, "o"), (2, "e"), (2, "a")]
    assert [ghost.strength for ghost in found] == pytest.approx([0.8, 0.2, 0.5, 0.3])
    assert {ghost.style for ghost in found} == {7}


def test_a_letter_has_the_colour_of_its_style_on_the_first_of_its_paths() -> None:
    found = letters([(b"abc", 0.6, b"\0\1\0"), (b"abd", 0.4, b"\0\0\1")], [4, 9])
    assert [(chr(ghost.code), ghost.style) for ghost in found] == [("b", 9), ("c", 4), ("d", 9)]
    assert letters([(b"ab", 1.0, b"\0\2")], [4, 9]) == []  # nobody we know of


def test_of_many_letters_in_one_column_the_surest_are_drawn() -> None:
    found = letters([(b"ab", 0.2, FIRST), (b"ac", 0.3, FIRST), (b"ad", 0.4, FIRST), (b"ae", 0.1, FIRST)], [0])
    assert [chr(ghost.code) for ghost in found] == ["d", "c"]


def test_a_path_ends_for_the_eye_where_its_line_does_and_blanks_are_not_drawn() -> None:
    (found,) = letters([(b"a b\nc", 1.0, FIRST)], [0])
    assert (found.column, chr(found.code)) == (2, "b")


def test_a_path_of_little_weight_is_not_drawn_and_no_paths_make_no_letters() -> None:
    assert letters([(b"xy", 0.01, FIRST), (b"xz", 0.99, FIRST)], [0]) == [Ghost(1, ord("z"), 0, 0.99)]
    assert letters([], [0]) == []


def test_a_letter_that_no_path_has_any_more_fades_where_it_stood() -> None:
    ghosts = Ghosts()
    assert ghosts.seen(10, [(b"abc", 1.0, FIRST)], [0]) == [Ghost(1, ord("b"), 0, 1.0), Ghost(2, ord("c"), 0, 1.0)]
    gone_on = ghosts.seen(11, [], [0])  # the b stands in the text, and the c is next to it
    assert gone_on == [Ghost(1, ord("c"), 0, FADING)]
    for _ in range(20):
        gone_on = ghosts.seen(11, [], [0])
    assert gone_on == []


def test_a_text_that_begins_anew_has_no_ghosts_of_the_old_one() -> None:
    ghosts = Ghosts()
    ghosts.seen(100, [(b"abc", 1.0, FIRST)], [0])
    assert ghosts.seen(5, [], [0]) == []
