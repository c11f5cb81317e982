"""The ensemble's process: starts Ray on this machine, places one actor a style and the coordinator, and waits.

It owns nothing that plays: the actors are named and detached, Ray starts them again when they die, and their state is on
the tape and in the journal. When its standard input ends, the performance is over and it takes everything down.
"""

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import ray

from actors.coordinator import Coordinator, Score
from actors.style import Style
from actors.wire import Card, Endpoints
from deploy import session
from models import ModelsError, package
from models.engines import graph

NAMESPACE = "chorus"
ADDRESS = "ray-address"  # file in the session's folder: where this Ray is to be reached
OBJECT_STORE_BYTES = 80 << 20  # nothing of ours travels through it


def main() -> None:
    told = json.loads(sys.stdin.readline())
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    name = str(told["session"])
    folder = Path("/tmp") / name
    try:
        start(told, folder)
        for line in sys.stdin:  # nothing is expected: the end of it is
            print("unexpected:", line, flush=True)
    finally:
        with contextlib.suppress(Exception):
            stop(told["styles"])
        if os.getppid() != told["parent"]:
            session.clear(name)  # nobody is left to do it


def start(told: dict[str, Any], folder: Path) -> None:
    """Bring up Ray and every actor; returns as soon as they are being made."""
    print("starting Ray", flush=True)
    ray.init(
        namespace=NAMESPACE,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=OBJECT_STORE_BYTES,
        _temp_dir=str(folder / "ray"),
        _node_ip_address="127.0.0.1",  # Ray would listen at the machine's own address
    )
    (folder / ADDRESS).write_text(ray.get_runtime_context().gcs_address)
    styles = [package.load(Path(where)) for where in told["styles"]]
    score = Score(
        tape=told["session"],
        endpoints=Endpoints(**told["endpoints"]),
        cards=[Card(style.slug, style.title, style.colour, digest(style)) for style in styles],
        journal=Path(told["journal"]),
        **told["score"],
    )
    forever: dict[str, Any] = {"lifetime": "detached", "max_restarts": -1, "num_cpus": 0}
    ray.remote(Coordinator).options(name="coordinator", **forever).remote(score)
    # Ray starts as many processes at a time as there are processors: those that are to speak come first
    for slot, style in sorted(enumerate(styles), key=lambda seat: score.mix.get(seat[1].slug, 0) == 0):
        path, unplayable = "", ""
        try:
            path = str(graph.cached(style, Path(told["engines"]) if told["engines"] else graph.CACHE))
        except ModelsError as e:  # the others play; the screen says why this one does not
            unplayable = str(e)
        ray.remote(Style).options(name=style.slug, **forever).remote(told["session"], slot, path, unplayable)
    print("all actors are being made", flush=True)


def digest(style: package.Style) -> str:
    """Names the weights of a style in the journal; empty when they cannot be read."""
    try:
        return style.content_hash()
    except ModelsError:
        return ""


def stop(folders: list[str]) -> None:
    """End every actor for good, then Ray."""
    for name in ("coordinator", *(package.load(Path(where)).slug for where in folders)):
        with contextlib.suppress(ValueError):
            ray.kill(ray.get_actor(name, namespace=NAMESPACE), no_restart=True)
    ray.shutdown()


if __name__ == "__main__":
    main()
