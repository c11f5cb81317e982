"""Combines commands that follow one another: a moving fader sends hundreds a second. Pure."""

from collections.abc import Iterable

import msgspec

from actors.wire.messages import Command, Move, Preset, SetLookahead, SetWeights
from actors.wire.parameters import PARAMETERS

SETTINGS = tuple({type(parameter.command(parameter.default)) for parameter in PARAMETERS})


def coalesced(commands: Iterable[Command]) -> list[Command]:
    """Fewer commands with the same effect: weights in a row are joined, and so are settings of one type."""
    fewer: list[Command] = []
    for command in commands:
        last = fewer[-1] if fewer else None
        if isinstance(command, SetWeights) and isinstance(last, SetWeights) and not command.replace:
            fewer[-1] = SetWeights(weights={**last.weights, **command.weights}, replace=last.replace)
        elif isinstance(last, SETTINGS) and type(command) is type(last):
            fewer[-1] = _joined(last, command)
        else:
            fewer.append(command)
    return fewer


def one_of_each(commands: Iterable[Command]) -> list[Command]:
    """One command of each type: the last, with settings joined. A preset and a move are of one type."""
    made: dict[type, Command] = {}
    for command in commands:
        kind = Move if isinstance(command, Preset) else type(command)
        made[kind] = _joined(made[kind], command) if kind in made and kind in SETTINGS else command
    return list(made.values())


def _joined(before: Command, command: Command) -> Command:
    """`command`, with the fields of `before`, of the same type, that it leaves as they are."""
    given = {name: value for name in command.__struct_fields__ if (value := getattr(command, name)) is not None}
    if isinstance(command, SetLookahead) and command.width:
        given.setdefault("auto", None)  # a size ends an automatic one
    return msgspec.structs.replace(before, **given)
