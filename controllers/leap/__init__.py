"""Hands over a Leap Motion device play the field of styles.

The palm pulls towards the styles it is near, its height is the temperature, a fist holds everything as it is; two hands
pull together, each as much as it is open.

The device is read through a WebSocket (port 6437): services before Gemini offer it themselves; for Gemini and later run
UltraleapTrackingWebSocket, github.com/ultraleap/UltraleapTrackingWebSocket. Or it is read through Ultraleap's own Python
bindings, if they are installed: they are on no package registry (`leap` on PyPI is an unrelated package) and are built
from source against the Ultraleap SDK: github.com/ultraleap/leapc-python-bindings
"""

import argparse
import math
from collections.abc import Sequence

from actors.wire.messages import Command
from controllers import ControllerError
from controllers.hand import Hand, Seen
from controllers.leap import leapc as leap_bindings
from controllers.leap.field import HEIGHTS, Box, LeapField
from controllers.leap.frames import Frame
from controllers.leap.leapc import LeapC
from controllers.leap.websocket import WebSocket
from controllers.sensor import Sensor

HERE = "127.0.0.1"


class LeapHand(Hand):
    """The hands over one device."""

    def __init__(self, source: Sensor[Frame], box: Box) -> None:
        self._source, self._field = source, LeapField(box)
        source.start()

    @property
    def trouble(self) -> str:
        """The reason why no hand is seen, in one line; empty when there is none. It ends when the device comes back."""
        return self._source.trouble

    @property
    def files(self) -> Sequence[int]:
        return [self._source.file]

    def play(self, now: float, seen: Seen) -> list[Command]:
        return self._field.play(self._source.newest(), now, seen)

    def close(self) -> None:
        self._source.close()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    box = Box()
    parser.add_argument(
        "--source",
        choices=("auto", "leapc", "websocket"),
        default="auto",
        help="leapc: Ultraleap's bindings; websocket: port 6437; auto: the bindings if they are installed",
    )
    add_service_arguments(parser)
    parser.add_argument("--height", choices=list(HEIGHTS), default=box.height, help="what the height of the palm sets")
    parser.add_argument(
        "--range",
        type=_positive,
        default=box.half_mm,
        metavar="MM",
        help="from the middle to each edge of the field (default %(default)g)",
    )
    parser.add_argument(
        "--min-cutoff",
        type=_positive,
        default=box.min_cutoff_hz,
        metavar="HZ",
        help="smoothing of a hand at rest: lower is calmer (default %(default)g)",
    )
    parser.add_argument(
        "--beta",
        type=_not_negative,
        default=box.beta,
        metavar="HZ",
        help="what each mm/s adds to it: higher follows fast hands sooner (default %(default)g)",
    )


def add_service_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the flags for the address of the Leap service."""
    parser.add_argument("--host", default=HERE, help="where the Leap service runs (default %(default)s)")
    parser.add_argument(
        "--ws-port", type=port, default=6437, metavar="PORT", help="its WebSocket (default %(default)s)"
    )


def make(args: argparse.Namespace) -> LeapHand:
    return LeapHand(
        source(args.source, args.host, args.ws_port), Box(args.range, args.height, args.min_cutoff, args.beta)
    )


def source(kind: str, host: str, ws_port: int) -> Sensor[Frame]:
    """The sensor of `leapc`, `websocket`, or `auto`: the bindings if they can be used. Raises ControllerError."""
    if kind == "websocket" or (kind == "auto" and host != HERE):
        return WebSocket(host, ws_port)
    try:
        return LeapC(leap_bindings.find())
    except ControllerError:
        if kind == "leapc":
            raise
        return WebSocket(host, ws_port)


def port(text: str) -> int:
    """The port number that a flag means."""
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text}")
    return int(text)


def _not_negative(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"a number of 0 or more is needed, not {text}")
    return value


def _positive(text: str) -> float:
    value = _not_negative(text)
    if value == 0:
        raise argparse.ArgumentTypeError("a number above 0 is needed")
    return value
