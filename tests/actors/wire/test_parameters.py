"""The table of live parameters: every row reads what it promises, and refuses the rest in one line."""

import dataclasses
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import EnsembleError
from actors.wire import codec
from actors.wire.messages import Command, Frame
from actors.wire.parameters import (
    LOOKAHEAD,
    PARAMETERS,
    RATE,
    Choice,
    Lookahead,
    MixSettings,
    Number,
    Parameter,
)

NUMBERS = [parameter for parameter in PARAMETERS if isinstance(parameter, Number)]
FRAME = Frame(
    epoch=1,
    t=1,
    chars=b"",
    voices=b"",
    styles=[],
    pi=[],
    active=[],
    omega=b"",
    rho=b"",
    rate_cps=15.0,
    measured_cps=0.0,
)


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_a_performance_begins_with_the_defaults_and_the_screen_says_nothing_of_them(parameter: Parameter) -> None:
    if parameter.name not in ("lookahead", "boldness"):
        assert parameter.now(FRAME) == parameter.default
        assert parameter.words(FRAME) == ""
    assert len(parameter.values(FRAME)) == len(parameter.tags) == len(parameter.ranges)


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_the_default_is_a_value_whose_command_the_wire_carries(parameter: Parameter) -> None:
    value = parameter.default if parameter is LOOKAHEAD else parameter.read(parameter.default)
    command: Command = parameter.command(value)
    assert codec.decode_command(codec.encode(command)) == command


@given(st.sampled_from(NUMBERS), st.floats())
def test_a_number_is_read_if_it_is_in_range_and_else_refused(parameter: Number, value: float) -> None:
    if parameter.low <= value <= parameter.high or value == parameter.off:
        assert parameter.read(value) == value
        assert parameter.read_text(repr(value)) == value
        return
    with pytest.raises(ValueError, match=parameter.name) as error:
        parameter.read(value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", ["loud", None, [], {}, True, "", b"1", (1.0, 2.0)])
@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_anything_but_a_value_is_refused(parameter: Parameter, value: object) -> None:
    if parameter is LOOKAHEAD and value == (1.0, 2.0):
        return
    with pytest.raises(ValueError, match=parameter.name):
        parameter.read(value)


@pytest.mark.parametrize("parameter", [p for p in PARAMETERS if isinstance(p, Choice)], ids=lambda p: p.name)
def test_each_word_of_a_choice_is_one(parameter: Choice) -> None:
    assert [parameter.read(word) for word in parameter.choices] == list(parameter.choices)


def test_a_rate_may_be_as_fast_as_possible() -> None:
    assert RATE.read("max") == RATE.read_text("max") == math.inf


@given(st.integers(-2, 20), st.integers(-2, 20))
def test_a_lookahead_is_a_width_and_a_depth(width: int, depth: int) -> None:
    fits = 1 <= width <= 16 and 1 <= depth <= 16
    for value in (f"{width}x{depth}", (width, depth), (float(width), float(depth))):
        if fits:
            assert LOOKAHEAD.read(value) == Lookahead(width, depth)
        else:
            with pytest.raises(ValueError, match="WIDTHxDEPTH"):
                LOOKAHEAD.read(value)
    assert LOOKAHEAD.read("auto").auto


def test_every_setting_of_the_mix_has_a_row_and_a_field_in_the_frame() -> None:
    names = {parameter.name for parameter in PARAMETERS}
    for field in dataclasses.fields(MixSettings):
        assert field.name in names
        assert field.name in {f.name for f in msgspec.structs.fields(Frame)}


@pytest.mark.parametrize("changes", [{"temperature": 9.0}, {"evenness": math.nan}, {"pooling": "loud"}, {"volume": 1}])
def test_settings_out_of_range_change_nothing(changes: dict[str, object]) -> None:
    settings = MixSettings()
    with pytest.raises(EnsembleError):
        settings.changed(changes)
    assert settings == MixSettings()


def test_settings_say_what_has_changed_since() -> None:
    assert MixSettings(temperature=0.5).since(MixSettings()) == {"temperature": 0.5}
