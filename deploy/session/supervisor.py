"""The processes beside the ensemble: OSC bridge, controllers, page and windows.

Prints what they say, and starts one that crashes again, so that a hand is never away for long.
"""

import sys
import time
from dataclasses import dataclass, field
from subprocess import Popen
from typing import Any

from actors import EnsembleError
from actors.wire.child import REFUSED
from deploy.session.session import Session

ENSEMBLE, WINDOW = "deploy.ensemble.main", "display.app"
MOST_CRASHES = 3  # one soon after the other
LONG_ENOUGH_S = 60.0
LOOK_EVERY_S = 0.1
LONGEST_WAIT_S = 5.0  # until it is started again
MOST_LINES = 100  # of one process, that are passed on


@dataclass
class _Child:
    """One process, through all its lives."""

    name: str  # as it is called here, and its log
    module: str
    config: Any
    once: bool
    process: "Popen[bytes]"
    began: float
    crashes: int = 0
    again_at: float | None = None
    read: int = 0  # bytes of its log that were passed on
    said: set[str] = field(default_factory=set)


class Supervisor:
    """Looks after the processes of one session.

    Windows are opened again at once; one that is closed by hand stays closed, and one that cannot be kept open ends it all.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._children: list[_Child] = []
        self._looked_at = 0.0

    def start(self, name: str, module: str, config: Any, once: bool = False) -> None:
        """Start a process. `once`: it could not go on where it was, so it is not started again."""
        process = self.session.start(module, config, name)
        self._children.append(_Child(name, module, config, once, process, time.monotonic()))

    def has(self, name: str) -> bool:
        """True while a process of that name runs, or is about to be started again."""
        return any(child.name == name for child in self._children)

    def look(self) -> None:
        """Look after everyone, often. Raises EnsembleError when the ensemble has ended, or a window cannot be kept open."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        for process in self.session.started:
            code = process.poll()
            if code is not None and self.session.logs[process.pid] == ENSEMBLE:
                raise EnsembleError(f"the ensemble could not be started: {self._last_line(ENSEMBLE, code)}")
        for child in list(self._children):
            self._look_after(child, now)

    def _look_after(self, child: _Child, now: float) -> None:
        if child.module != WINDOW:
            self._pass_on(child)
        code = child.process.poll()
        if code is None:
            return
        if child.again_at is None:
            self.session.started.remove(child.process)
            child.crashes = child.crashes + 1 if now - child.began < LONG_ENOUGH_S else 1
            self._ended(child, code, now)
        if child.again_at is not None and now >= child.again_at:
            child.process, child.began = self.session.start(child.module, child.config, child.name), now
            child.again_at = None

    def _ended(self, child: _Child, code: int, now: float) -> None:
        """Decide what comes after an end: nothing, another life, or the end of everything."""
        window = child.module == WINDOW
        hopeless = code == REFUSED or child.crashes > MOST_CRASHES or child.once
        if code == 0 or (hopeless and not window):
            self._children.remove(child)
            if not window:
                _say(f"playing without {child.name}" + ("" if code == REFUSED else f": it ended with exit code {code}"))
        elif hopeless:
            line = self._last_line(child.name, code)
            raise EnsembleError(f"the window cannot be kept open ({line}): play --headless needs none")
        elif window:
            child.again_at = now
        else:
            child.again_at = now + min(LONGEST_WAIT_S, 0.5 * 2**child.crashes)
            _say(f"{child.name} has ended by itself (exit code {code}); it is started again")

    def _pass_on(self, child: _Child) -> None:
        """Print new whole lines of its log, each once: a controller repeats what is wrong."""
        try:
            with (self.session.folder / f"{child.name}.log").open("rb") as log:
                log.seek(child.read)
                raw = log.read(65536)
        except OSError:
            return
        whole = raw[: raw.rfind(b"\n") + 1]
        child.read += len(whole)
        lines = whole.decode(errors="replace").splitlines()
        if any(line.startswith("Traceback") for line in lines):  # the log keeps all of it
            lines = lines[-1:]
        for line in lines:
            if line and line not in child.said and len(child.said) < MOST_LINES:
                child.said.add(line)
                _say(f"{child.name}: {line}")

    def _last_line(self, log: str, code: int) -> str:
        return (self.session.log(log).splitlines()[-1:] or [f"exit code {code}"])[0]


def _say(line: str) -> None:
    print(f"chorus: {line}", file=sys.stderr, flush=True)
