"""A sensor: a thread that listens to a device, so that the hand itself never waits.

It keeps the newest frames, shows its trouble, and connects again by itself, less and less often.
"""

import collections
import threading
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from controllers import ControllerError
from controllers.wakeup import Wakeup

F = TypeVar("F")

KEPT = 32  # frames, a quarter of a second of a Leap; older ones are dropped
FIRST_AGAIN_S, LAST_AGAIN_S = 0.25, 5.0
PATIENCE_S = 0.2  # for a message, between two looks whether to end


class Sensor(ABC, Generic[F]):
    """Made, started, asked for its `newest` frames, closed. `trouble` is empty, or the trouble in one line."""

    def __init__(self) -> None:
        self.trouble = ""
        self.refused = 0  # messages that were damaged
        self._frames: collections.deque[F] = collections.deque(maxlen=KEPT)
        self._wakeup = Wakeup()
        self.file = self._wakeup.file  # can be read when a frame has come
        self._closing = threading.Event()
        self._again_s = FIRST_AGAIN_S
        self._thread = threading.Thread(target=self._run, name="source", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def newest(self) -> list[F]:
        """The frames since the last time, oldest first; never waits."""
        self._wakeup.clear()
        taken: list[F] = []
        while self._frames:
            taken.append(self._frames.popleft())
        return taken

    def close(self) -> None:
        """Stops listening; a connection that is just being opened ends by itself."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(2 * PATIENCE_S)
        if not self._thread.is_alive():
            self._wakeup.close()

    @abstractmethod
    def _listen(self) -> None:
        """One connection from its beginning to its end. Raises ControllerError with the reason why frames have stopped."""

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._listen()
            except ControllerError as e:
                self.trouble = str(e)
            self._closing.wait(self._again_s)
            self._again_s = min(LAST_AGAIN_S, 2 * self._again_s)

    def _take(self, frame: F) -> None:
        self._frames.append(frame)
        self._wakeup.wake()
        self.trouble = ""
        self._again_s = FIRST_AGAIN_S
