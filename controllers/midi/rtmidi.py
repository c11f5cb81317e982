"""The MIDI of this machine through python-rtmidi: ALSA, CoreMIDI or Windows. Messages are passed on as bytes.

Errors of rtmidi (its own, which are OSErrors, and SystemError) become OSError here, in one line.
"""

import re
from collections import deque
from collections.abc import Callable
from typing import Any

from controllers import ControllerError
from controllers.midi.ports import In, Out
from controllers.wakeup import Wakeup

try:
    import rtmidi  # type: ignore[import-untyped]

    MISSING = ""
except ImportError as e:  # it has wheels for some versions of Python only
    MISSING = str(e)

QUEUE = 4096  # messages between two turns
A_READ = 65536  # bytes a turn


class RtMidi:
    """The machine's own MIDI: ALSA, CoreMIDI or Windows. Raises ControllerError where there is none."""

    def __init__(self) -> None:
        if MISSING:
            raise ControllerError(
                f"there is no MIDI on this machine: python-rtmidi is missing ({MISSING}); install it, or use --tcp"
            )
        try:
            self._in, self._out = rtmidi.MidiIn(), rtmidi.MidiOut()
        except (OSError, SystemError, RuntimeError) as e:  # which of them depends on rtmidi's version
            raise ControllerError(f"there is no MIDI on this machine: {_line(e)}; use --tcp") from e

    def inputs(self) -> list[str]:
        return list(self._asked(self._in.get_ports))

    def outputs(self) -> list[str]:
        return list(self._asked(self._out.get_ports))

    def open_input(self, name: str) -> In:
        return _RtMidiIn(self._asked(rtmidi.MidiIn), self._number(self.inputs(), name))

    def open_output(self, name: str) -> Out:
        return _RtMidiOut(self._asked(rtmidi.MidiOut), self._number(self.outputs(), name))

    @staticmethod
    def _number(names: list[str], name: str) -> int:
        if name not in names:
            raise OSError(f"{name} has just gone")
        return names.index(name)

    @staticmethod
    def _asked(what: Callable[[], Any]) -> Any:
        try:
            return what()
        except (OSError, SystemError, RuntimeError) as e:
            raise OSError(_line(e)) from e


class _RtMidiIn:
    def __init__(self, port: Any, number: int) -> None:
        self._port = port
        self._came: deque[bytes] = deque(maxlen=QUEUE)
        self._wakeup = Wakeup()
        self.file = self._wakeup.file
        port.ignore_types(sysex=False, timing=False, active_sense=True)
        port.set_callback(self._hear)
        RtMidi._asked(lambda: port.open_port(number, name="Chorus in"))

    def read(self) -> bytes:
        self._wakeup.clear()  # before the look: what comes meanwhile wakes us again
        raw = bytearray()
        while len(raw) < A_READ and self._came:
            raw += self._came.popleft()
        return bytes(raw)

    def close(self) -> None:
        self._port.cancel_callback()
        self._port.delete()
        self._wakeup.close()

    def _hear(self, event: tuple[list[int], float], _: object = None) -> None:
        """Called by rtmidi's own thread."""
        self._came.append(bytes(event[0]))
        self._wakeup.wake()


class _RtMidiOut:
    def __init__(self, port: Any, number: int) -> None:
        self._port = port
        RtMidi._asked(lambda: port.open_port(number, name="Chorus out"))

    def write(self, raw: bytes) -> None:
        """Sends one message at a time: rtmidi takes no more."""
        RtMidi._asked(lambda: self._port.send_message(raw))

    def close(self) -> None:
        self._port.delete()


def _line(e: BaseException) -> str:
    return re.sub(r"\s+", " ", str(e)).strip().rstrip(".")
