"""Of what follows one another the last is wished."""

from actors.wire.messages import Command, SetRate, SetTemperature, Solo
from controllers.midi.coalesce import together
from tests.support.surface_rig import weigh


def test_of_what_follows_one_another_the_last_is_wished() -> None:
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
    assert together(commands) == [
        *weigh(latex=0.2, sonnets=0.3),
        SetRate(cps=4),
        Solo(slugs=["latex"]),
        Solo(),
        SetTemperature(temperature=2),
        *weigh(latex=0.4),
    ]
