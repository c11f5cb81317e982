"""Ray on a node of a cluster: its settings, its end, and the secret by which nodes know each other."""

import contextlib
import os
import secrets
import signal
import subprocess
from pathlib import Path

import posix_ipc
import psutil

from actors.section import tape
from deploy.session.session import QUIET_RAY

PORT = 6379
OBJECT_STORE_BYTES = 80 << 20  # nothing of ours travels through it
GRACE_S = 10.0
HOLDS = ("python", "ray", "chorus")  # so the names of processes begin that may hold a tape


def environment(token: Path) -> dict[str, str]:
    """Environment of Ray's processes on a node, with the secret of their cluster."""
    return QUIET_RAY | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}


def make_token(path: Path) -> None:
    """Make the cluster's secret if there is none yet, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write(secrets.token_hex(32))


def end(process: "subprocess.Popen[bytes]") -> None:
    """End Ray's start command, which ends its processes; after some seconds, its whole session."""
    process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def sweep() -> None:
    """Take away the tapes of sections that were killed: those of other nodes' sessions that no process holds any more."""
    left = {path.name for path in Path("/dev/shm").glob("chorus-*-n*")}
    own = psutil.Process()
    for process in psutil.process_iter():
        try:
            maps = Path(f"/proc/{process.pid}/maps").read_text()
        except PermissionError:  # one of ours whose memory cannot be seen may hold any of them
            with contextlib.suppress(psutil.Error):
                if process.username() == own.username() and process.name().startswith(HOLDS):
                    return
            continue
        except (OSError, psutil.Error):
            continue
        left = {name for name in left if f"/dev/shm/{name}" not in maps}
    for name in left:
        with contextlib.suppress(posix_ipc.Error, PermissionError):  # another user's
            tape.remove(name)
