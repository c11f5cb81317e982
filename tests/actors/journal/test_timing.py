import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.journal import format
from actors.journal.format import Character, Line
from actors.journal.timing import seconds

HEADER = {"chorus": 1, "seed": 1, "styles": {}}


def chars(*lines: Any) -> list[Line]:
    """A journal of these lines, in which a word is its characters."""
    records: list[Any] = [HEADER]
    for line in lines:
        records += [[1, ord(letter)] for letter in line] if isinstance(line, str) else [line]
    return [format.parse(json.dumps(record).encode()) for record in records]


def test_characters_between_two_that_were_noted_are_spread_evenly() -> None:
    told = chars({"rate": "max"}, {"at": 12.0}, "abcd", {"at": 12.4}, "e", {"at": 13.4}, "f")
    assert seconds(told) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 1.4])


def test_in_an_older_journal_the_rate_says_it() -> None:
    told = chars({"rate": 10.0}, "abc", {"rate": 0.0}, {"rate": "max"}, "de")
    assert seconds(told) == pytest.approx([0, 0.1, 0.2, 0.21, 0.22])


def test_an_older_journal_that_was_continued_goes_on_where_it_was() -> None:
    told = chars({"rate": 10.0}, "abc", {"epoch": 2}, {"at": 0.0}, "d", {"at": 1.0}, "e")
    assert seconds(told) == pytest.approx([0, 0.1, 0.2, 0.3, 1.3])


def test_a_text_of_nothing_has_no_times() -> None:
    assert seconds(chars({"at": 3.0})) == []


@given(
    st.lists(
        st.one_of(
            st.text("ab", max_size=4),
            st.fixed_dictionaries({"at": st.floats(-10, 100)}),
            st.fixed_dictionaries({"rate": st.one_of(st.floats(0.01, 1000), st.sampled_from([0, "max"]))}),
        )
    )
)
def test_time_never_goes_back_whatever_was_noted(lines: list[Any]) -> None:
    told = chars(*lines)
    came = seconds(told)
    assert len(came) == sum(isinstance(line, Character) for line in told)
    assert came[:1] in ([], [0.0])
    assert all(a <= b + 1e-9 for a, b in pairwise(came))
