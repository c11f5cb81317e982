"""Strict reading: the specification's own examples, and what made a lenient parser hang."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from controllers import ControllerError
from controllers.osc.packet import NTP_EPOCH, parse


def message(address: str, *arguments: Any) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return bytes(builder.build().dgram)


def bundle(*elements: bytes, tag: int = 1) -> bytes:
    return b"#bundle\0" + struct.pack(">Q", tag) + b"".join(struct.pack(">i", len(e)) + e for e in elements)


def test_the_first_example_of_the_specification() -> None:
    packet = bytes.fromhex("2f6f7363696c6c61746f722f342f6672657175656e637900 2c66000043dc0000".replace(" ", ""))
    (read,) = parse(packet)
    assert (read.address, read.arguments) == ("/oscillator/4/frequency", (440.0,))


def test_the_second_example_of_the_specification() -> None:
    packet = bytes.fromhex(
        "2f666f6f00000000 2c69697366660000 000003e8 ffffffff 68656c6c6f000000 3f9df3b6 40b5b22d".replace(" ", "")
    )
    (read,) = parse(packet)
    assert read.arguments[:3] == (1000, -1, "hello")
    assert read.arguments[3:] == pytest.approx((1.234, 5.678), abs=1e-6)


def test_bundles_are_opened_and_their_time_is_kept() -> None:
    inner = bundle(message("/b", 2), tag=(NTP_EPOCH + 5000) << 32)
    read = parse(bundle(message("/a", 1), inner, tag=(NTP_EPOCH + 1000) << 32))
    assert [(m.address, m.due) for m in read] == [("/a", 1000.0), ("/b", 5000.0)]
    assert parse(bundle()) == []


def test_an_immediate_bundle_is_not_due_before_the_bundle_around_it() -> None:
    read = parse(bundle(bundle(message("/a", 1), tag=1), tag=(NTP_EPOCH + 1000) << 32))
    assert [m.due for m in read] == [1000.0]
    assert [m.due for m in parse(bundle(message("/a", 1), tag=1))] == [0.0]


def test_a_bundle_of_the_library_is_read() -> None:
    builder = OscBundleBuilder(1)
    made = OscMessageBuilder("/x")
    made.add_arg(0.5)
    builder.add_content(made.build())
    assert [m.arguments for m in parse(bytes(builder.build().dgram))] == [(0.5,)]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"abc",
        b"#bundle\0" + bytes(7) + b"\1" + struct.pack(">i", -4),  # 20 bytes on which a lenient parser loops for ever
        b"#bundle\0" + bytes(4),
        b"#bundle\0" + bytes(7) + b"\1" + bytes(4),
        b"#bundle\0" + bytes(7) + b"\1" + struct.pack(">i", 400) + message("/a", 1),
        b"/ab\0,f\0\0\x3f\x80",  # a float cut off
        b"/ab\0,f\0\0",
        b"/ab\0,f\0\0\x3f\x80\0\0\0\0\0\0",  # bytes after the arguments
        b"/ab\0,c\0\0\0\0\0a",  # unknown types
        b"/ab\0,S\0\0abc\0",
        b"/ab\0,I\0\0",  # which a lenient parser drops, with a line in the log
        b"/ab\0,[f]\0\0\0\0\0\0\0\0",
        b"/ab\0,s\0\0abcd",  # not terminated
        b"/ab\0,s\0\0\xff\xfe\0\0",  # no UTF-8
        b"/ab\0,s\0\0a\0bc",  # not padded with zeros
        b"/ab\0,b\0\0\0\0\0\x7f",
        b"/ab\0,b\0\0\xff\xff\xff\xff",
        b"/ab\0",
        b"ab\0\0,i\0\0\0\0\0\1",
        b"/a b\0\0\0\0,\0\0\0",
        b"/\xe9b\0,\0\0\0",
        bundle(bundle(bundle(bundle(bundle(message("/a", 1)))))),  # too deep
        bundle(*[message("/a", 1)] * 600),
        b"/ab\0" * 20_000,
        message("/" + "?" * 1024, 1),  # longer patterns take their time
    ],
)
def test_a_packet_that_is_not_osc_is_refused_in_one_line(packet: bytes) -> None:
    with pytest.raises(ControllerError) as error:
        parse(packet)
    assert "\n" not in str(error.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_refused(packet: bytes) -> None:
    try:
        parse(packet)
    except ControllerError:
        return


@given(st.data(), st.integers(0, 60), st.integers(0, 255))
def test_a_damaged_packet_is_messages_or_refused(data: st.DataObject, at: int, value: int) -> None:
    packet = bytearray(bundle(message("/chorus/weight/x", 0.5), bundle(message("/chorus/weights", "x", 1.0, "y", 2))))
    packet[at % len(packet)] = value
    try:
        parse(bytes(packet[: data.draw(st.integers(0, len(packet)))]))
    except ControllerError:
        return


words = st.text(st.characters(min_codepoint=32, max_codepoint=126))
numbers = st.one_of(st.integers(-(2**31), 2**31 - 1), st.floats(width=32, allow_nan=False))
arguments = st.lists(st.one_of(numbers, words, st.booleans()))


@given(arguments)
def test_packets_of_the_library_are_read_back(values: list[object]) -> None:
    (read,) = parse(message("/any/address", *values))
    assert list(read.arguments) == values
