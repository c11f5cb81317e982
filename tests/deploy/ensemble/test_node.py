"""Tapes that nobody holds any more are taken away, and no others."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from actors.section import tape
from actors.section.tape import Tape
from deploy.ensemble import node


@pytest.fixture
def name() -> Iterator[str]:
    made = f"chorus-{secrets.token_hex(4)}-n2"
    yield made
    tape.remove(made)


def there(name: str) -> bool:
    return Path("/dev/shm", name).exists()


def test_a_tape_that_a_process_holds_stays(name: str) -> None:
    held = Tape.create(name)
    node.sweep()
    assert there(held.name)


def left_behind(name: str) -> None:

    subprocess.run([sys.executable, "-c", f"from actors.section.tape import Tape; Tape.create({name!r})"], check=True)
    assert there(name)


def test_a_tape_whose_section_is_gone_is_swept_with_its_semaphores(name: str) -> None:
    left_behind(name)
    node.sweep()
    assert not there(name)
    assert not list(Path("/dev/shm").glob(f"sem.{name}.*"))


@pytest.mark.parametrize(("hidden", "stays"), [("init", False), ("ray::StyleActor", True), ("python3", True)])
def test_one_of_ours_that_cannot_be_looked_into_may_hold_it_and_a_stranger_not(
    name: str, hidden: str, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(name)
    read = Path.read_text

    class Hidden:
        pid = 1

        def username(self) -> str:
            return str(psutil.Process().username())

        def name(self) -> str:
            return hidden

    def refused(path: Path, *more: Any, **and_more: Any) -> str:
        if path == Path("/proc/1/maps"):
            raise PermissionError
        return read(path, *more, **and_more)

    monkeypatch.setattr(Path, "read_text", refused)
    monkeypatch.setattr(psutil, "process_iter", lambda: [Hidden()])
    node.sweep()
    assert there(name) == stays
