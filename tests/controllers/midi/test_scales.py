"""Values of live parameters as positions of a knob."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.wire.parameters import CROSS, RATE, TEMPERATURE, TEMPO, VISITORS, Number
from controllers.midi.map import NUMBERS
from controllers.midi.scales import position_of, value_at


@pytest.mark.parametrize("parameter", NUMBERS.values(), ids=list(NUMBERS))
@given(position=st.floats(0, 1))
def test_every_position_has_a_value_in_range_that_is_found_again_there(parameter: Number, position: float) -> None:
    value = value_at(parameter, position)
    assert parameter.read(value) == value
    assert position_of(parameter, value) == pytest.approx(position, abs=1e-9)


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        (RATE, [(0.0, 0), (0.3, 0), (1.0, 0), (100.0, 1), (math.inf, 1)]),
        (TEMPERATURE, [(0.0, 0), (0.1, 0), (4.0, 1), (9.0, 1)]),
        (CROSS, [(0.0, 0), (1.0, 1)]),
        (VISITORS, [(0.4, 0.5), (0.8, 1)]),
        (TEMPO, [(0.0, 0), (400.0, 1)]),
    ],
)
def test_a_value_that_no_knob_reaches_is_at_the_nearer_end(
    parameter: Number, values: list[tuple[float, float]]
) -> None:
    assert [position_of(parameter, value) for value, _ in values] == [position for _, position in values]


def test_a_tempo_knob_at_its_lower_end_ends_the_tempo() -> None:
    assert value_at(TEMPO, 0.0) == 0.0
