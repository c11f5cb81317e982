import math

import pytest

from controllers import ControllerError
from controllers.gesture.messages import CONTROLS, Control, Features, meaning
from controllers.osc.packet import Argument, Message


@pytest.mark.parametrize(
    ("address", "arguments", "means"),
    [
        ("/wek/inputs", (0.5, 1, -2.5), Features("/wek/inputs", (0.5, 1.0, -2.5))),
        ("/phone/accelerometer", (9.81,), Features("/phone/accelerometer", (9.81,))),
        ("/wekinator/control/startRecording", (), Control.START_RECORDING),
        ("/wekinator/control/stopRecording", (), Control.STOP_RECORDING),
        ("/wekinator/control/train", (), Control.TRAIN),
        ("/wekinator/control/startRunning", (), Control.RUN),
        ("/wekinator/control/stopRunning", (), Control.STOP),
        ("/chorus/gesture/record", (), Control.SHOW),
        ("/chorus/gesture/record", (1,), Control.START_RECORDING),
        ("/chorus/gesture/record", (0.0,), Control.STOP_RECORDING),
        ("/chorus/gesture/train", (1.0,), Control.TRAIN),
        ("/chorus/gesture/train", (0.0,), None),
        ("/chorus/gesture/run", (True,), Control.RUN),
        ("/chorus/gesture/forget", (False,), None),
        ("/chorus/gesture/save", (), Control.SAVE),
    ],
)
def test_a_message_means_its_commands(address: str, arguments: tuple[Argument, ...], means: object) -> None:
    assert meaning(Message(address, arguments)) == means


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("/wek/inputs", ()),
        ("/wek/inputs", (0.5, "x")),
        ("/wek/inputs", (0.5, None)),
        ("/wek/inputs", (True, 0.5)),
        ("/wek/inputs", (math.nan,)),
        ("/wek/inputs", (0.5, math.inf)),
        ("/wek/inputs", (1e200,)),
        ("/wek/inputs", (0.0,) * 257),
        ("/chorus/weight/x", (0.5,)),
        ("/wekinator/control/startDtwRecording", (1,)),
        ("/chorus/gesture/train", ("now",)),
        ("/chorus/gesture/record", (1, 2)),
        ("/chorus/gesture/record", (math.nan,)),
    ],
)
def test_a_message_without_meaning_is_refused_in_one_line(address: str, arguments: tuple[Argument, ...]) -> None:
    with pytest.raises(ControllerError, match=address) as error:
        meaning(Message(address, arguments))
    assert "\n" not in str(error.value)


def test_every_control_can_be_asked_for() -> None:
    assert set(CONTROLS.values()) == set(Control)
