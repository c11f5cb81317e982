"""Strict reading of the Leap protocol: old services, Gemini, and whatever else may come in through the port."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers import ControllerError
from controllers.leap.frames import LARGEST, MOST_HANDS, DeviceEvent, Frame, HandShape, read


def hand(**changed: Any) -> dict[str, Any]:
    """A hand as an old service says it, shortened."""
    said: dict[str, Any] = {
        "id": 7,
        "type": "right",
        "palmPosition": [10.5, 200, -30.25],
        "palmVelocity": [1, 2.5, 3],
        "palmNormal": [0, -1, 0],
        "direction": [0, 0, -1],
        "stabilizedPalmPosition": [10, 200, -30],
        "grabStrength": 0.25,
        "pinchStrength": 0,
        "confidence": 1,
        "timeVisible": 3.5,
        "r": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    }
    return said | changed


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in hand().items() if key not in keys}


def frame(*hands: dict[str, Any], **changed: Any) -> str:
    said: dict[str, Any] = {
        "currentFrameRate": 115.5,
        "id": 3,
        "timestamp": 2_113_323_203,
        "hands": list(hands),
        "pointables": [{"id": 70, "handId": 7, "tipPosition": [1, 2, 3], "tool": False}],
        "gestures": [],
        "interactionBox": {"center": [0, 200, 0], "size": [235.247, 235.247, 147.751]},
    }
    return json.dumps(said | changed)


def test_a_frame_of_an_old_service() -> None:
    expected = HandShape(7, True, (10.5, 200.0, -30.25), (1.0, 2.5, 3.0), 0.25, 0.0, 1.0)
    assert read(frame(hand())) == Frame(2_113_323_203, (expected,))
    assert read(frame(hand(), hand(id=8, type="left")).encode()).hands[1].right is False
    assert read(frame()) == Frame(2_113_323_203, ())


def test_a_frame_of_gemini_lacks_what_is_not_needed() -> None:
    said = json.loads(frame(without("stabilizedPalmPosition", "timeVisible", "r")))
    for key in ("interactionBox", "gestures", "currentFrameRate"):
        del said[key]
    assert len(read(json.dumps(said)).hands) == 1


def test_other_messages_of_a_service_are_read() -> None:
    assert read('{"version":6}') is None
    assert read('{"serviceVersion":"2.3.1+31549","version":6}') is None
    state = {"attached": True, "id": "x", "streaming": True, "type": "peripheral"}
    assert read(json.dumps({"event": {"type": "deviceEvent", "state": state}})) == DeviceEvent(True)
    assert read(json.dumps({"event": {"type": "deviceEvent", "state": state | {"streaming": False}}})) == DeviceEvent(
        False
    )
    assert read('{"event":{"type":"anything"}}') is None
    assert read("{}") is None
    assert read('{"hello":[1,{"a":null}]}') is None


def test_a_strength_that_overshoots_is_brought_back() -> None:
    (shape,) = read(frame(hand(grabStrength=1.0001, pinchStrength=-0.0001))).hands
    assert (shape.grab, shape.pinch) == (1.0, 0.0)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "null",
        "[]",
        "3",
        '"version"',
        "{",
        frame(hand())[:-5],
        frame(hand()) + "}",
        frame(hand(id="7")),
        frame(hand(id=7.5)),
        frame(hand(id=True)),
        frame(hand(id=10**400)),
        frame(hand(type="middle")),
        frame(hand(type=None)),
        frame(hand(palmPosition=[1, 2])),
        frame(hand(palmPosition=[1, 2, 3, 4])),
        frame(hand(palmPosition=[1, 2, "3"])),
        frame(hand(palmPosition=[1, 2, None])),
        frame(hand(palmPosition=[1, 2, True])),
        frame(hand(palmPosition=[1, 2, 1e300])),
        frame(hand(palmPosition="here")),
        frame(hand(palmPosition=[1, 2, math.nan])),
        frame(hand(grabStrength=math.inf)),
        frame(hand(grabStrength="0.5")),
        frame(hand(grabStrength=17)),
        frame(hand(confidence=math.nan)),
        frame(hand(confidence=None)),
        frame(without("id")),
        frame(without("type")),
        frame(without("palmPosition")),
        frame(without("grabStrength")),
        frame(timestamp=None),
        frame(timestamp="now"),
        frame(timestamp=-1),
        frame(hands={}),
        frame(hands=[3]),
        frame(*[hand(id=k) for k in range(MOST_HANDS + 1)]),
        '{"hands":[' + ",".join(["{}"] * 10_000) + '],"timestamp":1}',
        '{"hands":' + "[" * 100_000,
        '{"x":' * 20_000 + "1" + "}" * 20_000,
        frame(hand()).replace("200", "2" + "0" * 5000),
        '{"timestamp":1' + "0" * 5000 + ',"hands":[]}',
        " " * LARGEST + "{}",
        frame(hand(), filler="x" * LARGEST),
        b"\xff\xfe\x00",
        b'{"event":{"type":"\xff"}}',
    ],
    ids=lambda message: str(message[:20]),
)
def test_a_damaged_message_is_refused_in_one_line(message: str | bytes) -> None:
    with pytest.raises(ControllerError) as error:
        read(message)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_any_message_is_read_or_refused(message: str | bytes) -> None:
    try:
        read(message)
    except ControllerError:
        return


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)


@given(st.sampled_from(sorted(hand())), anything, st.sampled_from(["timestamp", "hands", "event", "version"]), anything)
def test_a_frame_with_anything_in_it_is_read_or_refused(key: str, value: Any, top: str, other: Any) -> None:
    for message in (frame(hand(**{key: value})), frame(hand(), **{top: other})):
        try:
            said = read(message)
        except ControllerError:
            continue
        if isinstance(said, Frame):
            for shape in said.hands:
                numbers = (*shape.palm_mm, *shape.velocity_mm_s, shape.grab, shape.pinch, shape.confidence)
                assert all(map(math.isfinite, numbers))


@given(st.data(), st.integers(0, 2000), st.characters(max_codepoint=126))
def test_a_damaged_frame_is_read_or_refused(data: st.DataObject, at: int, put: str) -> None:
    said = frame(hand(), hand(id=8))
    at %= len(said)
    said = said[:at] + put + said[at + 1 :]
    try:
        read(said[: data.draw(st.integers(0, len(said)))])
    except ControllerError:
        return
