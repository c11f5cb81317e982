"""`chorus node`: makes this machine one of a small cluster, on which `chorus play --address` then places styles.

It is `ray start` with the settings that an instrument needs, and it ends with its terminal or its systemd unit. All
machines share one secret, the cluster's token: the head makes it, the others get a copy of the file.
"""

import argparse
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import posix_ipc
import psutil
from rich.console import Console

from actors.section import tape
from deploy import UsageError, paths
from deploy.session.session import QUIET_RAY

PORT = 6379
OBJECT_STORE_BYTES = 80 << 20
GRACE_S = 10.0
HOLDS = ("python", "ray", "chorus")  # so the names of processes begin that may hold a tape


def add_arguments(parser: argparse.ArgumentParser) -> None:
    role = parser.add_mutually_exclusive_group(required=True)
    role.add_argument("--head", action="store_true", help="the first machine: the others join it")
    role.add_argument("--address", metavar="HOST:PORT", help="join the head at this address")
    parser.add_argument("--ip", help="this machine's own address in the network of the cluster (default: Ray finds it)")
    parser.add_argument("--port", type=int, default=PORT, help="where the head listens (default: %(default)s)")
    parser.add_argument("--label", help="a name for --place, such as projector-room")
    parser.add_argument("--cpus", type=int, help="processors that styles may use (default: all)")
    parser.add_argument("--gpus", type=int, help="GPUs that styles may use (default: all; they need torch here)")
    parser.add_argument(
        "--metrics-port", type=int, help="Ray's and our metrics for Prometheus here (needs ray[default] installed)"
    )
    parser.add_argument("--token", type=Path, default=paths.TOKEN, help="the cluster's secret (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    console = Console(stderr=True, highlight=False)
    if args.head:
        make_token(args.token)
    elif not args.token.is_file():
        raise UsageError(f"the cluster's token is missing: copy {args.token} from the head to the same place here")
    sweep()
    folder = Path(tempfile.mkdtemp(prefix="chorus-node-", dir="/tmp"))  # Ray's sockets need a short path
    command = [str(Path(sys.executable).parent / "ray"), "start", "--block", "--disable-usage-stats"]
    command += [f"--object-store-memory={OBJECT_STORE_BYTES}", f"--temp-dir={folder}"]
    command += (
        ["--head", f"--port={args.port}", "--include-dashboard=false"] if args.head else [f"--address={args.address}"]
    )
    command += [f"--node-ip-address={args.ip}"] if args.ip else []
    command += [f"--num-cpus={args.cpus}"] if args.cpus else []
    command += [f"--num-gpus={args.gpus}"] if args.gpus is not None else []
    command += [f"--metrics-export-port={args.metrics_port}"] if args.metrics_port else []
    command += ["--labels", f"chorus={args.label}"] if args.label else []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    log = (folder / "start.log").open("wb")
    process: subprocess.Popen[bytes] | None = None
    try:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | environment(args.token), start_new_session=True
        )
        console.print(
            "this machine is a node until Ctrl-C" if args.address else f"the head listens at port {args.port}"
        )
        code = process.wait()
        last = (folder / "start.log").read_text(errors="replace").strip().splitlines()[-3:]
        console.print("\n".join(last), markup=False)
        return code
    except KeyboardInterrupt:
        return 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if process is not None:
            end(process)
        sweep()
        shutil.rmtree(folder, ignore_errors=True)


def environment(token: Path) -> dict[str, str]:
    """What Ray's processes on a node need, and by which they know their cluster."""
    return QUIET_RAY | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}


def make_token(path: Path) -> None:
    """The cluster's secret, if there is none yet; readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write(secrets.token_hex(32))


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ray's start command takes its processes along when it is asked to end; what is left is of its session."""
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
