"""Frames from Ultraleap's own Python bindings (LeapC), where they are installed: the outermost edge, no decisions.

The bindings are on no package registry: the package called `leap` there is another one, and is not mistaken for them.
"""

import importlib
import time
from typing import Any

from controllers import ControllerError
from controllers.leap import frames as leap_frames
from controllers.leap.frames import FARTHEST, Frame, HandShape, Vector
from controllers.leap.websocket import OPEN_S, QUIET_S
from controllers.sensor import PATIENCE_S, Sensor

HOW_TO = (
    "build them from source against the Ultraleap SDK (github.com/ultraleap/leapc-python-bindings; "
    "the package `leap` on PyPI is an unrelated one)"
)


def find() -> Any:
    """The module `leap` of the official bindings. Raises ControllerError that says how to get it."""
    try:
        leap = importlib.import_module("leap")
    except Exception as e:  # the bindings raise a plain Exception when the SDK is missing
        reason = " ".join(str(e).split())[:120]
        raise ControllerError(f"the Leap bindings cannot be used ({reason}): {HOW_TO}, or --source websocket") from e
    if not hasattr(leap, "Connection"):
        raise ControllerError(f"the module `leap` here is not Ultraleap's: {HOW_TO}, or --source websocket")
    return leap


class LeapC(Sensor[Frame]):
    """The frames of this machine's own tracking service."""

    def __init__(self, leap: Any) -> None:
        super().__init__()
        self._leap = leap
        self.trouble = "the Ultraleap tracking service has not answered yet"

    def _listen(self) -> None:
        leap, heard_at = self._leap, time.monotonic()
        try:
            with leap.Connection().open(auto_poll=False, timeout=OPEN_S) as connection:
                while not self._closing.is_set():
                    try:
                        event = connection.poll(PATIENCE_S)
                    except leap.LeapError:  # nothing came in time, or the service is away; LeapC finds it again itself
                        self._closing.wait(0.01)
                        event = None
                    if event is not None and event.type == leap.EventType.Tracking:
                        heard_at = time.monotonic()
                        self._take(frame(event))
                    elif time.monotonic() - heard_at > QUIET_S:
                        self.trouble = (
                            "the Ultraleap tracking service sends no frames: is it running, and the device plugged in?"
                        )
        except leap.LeapError as e:
            raise ControllerError(
                f"the Ultraleap tracking service cannot be reached ({type(e).__name__}): start it"
            ) from e


def frame(event: Any) -> Frame:
    """The frame of a tracking event, without hands that have values out of range."""
    return Frame(int(event.timestamp), tuple(_shape(hand) for hand in event.hands if _plausible(hand)))


def _shape(hand: Any) -> HandShape:
    right = str(hand.type).endswith("Right")  # HandType.Left, HandType.Right
    strengths = (leap_frames.within(s) for s in (hand.grab_strength, hand.pinch_strength, hand.confidence))
    return HandShape(int(hand.id), right, _vector(hand.palm.position), _vector(hand.palm.velocity), *strengths)


def _plausible(hand: Any) -> bool:
    return all(abs(length) <= FARTHEST for length in (*_vector(hand.palm.position), *_vector(hand.palm.velocity)))


def _vector(vector: Any) -> Vector:
    return float(vector.x), float(vector.y), float(vector.z)
