import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import EnsembleError
from actors.wire import codec, messages
from actors.wire.messages import (
    Card,
    Frame,
    GetSnapshot,
    Hold,
    Join,
    Leave,
    LetGo,
    Move,
    NodeIsGone,
    NodeIsHere,
    Preset,
    Reply,
    SetRate,
    SetTemperature,
    SetTempo,
    SetWeights,
    Solo,
)

floats = st.floats(allow_nan=False)
commands = st.one_of(
    st.builds(
        SetWeights, weights=st.dictionaries(st.text(max_size=20), floats), replace=st.booleans(), ref=st.integers(0, 9)
    ),
    st.builds(SetRate, cps=floats),
    st.builds(SetTemperature, temperature=floats, hand=st.text(max_size=9)),
    st.builds(SetTempo, bpm=floats, beat_in_s=floats, unit=st.text(max_size=9), per_beat=floats),
    st.builds(LetGo, hand=st.text(max_size=9)),
    st.builds(Solo, slugs=st.lists(st.text(max_size=9))),
    st.builds(Hold, slugs=st.lists(st.text(max_size=9)), held=st.booleans()),
    st.builds(Move, weights=st.dictionaries(st.text(max_size=9), floats), over_s=floats, falls=st.text(max_size=9)),
    st.builds(Preset, name=st.text(max_size=9), what=st.text(max_size=9), over_s=floats, falls=st.text(max_size=9)),
    st.builds(Join, card=st.builds(Card, *[st.text(max_size=9)] * 5)),
    st.builds(NodeIsHere, node=st.integers(-9, 99), host=st.text(max_size=9), section=st.text(max_size=9), cpus=floats),
    st.builds(NodeIsGone, node=st.integers(-9, 99)),
    st.builds(Leave, slug=st.text(max_size=20)),
    st.builds(GetSnapshot, since=st.integers(0, 2**40)),
)


def frame(**changes: object) -> Frame:
    fields: dict[str, object] = {
        "epoch": 1, "t": 1, "chars": b"ab", "voices": bytes(4), "styles": ["x", "y"], "pi": [1.0, 0.0], "active": [0],
        "omega": bytes(512), "rho": bytes(512), "rate_cps": math.inf, "measured_cps": 3.0,
    }  # fmt: skip
    return Frame(**(fields | changes))  # type: ignore[arg-type]


@given(commands)
def test_a_command_arrives_as_it_was_sent(command: messages.Command) -> None:
    assert codec.decode_command(codec.encode(command)) == command


def test_a_frame_arrives_as_it_was_sent() -> None:
    assert codec.decode_news(codec.encode(frame())) == frame()


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_refused_in_one_line(raw: bytes) -> None:
    for decode in (codec.decode_command, codec.decode_news):
        try:
            decode(raw)
        except EnsembleError as e:
            said = str(e)
        else:
            said = ""
        assert "\n" not in said


@given(commands, st.data())
def test_a_damaged_command_is_a_command_or_refused(command: messages.Command, data: st.DataObject) -> None:
    raw = bytearray(codec.encode(command))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        codec.decode_command(bytes(raw))
    except EnsembleError:
        return


@pytest.mark.parametrize(
    "raw",
    [
        b"\x91" * 5000,  # arrays within arrays
        msgspec.msgpack.encode({"type": "SetWeights", "v": messages.VERSION, "weights": {"a": "loud"}}),
        msgspec.msgpack.encode({"type": "SetWeights", "v": messages.VERSION, "weights": {"a": 1}, "more": 2}),
        msgspec.msgpack.encode({"type": "Shutdown", "v": 1}),
        codec.encode(SetWeights(weights={f"style-{k}": 1.0 for k in range(9000)})),
        codec.encode(Reply()),
    ],
)
def test_anything_but_a_command_is_refused(raw: bytes) -> None:
    with pytest.raises(EnsembleError):
        codec.decode_command(raw)


def test_another_version_is_refused_with_what_to_do() -> None:
    with pytest.raises(EnsembleError, match=r"version 99.*update"):
        codec.decode_command(codec.encode(SetRate(v=99, cps=1.0)))


@pytest.mark.parametrize(
    "changes",
    [{"voices": b"123"}, {"omega": bytes(100)}, {"rho": bytes(8)}, {"active": [7]}, {"active": [-1]}, {"pi": [1.0]}],
)
def test_a_frame_whose_arrays_do_not_fit_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(EnsembleError, match="fit"):
        codec.decode_news(codec.encode(frame(**changes)))
