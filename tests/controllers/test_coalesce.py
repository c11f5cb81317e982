"""Commands that follow one another become fewer that say the same."""

from actors.wire.messages import Command, Move, Preset, SetLookahead, SetPooling, SetRate, SetTemperature, Solo
from controllers.coalesce import coalesced, one_of_each
from tests.support.surface_rig import weigh


def test_in_a_row_of_one_type_the_last_command_remains_and_weights_are_joined() -> None:
    commands: list[Command] = [
        *weigh(latex=0.1),
        *weigh(latex=0.2, sonnets=0.3),
        SetRate(cps=3),
        SetRate(cps=4),
        Solo(slugs=["latex"]),
        Solo(),
        SetTemperature(temperature=2),
        *weigh(latex=0.4),
    ]
    assert coalesced(commands) == [
        *weigh(latex=0.2, sonnets=0.3),
        SetRate(cps=4),
        Solo(slugs=["latex"]),
        Solo(),
        SetTemperature(temperature=2),
        *weigh(latex=0.4),
    ]


def test_settings_of_one_command_are_joined_and_the_later_goes_over_the_earlier() -> None:
    commands: list[Command] = [SetPooling(cross=0.1), SetPooling(evenness=0.5), SetPooling(cross=0.2)]
    assert coalesced(commands) == [SetPooling(cross=0.2, evenness=0.5)]


def test_one_command_of_each_type_remains_and_a_preset_replaces_a_move() -> None:
    commands: list[Command] = [
        SetPooling(pooling="linear"),
        Move(weights={"a": 1}),
        SetPooling(top_p=0.9),
        Preset(name="x"),
    ]
    assert one_of_each(commands) == [SetPooling(pooling="linear", top_p=0.9), Preset(name="x")]


def test_a_size_ends_an_automatic_lookahead() -> None:
    commands: list[Command] = [SetLookahead(auto=True, boldness=1.0), SetLookahead(width=8, depth=4)]
    assert one_of_each(commands) == [SetLookahead(width=8, depth=4, boldness=1.0)]
