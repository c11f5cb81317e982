"""A million packets, damaged in every way we know: each is followed or refused in one line, none hangs and none crashes.

The same ones every time; CHORUS_FUZZ_PACKETS=1000000 makes it a million, which takes 45 seconds.
"""

import os
import random
import signal
import struct
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType

import msgspec
import pytest

from actors.wire import codec
from controllers import ControllerError
from controllers.osc import outgoing
from controllers.osc.addresses import ADDRESSES, ERROR, Subscription, path, wishes
from controllers.osc.packet import parse
from tests.controllers.osc.test_packet import bundle, message

PACKETS = int(os.environ.get("CHORUS_FUZZ_PACKETS", "200000"))
CHUNK = 10_000
HANGS_S = 60  # a chunk takes a second or two
STYLES = ("shakespeare", "linux-c", "latex")
WORDS = (0, 1, 2, 4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC, 0x7FC00000, 0x7F800000, 0x2C660000, 0x2F000000)
TAGS = b"ifsbhdtTFNIcSrm[],\0\xff"
SIGNS = b"/*?[]{},!-#\0 a\x7f\x80\xff"

ARGUMENTS: tuple[tuple[object, ...], ...] = (
    (),
    (1,),
    (0.5,),
    (float("nan"),),
    (float("inf"),),
    (-1,),
    (2**40,),
    ("latex",),
    ("max",),
    ("latex", 0.5, "linux-c", 1),
    (1.0, 0.5, 0.0),
    ("x", 4.0, "line"),
    (90.0, "word"),
    (9001, 30),
    (True, False, None),
    (b"\0\1\2",),
)
PATTERNS = ("/chorus/weight/l*", "/chorus/{rate,temperature}", "/chorus/weight/[!a-k]*", "/chorus/*/latex", "/*", "//")
PATHS = (*(path(address, "latex") for address in ADDRESSES), *PATTERNS)
ADDRESS_PARTS = (
    *"/*?[]{},!-#aZ9",
    "",
    "",
    "latex",
    "{a,b}",
    "[!a-z]",
    "[a--z]",
    "[",
    "{",
    "{" * 5,
    "x" * 2000,
    "?" * 900,
)
VALUES = (
    0,
    1,
    -1,
    0.5,
    9001,
    2**31,
    2**40,
    float("nan"),
    float("inf"),
    -0.0,
    1e-45,
    "latex",
    "",
    "\0",
    "\n",
    "ü",
    "x" * 99,
)
SPECIFICATION = (  # the examples of OSC 1.0
    bytes.fromhex("2f6f7363696c6c61746f722f342f6672657175656e6379002c66000043dc0000"),
    bytes.fromhex("2f666f6f000000002c69697366660000000003e8ffffffff68656c6c6f0000003f9df3b640b5b22d"),
)
TRAPS = (  # on each of which some library hangs, crashes or believes what is not there
    b"#bundle\0" + bytes(7) + b"\1" + b"\xff\xff\xff\xfc",
    b"/ab\0,s\0\0\xff\xfe\0\0",
    b"/ab\0,c\0\0\0\0\0a",
    b"/ab\0,S\0\0abc\0",
    b"/ab\0,f\0\0\x3f\x80",
    b"/ab\0,f\0\0\x7f\xc0\0\0",
    b"/ab\0,t\0\0" + b"\xff" * 8,
    b"/ab\0,t\0\0" + bytes(8),
    b"/ab\0,b\0\0\x7f\xff\xff\xff",
    b"/ab\0,[f]\0\0\0\0\0\0\0\0",
    b"/chorus/rate\0\0\0\0,d\0\0" + struct.pack(">d", 1e308),
    b"/[a--b]\0,\0\0\0",
    b"/[z-a]\0\0,\0\0\0",
    bundle(message("/chorus/rate", 5), tag=2**64 - 1),
    bundle(bundle(bundle(bundle(bundle(message("/a", 1)))))),
    bundle(*[message("/a", 1)] * 40),
)


def seeds() -> list[bytes]:
    """Packets that are whole, or known to be bad; all others are made of these."""
    whole = [message(where, *arguments) for where in PATHS for arguments in ARGUMENTS]
    pairs = [bundle(*whole[k : k + 3], tag=k << 31) for k in range(0, len(whole), 9)]
    return [*whole, *pairs, bundle(*pairs[:3]), *SPECIFICATION, *TRAPS]


def made_up(dice: random.Random) -> bytes:
    """A message that is OSC to its last byte, with an address and arguments that may mean anything."""
    address = dice.choice(PATHS)
    for _ in range(int(dice.random() * 4)):
        at = 1 + int(dice.random() * len(address))
        address = address[:at] + dice.choice(ADDRESS_PARTS) + address[at + int(dice.random() * 3) :]
    return message(address, *dice.choices(VALUES, k=int(dice.random() * 5)))


