"""However a test ends, nothing it started goes on."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.support import running


@pytest.fixture(autouse=True)
def everything_ends() -> Iterator[None]:
    yield
    while running.started:
        process = running.started.pop()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired, ValueError):
                process.communicate(timeout=60)
