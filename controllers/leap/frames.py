"""Strict reading of the messages of a Leap service's WebSocket (protocol v6): message in, frame or event out, no I/O.

It reads the fields that are played. Old services and Gemini's UltraleapTrackingWebSocket both send these; fields that
Gemini leaves out (interactionBox, gestures, stabilizedPalmPosition) are not needed.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from controllers import ControllerError

LARGEST = 1 << 18  # bytes of a message; a real frame of two hands has 20 000
MOST_HANDS = 16
FARTHEST = 100_000.0  # mm, or mm/s: no device sees so far or so fast

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class HandShape:
    """One hand over the device: x to the right, y up from it, z towards the performer."""

    id: int  # a new one whenever a hand was lost and found
    right: bool
    palm_mm: Vector
    velocity_mm_s: Vector = (0.0, 0.0, 0.0)
    grab: float = 0.0  # 0 open, 1 a fist
    pinch: float = 0.0  # 0 apart, 1 thumb and finger touch
    confidence: float = 1.0  # 0 a guess, 1 certain


@dataclass(frozen=True)
class Frame:
    """All hands at one moment; `timestamp_us` in microseconds of the service's own clock."""

    timestamp_us: int
    hands: tuple[HandShape, ...]


@dataclass(frozen=True)
class DeviceEvent:
    """A device was plugged in or out, fell asleep or woke. `playable`: it sends frames now."""

    playable: bool


_Length = Annotated[float, Meta(ge=-FARTHEST, le=FARTHEST)]
_Strength = Annotated[float, Meta(ge=-1.0, le=2.0)]  # some services overshoot 0 and 1 by a little
_Vector = tuple[_Length, _Length, _Length]


class _Hand(msgspec.Struct, rename="camel"):
    id: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    type: Literal["left", "right"]
    palm_position: _Vector
    grab_strength: _Strength
    palm_velocity: _Vector = (0.0, 0.0, 0.0)
    pinch_strength: _Strength = 0.0
    confidence: _Strength = 1.0


class _State(msgspec.Struct):
    attached: bool = True
    streaming: bool = True


class _Event(msgspec.Struct):
    type: str
    state: _State = msgspec.field(default_factory=_State)


class _Message(msgspec.Struct):
    timestamp: Annotated[float, Meta(ge=0, le=2**63)] | None = None
    hands: Annotated[list[_Hand], Meta(max_length=MOST_HANDS)] | None = None
    event: _Event | None = None


_decode = msgspec.json.Decoder(_Message).decode


def read(message: str | bytes) -> Frame | DeviceEvent | None:
    """The content of a message; None if it is not played. Raises ControllerError for a damaged one."""
    if len(message) > LARGEST:
        raise ControllerError(f"a message of the Leap service has at most {LARGEST} bytes, this one {len(message)}")
    try:
        said = _decode(message)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as e:
        raise ControllerError(f"this is not a message of a Leap service: {_line(e)}") from e
    if said.hands is not None:
        if said.timestamp is None:
            raise ControllerError("this is not a message of a Leap service: a frame without a timestamp")
        return Frame(int(said.timestamp), tuple(map(_shape, said.hands)))
    if said.event is not None and said.event.type == "deviceEvent":
        return DeviceEvent(said.event.state.attached and said.event.state.streaming)
    return None


def _shape(hand: _Hand) -> HandShape:
    return HandShape(
        hand.id,
        hand.type == "right",
        hand.palm_position,
        hand.palm_velocity,
        within(hand.grab_strength),
        within(hand.pinch_strength),
        within(hand.confidence),
    )


def within(strength: float) -> float:
    """A strength from 0 to 1; 0 for NaN."""
    return min(1.0, max(0.0, strength)) if strength == strength else 0.0


def _line(e: Exception) -> str:
    return " ".join(str(e).split())[:200]
