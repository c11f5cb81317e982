"""Where frames come from: a thread that listens to the Leap service, so that nobody else has to wait for it.

`Source` keeps the newest frames, says what is wrong while something is, and tries again by itself, less and less often.
`WebSocket` speaks protocol v6, to old services and UltraleapTrackingWebSocket; the other is in `controllers.leap.bindings`.
"""

import collections
import threading
import time
from abc import ABC, abstractmethod

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from controllers import ControllerError
from controllers.bell import Bell
from controllers.leap import frames as leap_frames
from controllers.leap.frames import DeviceEvent, Frame

KEPT = 32  # frames, a quarter of a second: who asks less often plays the newest ones
FIRST_AGAIN_S, LAST_AGAIN_S = 0.25, 5.0
PATIENCE_S = 0.2  # for a message; then it is looked whether to end
QUIET_S, SILENT_S = 2.0, 10.0  # without a frame: it is said; it is connected again
OPEN_S = 3.0
LARGEST = 1 << 22  # bytes; a larger message ends the connection, one above leap_frames.LARGEST is refused alone
ASK = ('{"background":true}', '{"focused":true}')  # to the byte: UltraleapTrackingWebSocket compares strings

HOW_TO = (
    "start the Ultraleap tracking service and, for Gemini or later (v5+), UltraleapTrackingWebSocket "
    "(github.com/ultraleap/UltraleapTrackingWebSocket), which offers it as a WebSocket; "
    "or install the bindings, see `chorus control leap --help`"
)


class Source(ABC):
    """A life: made, started, asked for its `newest` frames, closed. `trouble` is empty or what is wrong, in one line."""

    def __init__(self) -> None:
        self.trouble = ""
        self.refused = 0  # messages that were damaged
        self._frames: collections.deque[Frame] = collections.deque(maxlen=KEPT)
        self._bell = Bell()
        self.file = self._bell.file  # can be read when a frame has come
        self._closing = threading.Event()
        self._again_s = FIRST_AGAIN_S
        self._thread = threading.Thread(target=self._run, name="leap", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def newest(self) -> list[Frame]:
        """The frames that came since it was asked last, oldest first; never waits."""
        self._bell.hush()
        taken: list[Frame] = []
        while self._frames:
            taken.append(self._frames.popleft())
        return taken

    def close(self) -> None:
        """Stops listening; a connection that is just being opened is left to end by itself."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(2 * PATIENCE_S)
        if not self._thread.is_alive():
            self._bell.close()

    @abstractmethod
    def _listen(self) -> None:
        """One connection from its beginning to its end. Raises ControllerError, saying why frames have stopped."""

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._listen()
            except ControllerError as e:
                self.trouble = str(e)
            self._closing.wait(self._again_s)
            self._again_s = min(LAST_AGAIN_S, 2 * self._again_s)

    def _take(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._bell.ring()
        self.trouble = ""
        self._again_s = FIRST_AGAIN_S


class WebSocket(Source):
    """The frames of the service at ws://HOST:PORT/v6.json."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.trouble = f"no Leap service has answered at {self.address} yet"

    def _listen(self) -> None:
        try:
            with connect(
                f"ws://{self.address}/v6.json",
                open_timeout=OPEN_S,
                close_timeout=PATIENCE_S,
                ping_interval=None,  # silence is noticed by the frames that do not come
                compression=None,
                proxy=None,
                max_size=LARGEST,
            ) as connection:
                for request in ASK:
                    connection.send(request)
                self._follow(connection)
        except (OSError, WebSocketException, ValueError) as e:  # ValueError: a host that is none
            reason = " ".join(str(e).split())[:120] or type(e).__name__
            raise ControllerError(f"no Leap service answers at {self.address} ({reason}): {HOW_TO}") from e

    def _follow(self, connection: ClientConnection) -> None:
        heard_at = time.monotonic()
        asleep = ""
        while not self._closing.is_set():
            try:
                said = leap_frames.read(connection.recv(PATIENCE_S))
            except TimeoutError:
                said = None
            except ControllerError as e:
                self.refused += 1
                self.trouble = f"{self.address}: {e}"
                continue
            if isinstance(said, Frame):
                heard_at = time.monotonic()
                self._take(said)
            elif isinstance(said, DeviceEvent):
                asleep = "" if said.playable else "its device is unplugged or asleep"
                self.trouble = f"the Leap service at {self.address} sends no frames: {asleep}" if asleep else ""
            silence_s = time.monotonic() - heard_at
            if silence_s > QUIET_S:
                asleep = asleep or "is the device plugged in, and not paused?"
                self.trouble = f"the Leap service at {self.address} sends no frames: {asleep}"
            if silence_s > SILENT_S:
                raise ControllerError(self.trouble)
