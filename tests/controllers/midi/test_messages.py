"""The parser: the MIDI 1.0 rules that matter on rig, and any bytes at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.midi.messages import (
    LONGEST_SYSEX,
    ActiveSensing,
    ChannelPressure,
    Clock,
    Continue,
    ControlChange,
    Message,
    NoteOff,
    NoteOn,
    Parser,
    PitchBend,
    PolyPressure,
    ProgramChange,
    Reset,
    SongPosition,
    SongSelect,
    Start,
    Stop,
    SysEx,
    TimeCode,
    TuneRequest,
    encode,
)


def read(hexadecimal: str) -> list[Message]:
    return Parser().feed(bytes.fromhex(hexadecimal))


@pytest.mark.parametrize(
    ("raw", "messages"),
    [
        ("B0 00 7F", [ControlChange(1, 0, 127)]),
        ("BF 07 40", [ControlChange(16, 7, 64)]),
        ("B0 00 01 00 02 01 03", [ControlChange(1, 0, 1), ControlChange(1, 0, 2), ControlChange(1, 1, 3)]),
        ("B0 00 F8 0A", [Clock(), ControlChange(1, 0, 10)]),
        (
            "B0 F8 00 FE 0A FA 01 0B",
            [Clock(), ActiveSensing(), ControlChange(1, 0, 10), Start(), ControlChange(1, 1, 11)],
        ),
        ("90 3C 40 3C 00", [NoteOn(1, 60, 64), NoteOn(1, 60, 0)]),
        ("80 3C 40", [NoteOff(1, 60, 64)]),
        ("E0 00 40 7F 7F", [PitchBend(1, 8192), PitchBend(1, 16383)]),
        ("C3 05 06", [ProgramChange(4, 5), ProgramChange(4, 6)]),
        ("D0 05 A1 01 02", [ChannelPressure(1, 5), PolyPressure(2, 1, 2)]),
        ("F2 01 02 F3 04 F1 05 F6", [SongPosition(257), SongSelect(4), TimeCode(5), TuneRequest()]),
        ("F0 00 20 29 F7", [SysEx(b"\x00\x20\x29")]),
        ("F0 00 F8 29 F7", [Clock(), SysEx(b"\x00\x29")]),
        ("F0 F7", [SysEx(b"")]),
        ("FB FC FF", [Continue(), Stop(), Reset()]),
    ],
)
def test_these_bytes_are_these_messages(raw: str, messages: list[Message]) -> None:
    parser = Parser()
    assert parser.feed(bytes.fromhex(raw)) == messages
    assert parser.dropped == 0


@pytest.mark.parametrize(
    ("raw", "messages", "dropped"),
    [
        ("01 02 B0 00 01", [ControlChange(1, 0, 1)], 2),  # somebody listens from the middle on
        ("B0 00 90 3C 40", [NoteOn(1, 60, 64)], 1),  # a message cut off
        ("B0 00 01 F6 02 03", [ControlChange(1, 0, 1), TuneRequest()], 2),  # a system message ends running status
        ("B0 00 01 F0 01 F7 02 03", [ControlChange(1, 0, 1), SysEx(b"\x01")], 2),
        ("F0 01 02 B0 00 01", [ControlChange(1, 0, 1)], 3),  # SysEx cut off
        ("F0 01 F0 02 F7", [SysEx(b"\x02")], 2),
        ("F7 B0 00 01", [ControlChange(1, 0, 1)], 1),
        ("F4 01 F5 F9 FD B0 00 01", [ControlChange(1, 0, 1)], 5),  # what MIDI leaves undefined
        ("F2 01 B0 00 01", [ControlChange(1, 0, 1)], 1),
    ],
)
def test_bytes_of_no_message_are_dropped_and_counted(raw: str, messages: list[Message], dropped: int) -> None:
    parser = Parser()
    assert parser.feed(bytes.fromhex(raw)) == messages
    assert parser.dropped == dropped


def test_a_sysex_beyond_the_limit_is_dropped_and_what_follows_is_read() -> None:
    parser = Parser()
    longest = b"\xf0" + bytes(LONGEST_SYSEX) + b"\xf7"
    assert parser.feed(longest) == [SysEx(bytes(LONGEST_SYSEX))]
    for _ in range(1000):
        assert parser.feed(b"\xf0" + bytes(LONGEST_SYSEX)) == []
    assert parser.feed(bytes(1)) == []
    assert parser.dropped == 1000 * (1 + LONGEST_SYSEX) + 1
    assert parser.feed(bytes.fromhex("00 00 F7 B0 00 01")) == [ControlChange(1, 0, 1)]


channels, sevens, wides = st.integers(1, 16), st.integers(0, 127), st.integers(0, 16383)
voices = st.one_of(
    st.builds(NoteOff, channels, sevens, sevens),
    st.builds(NoteOn, channels, sevens, sevens),
    st.builds(PolyPressure, channels, sevens, sevens),
    st.builds(ControlChange, channels, sevens, sevens),
    st.builds(ProgramChange, channels, sevens),
    st.builds(ChannelPressure, channels, sevens),
    st.builds(PitchBend, channels, wides),
)
real_times = st.sampled_from([Clock(), Start(), Continue(), Stop(), ActiveSensing(), Reset()])
systems = st.one_of(
    st.builds(SysEx, st.lists(sevens, max_size=30).map(bytes)),
    st.builds(TimeCode, sevens),
    st.builds(SongPosition, wides),
    st.builds(SongSelect, sevens),
    st.just(TuneRequest()),
)
messages = st.one_of(voices, real_times, systems)


@given(st.lists(messages))
def test_every_message_that_is_encoded_is_read_back(sent: list[Message]) -> None:
    parser = Parser()
    assert parser.feed(b"".join(map(encode, sent))) == sent
    assert parser.dropped == 0


@given(st.lists(messages, max_size=10), st.data())
def test_bytes_may_be_cut_anywhere(sent: list[Message], data: st.DataObject) -> None:
    raw, parser = b"".join(map(encode, sent)), Parser()
    read: list[Message] = []
    while raw:
        cut = data.draw(st.integers(1, len(raw)))
        read += parser.feed(raw[:cut])
        raw = raw[cut:]
    assert read == sent


@given(st.lists(voices, min_size=1, max_size=20))
def test_running_status_says_the_same_with_fewer_bytes(sent: list[Message]) -> None:
    shorter, running = b"", -1
    for message in sent:
        raw = encode(message)
        shorter += raw[1:] if raw[0] == running else raw
        running = raw[0]
    assert Parser().feed(shorter) == sent


@given(st.lists(messages, max_size=10), st.lists(st.tuples(st.integers(0, 400), st.sampled_from([0xF8, 0xFA, 0xFE]))))
def test_real_time_bytes_anywhere_change_nothing_else(sent: list[Message], places: list[tuple[int, int]]) -> None:
    raw = bytearray(b"".join(map(encode, sent)))
    for place, byte in places:
        raw.insert(place % (len(raw) + 1), byte)
    read = Parser().feed(bytes(raw))
    timing = (Clock, Start, ActiveSensing)
    assert [m for m in read if not isinstance(m, timing)] == [m for m in sent if not isinstance(m, timing)]
    assert len(read) == len(sent) + len(places)


@given(st.binary(max_size=300), messages)
def test_after_any_bytes_at_all_the_next_message_is_read(noise: bytes, message: Message) -> None:
    parser = Parser()
    parser.feed(noise)
    parser.feed(b"\xf6")  # ends a SysEx that the noise may have begun
    assert parser.feed(encode(message)) == [message]


@pytest.mark.parametrize(
    "message", [ControlChange(0, 0, 0), ControlChange(17, 0, 0), NoteOn(1, 128, 0), SysEx(b"\x80")]
)
def test_numbers_out_of_midis_range_are_not_encoded(message: Message) -> None:
    with pytest.raises(ValueError, match=r"there are|carries"):
        encode(message)
