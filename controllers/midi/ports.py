"""Ports for MIDI bytes: what a port is, and a device of this machine as one. A port never waits.

A device that is unplugged sends nothing, and its port is silent for ever. So the names of the ports are read every second,
and a port that is there again is opened again.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Protocol

from controllers.midi.learn_store import device_name

LOOK_S = 1.0


class Port(Protocol):
    """Both directions of a device. `trouble` is the reason why it is away, or empty; `plugged` counts how often it came."""

    name: str
    plugged: int

    @property
    def trouble(self) -> str: ...

    @property
    def files(self) -> Sequence[int]:
        """Descriptors that can be read when bytes have come."""

    def read(self, now: float) -> bytes:
        """The bytes since the last time."""

    def write(self, raw: bytes) -> None:
        """Sends bytes, which are lost when the device is away."""

    @property
    def busy(self) -> bool:
        """True while bytes written before have not gone out."""

    def close(self) -> None: ...


class In(Protocol):
    """An open input: bytes, message by message. `file` can be read when some have come."""

    file: int

    def read(self) -> bytes: ...

    def close(self) -> None: ...


class Out(Protocol):
    def write(self, raw: bytes) -> None: ...

    def close(self) -> None: ...


class Machine(Protocol):
    """The MIDI system of this machine: ports by name. All raise OSError when it does not answer."""

    def inputs(self) -> list[str]: ...

    def outputs(self) -> list[str]: ...

    def open_input(self, name: str) -> In: ...

    def open_output(self, name: str) -> Out: ...


class DevicePort:
    """A device of this machine, by its name; it may go and come again.

    Its output is the one of the same name, or the first whose name is `alike`.
    """

    def __init__(self, machine: Machine, port: str, alike: Callable[[str], bool] = lambda _: False) -> None:
        self._machine, self._alike = machine, alike
        self.name = device_name(port)
        self._opened = port  # its full name, which says which of two like devices is meant
        self.plugged = 0
        self.trouble = ""
        self._in: In | None = None
        self._out: Out | None = None
        self._looked_at: float | None = None

    @property
    def files(self) -> Sequence[int]:
        return [self._in.file] if self._in else []

    @property
    def busy(self) -> bool:
        return False

    def read(self, now: float) -> bytes:
        if self._looked_at is None or now - self._looked_at >= LOOK_S:
            self._looked_at = now
            self._look()
        try:
            return self._in.read() if self._in else b""
        except OSError as e:
            self._away(e)
            return b""

    def write(self, raw: bytes) -> None:
        try:
            if self._out:
                self._out.write(raw)
        except OSError as e:
            self._away(e)

    def close(self) -> None:
        for end in (self._in, self._out):
            if end:
                with contextlib.suppress(OSError):
                    end.close()
        self._in = self._out = None

    def _look(self) -> None:
        try:
            names = self._machine.inputs()
            if self._in and self._opened in names:
                return
            here = [name for name in names if device_name(name) == self.name]
            if not here:
                self._away("it is unplugged")
                return
            self.close()
            self._opened = self._opened if self._opened in here else here[0]
            self._in = self._machine.open_input(self._opened)
            self._out = self._open_output()
        except OSError as e:
            self._away(e)
            return
        self.plugged += 1
        self.trouble = ""

    def _open_output(self) -> Out | None:
        """The output, or None for a device that takes nothing."""
        names = self._machine.outputs()
        there = [name for name in names if device_name(name) == self.name] or list(filter(self._alike, names))
        return self._machine.open_output(there[0]) if there else None

    def _away(self, why: object) -> None:
        self.close()
        self.trouble = f"{self.name} is away ({why}): plug it in again"
