"""A wakeup: a thread wakes a reader of file descriptors. For devices whose library has threads."""

import contextlib
import os


class Wakeup:
    """`file` can be read from when any thread calls `wake` until `clear`."""

    def __init__(self) -> None:
        self.file, self._write_end = os.pipe()
        os.set_blocking(self.file, False)
        os.set_blocking(self._write_end, False)

    def wake(self) -> None:
        with contextlib.suppress(OSError):  # it is awake already, or closed
            os.write(self._write_end, b"!")

    def clear(self) -> None:
        with contextlib.suppress(OSError):
            os.read(self.file, 65536)

    def close(self) -> None:
        """Closes both ends: their numbers may be other files' from then on."""
        for end in (self.file, self._write_end):
            with contextlib.suppress(OSError):
                os.close(end)
