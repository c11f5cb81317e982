"""Rates and temperatures as positions of a knob."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.midi.scales import rate_at, rate_position, temperature_at, temperature_position


@given(st.floats(0, 1))
def test_rate_and_temperature_are_found_again_at_their_position(position: float) -> None:
    assert rate_position(rate_at(position)) == pytest.approx(position, abs=1e-9)
    assert temperature_position(temperature_at(position)) == pytest.approx(position, abs=1e-9)


def test_what_no_knob_reaches_is_at_its_ends() -> None:
    assert [rate_position(cps) for cps in (0.0, 0.3, 1.0, 100.0, float("inf"))] == [0, 0, 0, 1, 1]
    assert [temperature_position(t) for t in (0.0, 0.1, 4.0, 9.0)] == [0, 0, 1, 1]
