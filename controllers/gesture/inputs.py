"""The inputs of gestures: a UDP port that speaks OSC, and sensors, such as a Leap device or a camera.

A pose is a row of features. Nothing here waits.
"""

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from controllers import ControllerError
from controllers.access import Guests
from controllers.gesture.dataset import MOST_FEATURES
from controllers.gesture.messages import Control, Features, meaning
from controllers.leap.field import GRACE_S, LEAST_CONFIDENCE
from controllers.leap.frames import Frame, HandShape
from controllers.osc import packet as osc_packet
from controllers.sensor import Sensor

PACKETS_A_TURN = 256
MOST_ADDRESSES = 64
OSC_AWAY_S = 2.0  # without features this long OSC counts as away
AWAY_S = 0.5  # and a sensor

F = TypeVar("F")
Pose = tuple[float, ...]


class Poses(Protocol):
    """A source of poses."""

    @property
    def trouble(self) -> str:
        """The reason why there are none, in one line; empty when there is none."""

    @property
    def files(self) -> Sequence[int]:
        """Descriptors that can be read when there is a new one."""

    def pose(self, now: float) -> Pose:
        """The present pose; empty while there is none."""

    def close(self) -> None: ...


class Port:
    """A UDP port for controls and features; packets of strangers are only counted."""

    def __init__(self, host: str, port: int, guests: Guests) -> None:
        """Raises ControllerError when the port is taken."""
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._udp.bind((host, port))
        except OSError as e:
            self._udp.close()
            raise ControllerError(
                f"gestures cannot listen at {host}:{port} ({e.strerror}): choose another with --port and --listen"
            ) from e
        self._udp.setblocking(False)
        self.number = int(self._udp.getsockname()[1])
        self.file = self._udp.fileno()
        self._guests = guests
        self.refused = 0
        self.complaint = ""  # the reason for which the last packet was refused

    def listen(self) -> list[Features | Control]:
        """The messages that came, in order. A bundle's time is not waited for: a pose is of this moment."""
        came: list[Features | Control] = []
        for _ in range(PACKETS_A_TURN):
            try:
                packet, peer = self._udp.recvfrom(osc_packet.LARGEST + 1)
            except BlockingIOError:
                break
            except OSError:  # a peer's port was closed: the next packet is as good as ever
                continue
            if not self._guests.lets_in(peer[0]):
                self.refused += 1
                continue
            try:
                meanings = [meaning(message) for message in osc_packet.parse(packet)]
            except ControllerError as e:
                self.refused += 1
                self.complaint = str(e)
                continue
            self.complaint = ""
            came += [said for said in meanings if said is not None]
        return came

    def send(self, packet: bytes, peer: tuple[str, int]) -> None:
        """Sends a packet, which may be lost, as OSC allows."""
        try:
            self._udp.sendto(packet, peer)
        except OSError:  # no one is there, or the buffer is full
            return

    def close(self) -> None:
        self._udp.close()


class OscPoses:
    """The newest numbers of every address, the addresses in the order of their names."""

    files: Sequence[int] = ()  # those of the port

    def __init__(self, port: int) -> None:
        self._waiting = f"no features have come yet: send OSC floats to UDP port {port}, /wek/inputs for instance"
        self.trouble = self._waiting
        self._heard: dict[str, Pose] = {}
        self._heard_at = 0.0

    def take(self, features: Features, now: float) -> None:
        if features.address not in self._heard and len(self._heard) >= MOST_ADDRESSES:
            self.trouble = f"features come from more than {MOST_ADDRESSES} addresses: use one, then forget"
            return
        self._heard[features.address], self._heard_at = features.values, now
        self.trouble = ""

    def forget(self) -> None:
        """Forgets all addresses, so that those heard by mistake no longer count."""
        self._heard.clear()
        self.trouble = self._waiting

    def pose(self, now: float) -> Pose:
        if not self._heard or now - self._heard_at > OSC_AWAY_S:
            return ()
        pose = tuple(value for address in sorted(self._heard) for value in self._heard[address])
        if len(pose) > MOST_FEATURES:
            self.trouble = (
                f"a pose has at most {MOST_FEATURES} features, these are {len(pose)}: send fewer, then forget"
            )
            return ()
        return pose

    def close(self) -> None:
        """Nothing is open."""


class Parts:
    """A body seen part by part, and not always all of it. A part that is away is all zeros.

    For a moment it keeps its features; the last part keeps them until it counts as away too.
    """

    def __init__(self, widths: Mapping[str, int]) -> None:
        """`widths`: the number of features of each part, in their order."""
        self._widths = widths
        self._seen: dict[str, tuple[Pose, float]] = {}  # features, and when they were seen

    def see(self, part: str, features: Pose, now: float) -> None:
        self._seen[part] = features, now

    def pose(self, now: float) -> Pose:
        ago = {part: now - seen_at for part, (_, seen_at) in self._seen.items()}
        if min(ago.values(), default=AWAY_S) >= AWAY_S:
            return ()
        only = min(ago, key=lambda part: ago[part])
        there = {part: self._seen[part][0] for part in ago if ago[part] <= GRACE_S or part == only}
        return tuple(feature for part, width in self._widths.items() for feature in there.get(part, (0.0,) * width))


class SensorPoses:
    """The parts that a sensor's frames show: `parts_of` gives those of a frame, with their features."""

    def __init__(
        self, source: Sensor[F], widths: Mapping[str, int], parts_of: Callable[[F], Iterable[tuple[str, Pose]]]
    ) -> None:
        self._parts = Parts(widths)
        self._newest: Callable[[], list[tuple[str, Pose]]] = lambda: [
            part for frame in source.newest() for part in parts_of(frame)
        ]
        self._source: Sensor[Any] = source
        source.start()

    @property
    def trouble(self) -> str:
        return self._source.trouble

    @property
    def files(self) -> Sequence[int]:
        return [self._source.file]

    def pose(self, now: float) -> Pose:
        for part, features in self._newest():
            self._parts.see(part, features, now)
        return self._parts.pose(now)

    def close(self) -> None:
        self._source.close()


def leap_poses(source: Sensor[Frame]) -> SensorPoses:
    """Poses of the left hand, then the right: x, y, z of the palm in mm, grab, pinch."""
    return SensorPoses(source, {"left": 5, "right": 5}, _leap_parts)


def _leap_parts(frame: Frame) -> Iterator[tuple[str, Pose]]:
    for hand in frame.hands:
        if hand.confidence >= LEAST_CONFIDENCE:
            yield "right" if hand.right else "left", features(hand)


def features(hand: HandShape) -> Pose:
    return (*hand.palm_mm, hand.grab, hand.pinch)
