"""Signals of a process that has something to take down before it ends."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interruptible(*numbers: signal.Signals) -> None:
    """From now on these signals (all that end a process, if none is named) raise KeyboardInterrupt.

    SIGINT, too: a script that starts us in the background has it ignored.
    """
    for number in numbers or ENDING:
        signal.signal(number, signal.default_int_handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignores signals that end a process meanwhile; processes that are started later do not inherit that."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
