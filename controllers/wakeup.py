"""A bell that a thread rings so that whoever waits for file descriptors wakes up: for devices whose library has threads."""

import contextlib
import os


class Bell:
    """Rung from any thread; `file` can be read from then until it is `hushed`."""

    def __init__(self) -> None:
        self.file, self._rope = os.pipe()
        os.set_blocking(self.file, False)
        os.set_blocking(self._rope, False)

    def ring(self) -> None:
        with contextlib.suppress(OSError):  # it rings already, or is closed
            os.write(self._rope, b"!")

    def hush(self) -> None:
        with contextlib.suppress(OSError):
            os.read(self.file, 65536)

    def close(self) -> None:
        """Not to be rung any more: the number may be another file's by then."""
        for end in (self.file, self._rope):
            with contextlib.suppress(OSError):
                os.close(end)