def spoilt(packet: bytes, other: bytes, dice: random.Random) -> bytes:
    """The packet with one to three things wrong with it."""
    made = bytearray(packet)
    for _ in range(1 + int(dice.random() * 2.5)):
        at = int(dice.random() * (len(made) + 1))
        DAMAGE[int(dice.random() * len(DAMAGE))](made, at, other, dice)
    return bytes(made)


def _byte(made: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    made[at : at + 1] = dice.randbytes(1)


def _sign(made: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    made[at : at + 1] = bytes((dice.choice(SIGNS),))


def _tag(made: bytearray, _: int, __: bytes, dice: random.Random) -> None:
    comma = max(0, made.find(b","))
    made[comma + 1 : comma + 2] = bytes((dice.choice(TAGS),))


def _word(made: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    at &= ~3
    made[at : at + 4] = struct.pack(">I", dice.choice(WORDS))


def _cut(made: bytearray, at: int, _: bytes, __: random.Random) -> None:
    del made[at:]


def _cut_at_four(made: bytearray, at: int, _: bytes, __: random.Random) -> None:
    del made[at & ~3 :]


def _grown(made: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    made[at & ~3 : at & ~3] = dice.randbytes(4)


def _spliced(made: bytearray, at: int, other: bytes, dice: random.Random) -> None:
    made[at & ~3 :] = other[int(dice.random() * len(other)) & ~3 :]


def _wrapped(made: bytearray, _: int, other: bytes, dice: random.Random) -> None:
    made[:] = bundle(bytes(made), other, tag=dice.getrandbits(64))


def _doubled(made: bytearray, at: int, _: bytes, __: random.Random) -> None:
    made[at:at] = made[: min(at, 200)]


def _noise(made: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    made[:] = dice.randbytes(at)


DAMAGE: tuple[Callable[[bytearray, int, bytes, random.Random], None], ...] = (
    *(_byte, _byte, _sign, _sign, _tag, _tag, _word, _word),
    *(_cut, _cut_at_four, _grown, _spliced, _wrapped, _doubled, _noise),
)


def follow(packet: bytes) -> Iterator[str]:
    """The bridge's way with a packet, up to its sockets; yields the results."""
    try:
        messages = parse(packet)
    except ControllerError as e:
        check_line(str(e))
        yield "no packet"
        return
    for read in messages:
        assert read.due >= 0
        try:
            for wish in wishes(read, STYLES):
                if not isinstance(wish, Subscription):
                    codec.encode(msgspec.structs.replace(wish, ref=1, hand="osc"))
                yield "followed"
        except ControllerError as e:
            check_line(str(e))
            yield "no wish"


def check_line(line: str) -> None:
    """A refusal is one line that can be sent back."""
    assert line
    assert "\n" not in line
    outgoing.packet(ERROR, line)


@pytest.fixture
def nothing_hangs() -> Iterator[None]:
    def too_long(_: int, __: FrameType | None) -> None:
        raise AssertionError(f"{CHUNK} packets took more than {HANGS_S} s")

    before = signal.signal(signal.SIGALRM, too_long)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("packet", seeds()[-len(SPECIFICATION) - len(TRAPS) :])
def test_every_prepared_packet_is_refused_or_read(packet: bytes, nothing_hangs: None) -> None:
    signal.alarm(HANGS_S)
    with warnings.catch_warnings(action="error"):
        list(follow(packet))


@pytest.mark.slow
def test_no_damaged_packet_hangs_or_crashes_the_parser(nothing_hangs: None, caplog: pytest.LogCaptureFixture) -> None:
    whole, came, began, packet = seeds(), Counter[str](), time.perf_counter(), b""
    with warnings.catch_warnings(action="error"):
        for first in range(0, PACKETS, CHUNK):
            signal.alarm(HANGS_S)
            dice = random.Random(first)
            for _ in range(min(CHUNK, PACKETS - first)):
                packet = made_up(dice) if dice.random() < 0.4 else dice.choice(whole)
                if dice.random() < 0.7:
                    packet = spoilt(packet, dice.choice(whole), dice)
                try:
                    came.update(follow(packet))
                except Exception as e:
                    raise AssertionError(f"{packet!r} raised {e!r}") from e
    print(f"{PACKETS} packets in {time.perf_counter() - began:.1f} s: {dict(came)}")  # noqa: T201 - shown with -s
    assert not caplog.records  # what cannot be read is said to its sender, not to a log that grows
    assert all(came[what] > PACKETS / 100 for what in ("no packet", "no wish", "followed")), came
