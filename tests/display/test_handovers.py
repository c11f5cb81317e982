"""Where another style begins to lead."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.handovers import SHORTEST, Handover, Handovers

WORD = b"word "


def voices(*turns: tuple[int, int], n: int = 3) -> np.ndarray:
    """The author of each letter: (style, letters) one turn after the other, each alone."""
    return (
        np.concatenate([np.tile(np.arange(n) == style, (letters, 1)) for style, letters in turns]).astype(np.uint8)
        * 255
    )


def test_a_handover_is_marked_at_the_beginning_of_the_word_in_which_it_is_noticed() -> None:
    found = Handovers().read(WORD * 20, 1, voices((0, 50), (2, 50)))
    assert [handover.style for handover in found] == [0, 2]
    first, second = (handover.position for handover in found)
    assert first == 1
    assert 51 <= second <= 61
    assert (second - 1) % len(WORD) == 0


def test_among_equal_voices_no_lead_lasts_a_letter_only() -> None:
    shared = np.tile(np.array([85, 85, 85], np.uint8), (400, 1))
    shared[np.arange(400), np.arange(400) % 3] += 60
    assert len(Handovers().read(WORD * 80, 1, shared)) <= 1


def test_a_lead_lasts_a_while() -> None:
    turns = [(k % 2, 12) for k in range(40)]
    found = Handovers().read(WORD * 96, 1, voices(*turns))
    gaps = [b.position - a.position for a, b in itertools.pairwise(found)]
    assert found
    assert min(gaps) >= SHORTEST


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_a_text_that_comes_in_pieces_is_handed_over_where_it_is_in_one(pieces: list[int]) -> None:
    who = voices(*[(k % 3, 37) for k in range(20)])
    text = (WORD * 200)[: len(who)]
    apart, at = Handovers(), 0
    for piece in pieces:
        at = min(len(text), at + piece)
        found = apart.read(text[:at], 1, who[:at])
    assert found == Handovers().read(text[:at], 1, who[:at])


def test_old_handovers_are_forgotten_and_a_text_that_begins_anew_is_read_anew() -> None:
    handovers, who = Handovers(), voices(*[(k % 2, 100) for k in range(200)])
    text = WORD * 4000
    assert len(handovers.read(text, 1, who)) < 50
    assert handovers.read(b"new text", 1, voices((1, 8))) == [Handover(1, 1)]


@pytest.mark.parametrize("n", [0, 1])
def test_no_style_or_a_single_one_makes_no_handover(n: int) -> None:
    assert len(Handovers().read(WORD, 1, np.full((5, n), 255, np.uint8))) == n
