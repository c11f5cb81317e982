"""A session: one run of the instrument on this machine, with everything it leaves behind while it runs.

A folder for sockets, logs and Ray; a tape in shared memory; processes that carry the session's name in their
environment. `end` takes all of it away, however far the session had come and whoever had died on the way.
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from actors.wire import child
from actors.wire.endpoints import Endpoints
from deploy.session import signals

MARK = "CHORUS_SESSION"
GRACE_S = 8.0
START_PATIENCE_S = 120.0  # with an ensemble that is being started

QUIET_RAY = {
    "RAY_worker_niceness": "0",  # else every worker runs at nice 15
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_task_events_report_interval_ms": "0",  # events would grow without bound
    "RAY_ROTATION_MAX_BYTES": "10000000",  # as logs would; half a gigabyte is usual
    "RAY_ROTATION_BACKUP_COUNT": "2",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "3600",  # a node outlives a minute without the control store
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "OMP_NUM_THREADS": "1",
    # weights in large pages: a tenth faster with 24 large styles, each of which finds the processor's page table cold
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
}


@dataclass
class Session:
    """Use as a context: its end is the end of everything it started."""

    token: Path | None = None  # of the Ray cluster it joins; without one the session has its own Ray
    prefix: tuple[str, ...] = ()  # before every command line: `ip netns exec HOST`, to start everything on another host
    name: str = field(default_factory=lambda: f"chorus-{secrets.token_hex(4)}")
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    logs: dict[int, str] = field(default_factory=dict)  # by process id: whose log it is

    @property
    def folder(self) -> Path:
        return Path("/tmp") / self.name  # Ray's sockets need a short path

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints.local(self.folder)

    def __enter__(self) -> "Session":
        try:
            self.folder.mkdir(mode=0o700)
            (self.folder / "ray-token").write_text(secrets.token_hex(32))
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def environment(self) -> dict[str, str]:
        """Environment of every process of the session; Ray's token is the session's own, or the cluster's."""
        where = self.token or self.folder / "ray-token"
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(where)}
        return QUIET_RAY | token | {MARK: self.name}

    def start(self, module: str, config: Any, name: str = "") -> "subprocess.Popen[bytes]":
        """Run `python -m module` in the background, with `config` on its standard input (`actors.wire.child`).

        The input stays open: its end tells the process that this one is gone. Its output goes to the session's log of that
        name (default: the module's).
        """
        log = (self.folder / f"{name or module}.log").open("ab")
        process = subprocess.Popen(
            # -P: a folder called models, where the user stands, is not ours; the module stays last: it names the process
            [*self.prefix, sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is for the foreground process alone
            env=os.environ | self.environment,
        )
        log.close()
        self.started.append(process)
        self.logs[process.pid] = name or module
        assert process.stdin is not None
        process.stdin.write(child.encode(config))
        process.stdin.flush()
        return process

    def log(self, name: str) -> str:
        """The end of the log of a module, or of a process that was started under that name."""
        try:
            return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:].strip()
        except OSError:
            return ""

    def end(self) -> None:
        """Ask everything to end, then end it, then take away folder and shared memory. Not to be interrupted."""
        with signals.uninterrupted():
            for process in self.started:
                if process.stdin is not None:
                    with contextlib.suppress(OSError):
                        process.stdin.close()
            until = time.monotonic() + GRACE_S
            for process in self.started:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, until - time.monotonic()))
            clear(self.name)


def clear(name: str) -> None:
    """End every process of a session, and take its folder and shared memory away. Safe to call again."""
    for _ in range(50):
        left = [p for p in psutil.process_iter() if p.pid != os.getpid() and _marked(p, name)]
        if not left:
            break
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=0.2)
    from actors.section import tape

    tape.remove(name)
    shutil.rmtree(Path("/tmp") / name, ignore_errors=True)


def _marked(process: psutil.Process, name: str) -> bool:
    try:
        return bool(process.environ().get(MARK) == name and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, OSError):
        return False
