"""Skipping is exact, and a seeded text is the same whatever the timing of the machine."""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from actors import journal
from actors.coordinator import Performance
from tests.actors.ensemble import Ensemble, ensemble

SCRIPT = {  # position -> the weights from there on: styles fall silent, come back, and join late
    1: {"alpha": 1.0, "beta": 0.5},
    40: {"alpha": 0.04, "beta": 1.0},
    90: {"gamma": 1.0, "alpha": 0.06},
    91: {"gamma": 1.0},
    150: {"delta": 0.3, "alpha": 0.3, "beta": 0.3, "gamma": 0.3},
    200: {"alpha": 1.0},
    260: {"beta": 1.0, "delta": 1.0},
}
LENGTH = 320


def perform(
    performance: Performance, stop: int = LENGTH, before: Callable[[int], None] | None = None
) -> tuple[bytes, np.ndarray]:
    """Write until the tape holds `stop` characters after its opening. Returns text and every ρ."""
    rhos = []
    while (t := performance.section.tape.length) <= stop:
        if t in SCRIPT:
            performance.set_weights(SCRIPT[t])
        if before:
            before(t)
        assert performance.step(None)
        assert performance.newest is not None
        rhos.append(performance.newest.rho)
    performance.close()
    return performance.section.tape.read(1, stop + 1).tobytes(), np.array(rhos)


def test_a_skipped_style_speaks_as_if_it_had_never_been_skipped(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path / "skipping") as skipping:
        text, rhos = perform(skipping.performance())
    with ensemble(styles_folder, tmp_path / "stepping") as stepping:
        other_text, other_rhos = perform(stepping.performance(skipping=False))
    assert text == other_text
    assert np.abs(rhos - other_rhos).max() <= 1e-5


def test_a_seeded_text_does_not_depend_on_timing_or_deaths(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path / "calm") as calm:
        text, rhos = perform(calm.performance())
    with ensemble(styles_folder, tmp_path / "rough", start=False) as rough:
        dice = random.Random(1)
        starting = threading.Thread(target=rough.start, args=(2, 0, 3, 1))
        starting.start()

        def disturb(t: int) -> None:
            if dice.random() < 0.1:
                stopped = rough.processes[dice.randrange(4)]
                if stopped is not None and stopped.pid is not None:
                    os.kill(stopped.pid, signal.SIGSTOP)
                    threading.Timer(0.03, wake, (stopped.pid,)).start()
            if t == 120:
                rough.kill(0)
                rough.start(0)

        other_text, other_rhos = perform(rough.performance(), before=disturb)
        starting.join()
        time.sleep(0.1)  # let the last stopped one go on
    assert text == other_text
    assert np.array_equal(rhos, other_rhos)


def wake(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it was killed while it stood still
        os.kill(pid, signal.SIGCONT)


def test_another_seed_writes_another_text(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made:
        text, _ = perform(made.performance(journal=tmp_path / "a"), stop=60)
    with ensemble(styles_folder, tmp_path / "b") as made:
        other, _ = perform(made.performance(seed=8), stop=60)
    assert text != other


def test_the_text_after_a_coordinator_crash_continues_the_journal(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path / "whole") as whole:
        text, _ = perform(whole.performance())
    with ensemble(styles_folder, tmp_path / "cut") as cut:
        first = cut.performance()
        perform(first, stop=130)
        second = cut.performance()  # as Ray makes it again: same score, same journal, same tape
        assert second.epoch == 2
        assert second.section.tape.length == 131
        continued, _ = perform(second)
    assert continued == text


def test_a_character_that_only_the_tape_has_is_not_lost(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made:
        first = made.performance()
        perform(first, stop=50)
        text = first.section.tape.read(1, 52).tobytes()
        first.section.append(65)  # died between tape and journal
        made.performance().close()
        assert bytes(journal.read(tmp_path / "journal").text) == text[:50] + b"A"


def test_a_character_that_only_the_journal_has_is_not_lost(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made:
        first = made.performance()
        perform(first, stop=50)
        text = first.section.tape.read(1, 51).tobytes()
        first.section.tape._length[0] = 50  # died between journal and tape
        second = made.performance()
        assert second.section.tape.read(1, 51).tobytes() == text
        second.close()


def test_a_style_that_joins_late_has_read_everything(styles_folder: Path, tmp_path: Path) -> None:
    def rho_at_the_end(made: Ensemble, late: bool) -> np.ndarray:
        performance = made.performance()
        performance.set_weights({"alpha": 1.0})
        while performance.section.tape.length <= 100:
            performance.step(None)
        if late:
            made.start(1)
        performance.set_weights({"beta": 1.0})
        performance.step(None)
        performance.close()
        assert performance.newest is not None
        return performance.newest.rho

    with ensemble(styles_folder, tmp_path / "all") as everyone:
        expected = rho_at_the_end(everyone, late=False)
    with ensemble(styles_folder, tmp_path / "late", start=False) as some:
        some.start(0)
        assert np.array_equal(rho_at_the_end(some, late=True), expected)
