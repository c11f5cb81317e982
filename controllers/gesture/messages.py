"""The OSC messages of the gesture controller: features, controls, and Wekinator's outputs. Pure, a table.

Wekinator's own addresses are understood, so programs made for it work unchanged.
"""

import math
from dataclasses import dataclass
from enum import Enum

from controllers import ControllerError
from controllers.gesture.dataset import MOST_FEATURES
from controllers.osc.packet import Message

OUTPUTS = "/wek/outputs"


class Control(Enum):
    """The controls."""

    SHOW = "one example: the pose and the mix of this moment"
    START_RECORDING = "examples all the time"
    STOP_RECORDING = "no more of them"
    TRAIN = "learn from all examples"
    RUN = "play what was learnt"
    STOP = "stop playing, or recording"
    FORGET = "no examples, no model"
    SAVE = "write the file"


CONTROLS = {
    "/wekinator/control/startRecording": Control.START_RECORDING,
    "/wekinator/control/stopRecording": Control.STOP_RECORDING,
    "/wekinator/control/train": Control.TRAIN,
    "/wekinator/control/startRunning": Control.RUN,
    "/wekinator/control/stopRunning": Control.STOP,
    "/wekinator/control/deleteAllExamples": Control.FORGET,
    "/chorus/gesture/record": Control.SHOW,
    "/chorus/gesture/train": Control.TRAIN,
    "/chorus/gesture/run": Control.RUN,
    "/chorus/gesture/stop": Control.STOP,
    "/chorus/gesture/forget": Control.FORGET,
    "/chorus/gesture/save": Control.SAVE,
}
OURS = ("/chorus/", "/wekinator/")


@dataclass(frozen=True)
class Features:
    """Numbers from one address."""

    address: str
    values: tuple[float, ...]


def meaning(message: Message) -> Features | Control | None:
    """The control or the features of a message; None for a button that is let go. Raises ControllerError.

    `/chorus/gesture/record` records one example; with 1 it goes on until it comes with 0. The others may come with 1 too,
    and with 0 mean nothing, since buttons send both.
    """
    if control := CONTROLS.get(message.address):
        pressed = _pressed(message)
        if control is Control.SHOW and message.arguments:
            return Control.START_RECORDING if pressed else Control.STOP_RECORDING
        return control if pressed else None
    if message.address.startswith(OURS):
        raise ControllerError(f"{message.address} is not known here; there are {', '.join(CONTROLS)}")
    values = [value for value in message.arguments if isinstance(value, int | float) and not isinstance(value, bool)]
    if not 0 < len(values) == len(message.arguments) <= MOST_FEATURES:
        raise ControllerError(f"{message.address}: features are 1 to {MOST_FEATURES} numbers")
    if not all(abs(value) <= 1e30 for value in values):
        raise ControllerError(f"{message.address}: features are finite numbers")
    return Features(message.address, tuple(map(float, values)))


def _pressed(message: Message) -> bool:
    if not message.arguments:
        return True
    value, *rest = message.arguments
    if rest or not isinstance(value, int | float) or math.isnan(value):
        raise ControllerError(f"{message.address} takes one number, 1 or 0, or nothing")
    return value > 0
