"""`chorus node`: makes this machine one of a small cluster, on which `chorus play --address` then places styles.

It is `ray start` with the settings that an instrument needs, and it ends with its terminal or its systemd unit. All
machines share one secret, the cluster's token: the head makes it, the others get a copy of the file.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deploy import UsageError, paths
from deploy.ensemble import node
from deploy.options.settings import flag
from deploy.session import signals

SUMMARY = "make this machine a node of a small cluster"
HELP = """\
On the first machine:     chorus node --head
On every other machine, after copying the cluster's token (the head says where it is):
                          chorus node --address HEAD:6379
On the first machine:     chorus play --address HEAD:6379"""


@dataclass(frozen=True, kw_only=True)
class NodeConfig:
    head: bool = flag(False, "the first machine: the others join it")
    address: str = flag("", "join the head at this address", metavar="HOST:PORT")
    ip: str = flag("", "this machine's own address in the network of the cluster (default: Ray finds it)")
    port: int = flag(node.PORT, "where the head listens")
    label: str = flag("", "a name for --place, such as projector-room")
    cpus: int | None = flag(None, "processors that styles may use (default: all)")
    gpus: int | None = flag(None, "GPUs that styles may use (default: all; they need torch here)")
    metrics_port: int | None = flag(None, "Ray's and our metrics for Prometheus here (needs ray[default] installed)")
    token: Path = flag(paths.TOKEN, "the cluster's secret")


def run(config: NodeConfig) -> int:
    if config.head == bool(config.address):
        raise UsageError("say --head on the first machine, and --address HOST:PORT, that of the head, on the others")
    console = Console(stderr=True, highlight=False)
    if config.head:
        node.make_token(config.token)
    elif not config.token.is_file():
        raise UsageError(f"the cluster's token is missing: copy {config.token} from the head to the same place here")
    node.sweep()
    folder = Path(tempfile.mkdtemp(prefix="chorus-node-", dir="/tmp"))  # Ray's sockets need a short path
    environment = os.environ | node.environment(config.token)
    signals.interruptible()
    process: subprocess.Popen[bytes] | None = None
    try:
        with (folder / "start.log").open("wb") as log:
            line = command(config, folder)
            process = subprocess.Popen(line, stdout=log, stderr=log, env=environment, start_new_session=True)
        console.out(f"the head listens at port {config.port}" if config.head else "this machine is a node until Ctrl-C")
        code = process.wait()
        last = (folder / "start.log").read_text(errors="replace").strip().splitlines()[-3:]
        console.print("\n".join(last), markup=False)
        return code
    finally:
        with signals.uninterrupted():
            if process is not None:
                node.end(process)
            node.sweep()
            shutil.rmtree(folder, ignore_errors=True)


def command(config: NodeConfig, folder: Path) -> list[str]:
    """The command line of Ray."""
    words = [str(Path(sys.executable).parent / "ray"), "start", "--block", "--disable-usage-stats"]
    words += [f"--object-store-memory={node.OBJECT_STORE_BYTES}", f"--temp-dir={folder}"]
    words += ["--head", f"--port={config.port}", "--include-dashboard=false"] if config.head else []
    words += [f"--address={config.address}"] if config.address else []
    words += [f"--node-ip-address={config.ip}"] if config.ip else []
    words += [f"--num-cpus={config.cpus}"] if config.cpus else []
    words += [f"--num-gpus={config.gpus}"] if config.gpus is not None else []
    words += [f"--metrics-export-port={config.metrics_port}"] if config.metrics_port else []
    return words + (["--labels", f"chorus={config.label}"] if config.label else [])
