"""The OSC packets for subscribers: pure functions of the news of the wire."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from pythonosc.osc_message_builder import OscMessageBuilder

from actors.wire import codec
from actors.wire.messages import Frame
from controllers.osc import addresses as osc_addresses
from controllers.osc.addresses import Address

LARGEST_FLOAT = 3.4e38  # what OSC's 32 bits can say


def written(codes: bytes, position: int) -> Iterator[bytes]:
    """One packet a character; the first is at `position`."""
    for at, code in enumerate(codes, position):
        yield packet(osc_addresses.CHAR, code, at)


def distributions(frame: Frame) -> Iterator[bytes]:
    """Packets of π, and, of the newest character, of ρ and of the y of every active style."""
    yield packet(osc_addresses.PI, *(min(weight, LARGEST_FLOAT) for weight in frame.pi))
    if frame.rho and frame.chars:
        yield packet(osc_addresses.RHO, *_floats(codec.rows(frame.rho)[0]))
        for style, y in zip(frame.active, codec.rows(frame.omega), strict=True):
            yield packet(osc_addresses.Y, *_floats(y), style=frame.styles[style])


def packet(address: Address, *arguments: int | float | str, style: str = "") -> bytes:
    """The packet that says `arguments` at an address."""
    builder = OscMessageBuilder(osc_addresses.path(address, style))
    for argument in arguments:
        builder.add_arg(argument)
    return bytes(builder.build().dgram)


def _floats(row: np.ndarray[Any, np.dtype[np.float32]]) -> list[float]:
    return [float(value) for value in row]
