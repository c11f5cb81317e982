"""Processes beside an ensemble: what they say is passed on, crashes are mended, and what is hopeless is given up."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors import EnsembleError
from deploy.session import supervisor
from deploy.session.session import Session
from deploy.session.supervisor import ENSEMBLE, WINDOW, Supervisor


class Stage(Session):
    """A session whose processes run the lines that they are configured with."""

    place = Path()

    @property
    def folder(self) -> Path:
        return self.place

    def start(self, module: str, config: Any, name: str = "") -> "subprocess.Popen[bytes]":
        with (self.folder / f"{name or module}.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-c", config], stderr=log)
        self.started.append(process)
        self.logs[process.pid] = name or module
        return process


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(supervisor, "LONGEST_WAIT_S", 0.0)
    stage = Stage()
    stage.place = tmp_path
    return Supervisor(stage)


def until(looked: Supervisor, true: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not true():
        looked.look()
        assert time.monotonic() < end
        time.sleep(0.02)


SAYS = "import sys; print('{}', file=sys.stderr, flush=True); sys.exit({})"


def test_one_that_crashes_is_started_again_until_it_is_hopeless(
    looked: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    looked.start("midi", "controllers.runner", SAYS.format("no port", 1))
    until(looked, lambda: not looked.has("midi"))
    said = capsys.readouterr().err.splitlines()
    assert said.count("chorus: midi: no port") == 1
    again = "chorus: midi has ended by itself (exit code 1); it is started again"
    assert said.count(again) == supervisor.MOST_CRASHES
    assert said[-1] == "chorus: playing without midi: it ended with exit code 1"


@pytest.mark.parametrize(("code", "once"), [(2, False), (1, True), (0, False)])
def test_a_process_that_refused_its_configuration_is_not_started_again(
    code: int, once: bool, looked: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    looked.start("score", "controllers.runner", SAYS.format("why", code), once=once)
    until(looked, lambda: not looked.has("score"))
    said = capsys.readouterr().err
    assert "started again" not in said
    assert "chorus: playing without score" in said
    assert looked.session.started == []


def test_a_window_that_is_closed_stays_closed_and_one_that_crashes_is_opened_again_or_ends_it_all(
    looked: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    looked.start(WINDOW, WINDOW, SAYS.format("bye", 0))
    until(looked, lambda: not looked.has(WINDOW))
    looked.start(f"{WINDOW} 2", WINDOW, SAYS.format("no screen", 1))
    with pytest.raises(EnsembleError, match=r"the window cannot be kept open \(no screen\)"):
        until(looked, lambda: False)
    assert (looked.session.folder / f"{WINDOW} 2.log").read_text().count("no screen") == supervisor.MOST_CRASHES + 1
    assert capsys.readouterr().err == ""


def test_the_end_of_the_ensemble_is_the_end_with_its_last_word(looked: Supervisor) -> None:
    looked.session.start(ENSEMBLE, SAYS.format("no memory", 1))
    with pytest.raises(EnsembleError, match="the ensemble could not be started: no memory"):
        until(looked, lambda: False)
