"""What the many messages of one turn wish, in few commands. Pure: a fader that is moved sends hundreds a second."""

from collections.abc import Iterable

from actors.wire.messages import Command, SetPooling, SetRate, SetTemperature, SetWeights


def together(commands: Iterable[Command]) -> list[Command]:
    """The same with fewer: of weights, rates, temperatures and crossings that follow one another only the last count."""
    fewer: list[Command] = []
    for command in commands:
        last = fewer[-1] if fewer else None
        if isinstance(command, SetWeights) and isinstance(last, SetWeights) and not command.replace:
            fewer[-1] = SetWeights(weights={**last.weights, **command.weights}, replace=last.replace)
        elif isinstance(command, SetRate | SetTemperature | SetPooling) and type(command) is type(last):
            fewer[-1] = command
        else:
            fewer.append(command)
    return fewer
