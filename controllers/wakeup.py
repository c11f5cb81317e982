"""A wakeup that a thread rings so that whoever waits for file descriptors wakes up: for devices whose library has threads."""

import contextlib
import os


class Wakeup:
    """Rung from any thread; `file` can be read from then until it is `hushed`."""

    def __init__(self) -> None:
        self.file, self._write_end = os.pipe()
        os.set_blocking(self.file, False)
        os.set_blocking(self._write_end, False)

    def wake(self) -> None:
        with contextlib.suppress(OSError):  # it rings already, or is closed
            os.write(self._write_end, b"!")

    def clear(self) -> None:
        with contextlib.suppress(OSError):
            os.read(self.file, 65536)

    def close(self) -> None:
        """Not to be rung any more: the number may be another file's by then."""
        for end in (self.file, self._write_end):
            with contextlib.suppress(OSError):
                os.close(end)
