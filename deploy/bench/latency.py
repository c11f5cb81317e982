"""`chorus bench --control`: from a hand's touch to the first character drawn from the new mix, through every transport.

A real session at 50 characters a second, with its OSC bridge and a MIDI controller beside it. The time runs from when the
touch is sent until a frame arrives that holds a character drawn from the new weights. Beyond one character's period, which
nobody can be faster than, the instrument promises 20 ms.
"""

import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from pythonosc.udp_client import SimpleUDPClient
from rich.console import Console
from rich.progress import track
from rich.table import Table

from actors import EnsembleError
from actors.journal import format
from actors.journal.format import AllWeights, Character, SomeWeights
from actors.wire.messages import SetRate, SetWeights
from deploy.bench.config import BenchConfig
from deploy.bench.harness import Chorus, playing
from deploy.session import launch

RATE_CPS = 50.0
TOUCHES = 200
STYLES = 4
SETTLE_S = 0.05
STARTS_WITHIN_S = 20.0
PROMISED_MS = 20.0
WEIGHT_DIGITS = 1e-3


@dataclass(frozen=True)
class Latency:
    """Milliseconds from a touch to the character, through one transport."""

    transport: str
    median_ms: float
    p99_ms: float
    longest_ms: float

    @property
    def beyond_ms(self) -> float:
        """The 99th percentile beyond one character's period."""
        return self.p99_ms - 1000 / RATE_CPS


def measure(config: BenchConfig, console: Console) -> list[Latency]:
    """Touches in turn through ZeroMQ, OSC over UDP, and MIDI bytes over TCP."""
    with playing(STYLES, config.architecture, console) as chorus:
        ports = _free(socket.SOCK_DGRAM), _free(socket.SOCK_STREAM)
        launch.start_osc(chorus.supervisor, ports[0])
        midi = ["midi", "--tcp", str(ports[1]), "--map", "nanokontrol2", "--no-pickup"]
        launch.start_controls(chorus.supervisor, [midi])
        fader, osc = _connected(ports[1]), SimpleUDPClient("127.0.0.1", ports[0])
        chorus.client.send(SetWeights(weights=dict.fromkeys(chorus.slugs, 1.0)))
        chorus.client.send(SetRate(cps=RATE_CPS))
        slug = sorted(chorus.slugs)[0]

        def by_zeromq(value: int) -> None:
            chorus.client.send(SetWeights(weights={slug: value / 127}, replace=False, hand="bench"))

        touch: dict[str, Callable[[int], None]] = {
            "ZeroMQ": by_zeromq,
            "OSC, UDP": lambda value: osc.send_message(f"/chorus/weight/{slug}", value / 127),
            "MIDI, TCP": lambda value: fader.sendall(bytes([0xB0, 0, value])),
        }
        took: dict[str, list[float]] = {name: [] for name in touch}
        for touched, name in enumerate(track(TOUCHES * list(touch), "touching", console=console)):
            value = 20 + 37 * touched % 100  # another one than before: to wish the same is no touch
            took[name].append(_touch(chorus, slug, value, touch[name]))
        fader.close()
    return [
        Latency(name, statistics.median(ms), statistics.quantiles(ms, n=100)[98], max(ms)) for name, ms in took.items()
    ]


def _touch(chorus: Chorus, slug: str, value: int, send: Callable[[int], None]) -> float:
    """Milliseconds until a character is heard that was drawn from the weight that was sent."""
    client = chorus.client
    until = time.monotonic() + SETTLE_S + (value % 7) / 300  # not always at the same moment of a character
    while time.monotonic() < until:
        client.listen(0.001)
    lines = chorus.session.folder / "journal"
    written = lines.stat().st_size
    heard: list[tuple[int, float]] = []  # the position after the newest character, and when it came
    began = time.monotonic()
    send(value)
    while time.monotonic() - began < STARTS_WITHIN_S:
        client.listen(0.002)
        if not heard or client.position > heard[-1][0]:
            heard.append((client.position, time.monotonic()))
        drawn = _first_drawn(lines.read_bytes()[written:], slug, value / 127) if len(heard) > 1 else None
        came = [when for position, when in heard if drawn is not None and position > drawn]
        if came:
            return (came[0] - began) * 1000
    raise EnsembleError("a touch was not followed")


def _first_drawn(lines: bytes, slug: str, weight: float) -> int | None:
    """The position of the first character after the journal's line with the new weight: a frame may bring an older one."""
    moved = False
    for line in lines.splitlines(keepends=True):
        if line.endswith(b"\n"):
            match format.parse(line):
                case Character(t) if moved:
                    return t
                case AllWeights(weights) | SomeWeights(weights):
                    moved = moved or abs(weights.get(slug, -1.0) - weight) < WEIGHT_DIGITS
    return None


def _connected(port: int) -> socket.socket:
    until = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1.0)
        except OSError:
            if time.monotonic() > until:
                raise EnsembleError("the MIDI controller did not start") from None
            time.sleep(0.1)


def _free(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def table(found: list[Latency], _: BenchConfig) -> Table:
    shown = Table("from a touch to its first character", "median", "p99", "longest", "p99 beyond the period", box=None)
    for row in found:
        ms = (row.median_ms, row.p99_ms, row.longest_ms, row.beyond_ms)
        shown.add_row(row.transport, *(f"{figure:.1f} ms" for figure in ms))
    shown.caption = f"{RATE_CPS:.0f} characters a second; promised: {PROMISED_MS:.0f} ms beyond the period"
    return shown
