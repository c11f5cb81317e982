"""Figures of legibility, on texts whose figures are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text_metrics import distinct, interval, longest_repeat, unfair

TEXT = st.text("ab c", max_size=40)


def test_a_text_that_repeats_itself_has_few_distinct_runs() -> None:
    assert distinct("abcd" * 25) == pytest.approx(4 / 97)
    assert distinct("abcdefgh") == 1.0
    assert distinct("abc") == 1.0


@given(TEXT)
def test_the_longest_repeat_stands_there_twice_and_none_longer_does(text: str) -> None:
    found = longest_repeat(text)
    slow = max(
        (text[i:j] for i in range(len(text)) for j in range(i, len(text) + 1) if text.find(text[i:j], i + 1) > i),
        key=len,
        default="",
    )
    assert len(found) == len(slow)
    assert not found or text.find(found, text.find(found) + 1) > 0


def test_fair_shares_are_fair_and_the_worst_one_is_named() -> None:
    assert unfair(np.array([3.0, 1.0]), np.array([0.75, 0.25])) == pytest.approx(1)
    assert unfair(np.array([0.6, 0.4]), np.array([1.0, 1.0])) == pytest.approx(1.25)
    assert unfair(np.array([0.95, 0.05]), np.array([1.0, 1.0])) == pytest.approx(10)
    assert unfair(np.array([1.0, 0.0]), np.array([1.0, 1.0])) == np.inf


def test_the_interval_of_a_mean_holds_it_and_shrinks_with_more_values() -> None:
    few, many = np.random.default_rng(0).normal(3, 1, 10), np.random.default_rng(0).normal(3, 1, 1000)
    for values in (few, many):
        low, high = interval(values)
        assert low < values.mean() < high
    assert np.ptp(interval(many)) < np.ptp(interval(few)) / 5
    assert interval(np.full(10, 2.0)) == (2.0, 2.0)
