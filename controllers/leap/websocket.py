"""Frames from the Leap service's WebSocket, protocol v6: of old services, and of UltraleapTrackingWebSocket.

`controllers.leap.leapc` is the other sensor.
"""

import time

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from controllers import ControllerError
from controllers.leap import frames as leap_frames
from controllers.leap.frames import DeviceEvent, Frame
from controllers.sensor import PATIENCE_S, Sensor

QUIET_S, SILENT_S = 2.0, 10.0  # without a frame: it is shown as trouble; it connects again
OPEN_S = 3.0
LARGEST = 1 << 22  # bytes; a larger message ends the connection, one above leap_frames.LARGEST is only refused
ASK = ('{"background":true}', '{"focused":true}')  # to the byte: UltraleapTrackingWebSocket compares strings

HOW_TO = (
    "start the Ultraleap tracking service and, for Gemini or later (v5+), UltraleapTrackingWebSocket "
    "(github.com/ultraleap/UltraleapTrackingWebSocket), which offers it as a WebSocket; "
    "or install the bindings, see `chorus control leap --help`"
)


class WebSocket(Sensor[Frame]):
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
                ping_interval=None,  # missing frames show silence
                compression=None,
                proxy=None,
                max_size=LARGEST,
            ) as connection:
                for request in ASK:
                    connection.send(request)
                self._follow(connection)
        except (OSError, WebSocketException, ValueError) as e:  # ValueError: an invalid host
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
