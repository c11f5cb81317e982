"""A bell wakes who waits for it, from any thread, and never more than that."""

import select
import threading

from controllers.wakeup import Bell


def _rings(bell: Bell, patience_s: float = 0.0) -> bool:
    return bool(select.select([bell.file], [], [], patience_s)[0])


def test_it_wakes_who_waits_in_another_thread_until_it_is_hushed() -> None:
    bell = Bell()
    assert not _rings(bell)
    threading.Timer(0.05, bell.ring).start()
    assert _rings(bell, 5.0)
    bell.hush()
    assert not _rings(bell)
    bell.close()


def test_ringing_without_end_neither_waits_nor_fails() -> None:
    bell = Bell()
    for _ in range(100_000):  # more than a pipe holds
        bell.ring()
    bell.hush()
    assert not _rings(bell)
    bell.close()
