"""A wakeup wakes who waits for it, from any thread, and never more than that."""

import select
import threading

from controllers.wakeup import Wakeup


def _is_woken(wakeup: Wakeup, patience_s: float = 0.0) -> bool:
    return bool(select.select([wakeup.file], [], [], patience_s)[0])


def test_it_wakes_a_waiting_thread_until_it_is_cleared() -> None:
    wakeup = Wakeup()
    assert not _is_woken(wakeup)
    threading.Timer(0.05, wakeup.wake).start()
    assert _is_woken(wakeup, 5.0)
    wakeup.clear()
    assert not _is_woken(wakeup)
    wakeup.close()


def test_waking_without_end_neither_blocks_nor_fails() -> None:
    wakeup = Wakeup()
    for _ in range(100_000):  # more than a pipe holds
        wakeup.wake()
    wakeup.clear()
    assert not _is_woken(wakeup)
    wakeup.close()
