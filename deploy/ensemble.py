"""The ensemble's process: starts Ray on this machine, makes one actor a style and the coordinator, and keeps the roster.

It owns nothing that plays: the actors are named and detached, Ray starts them again when they die, and their state is on
the tape and in the journal. It hears the coordinator like any listener: for everyone on the roster there is an actor,
for nobody else. When its standard input ends, the performance is over and it takes everything down.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ray
import zmq

from actors.coordinator import Coordinator, Score
from actors.listener import Listener, input_ended
from actors.roster import Roster, card_of
from actors.style import Style
from actors.tape import SLOTS
from actors.wire import Endpoints, Member
from deploy import session
from deploy.watching import Watched
from models import ModelsError, package
from models.engines import graph

NAMESPACE = "chorus"
ADDRESS = "ray-address"  # file in the session's folder: where this Ray is to be reached
OBJECT_STORE_BYTES = 80 << 20  # nothing of ours travels through it
FOREVER: dict[str, Any] = {"lifetime": "detached", "max_restarts": -1, "num_cpus": 0}
LISTENS_S = 0.25


def main() -> None:
    told = json.loads(sys.stdin.readline())
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    name = str(told["session"])
    actors = StyleActors(name, Path(told["engines"]) if told["engines"] else graph.CACHE)
    try:
        start(told, actors)
        keep(actors, Endpoints(**told["endpoints"]), [Path(where) for where in told["watched"]])
    finally:
        with contextlib.suppress(Exception):
            stop(actors)
        if os.getppid() != told["parent"]:
            session.clear(name)  # nobody is left to do it


def start(told: dict[str, Any], actors: "StyleActors") -> None:
    """Bring up Ray and every actor; returns as soon as they are being made."""
    print("starting Ray", flush=True)
    folder = Path("/tmp") / actors.tape
    ray.init(
        namespace=NAMESPACE,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=OBJECT_STORE_BYTES,
        _temp_dir=str(folder / "ray"),
        _node_ip_address="127.0.0.1",  # Ray would listen at the machine's own address
    )
    (folder / ADDRESS).write_text(ray.get_runtime_context().gcs_address)
    score = Score(
        tape=actors.tape,
        endpoints=Endpoints(**told["endpoints"]),
        cards=[card_of(package.load(Path(where))) for where in told["styles"]],
        journal=Path(told["journal"]),
        **told["score"],
    )
    ray.remote(Coordinator).options(name="coordinator", **FOREVER).remote(score)
    # Ray starts as many processes at a time as there are processors: those that are to speak come first
    members = Roster(score.cards, SLOTS).members.values()
    actors.follow(sorted(members, key=lambda member: score.mix.get(member.slug, 0) == 0))
    print("all actors are being made", flush=True)


def keep(actors: "StyleActors", endpoints: Endpoints, watched: list[Path]) -> None:
    """Follow the roster until standard input ends."""
    listener = Listener(endpoints)
    listener.poller.register(sys.stdin.fileno(), zmq.POLLIN)
    folders = Watched(watched)
    try:
        while not input_ended():
            listener.listen(LISTENS_S)
            if listener.health:
                actors.follow(listener.health.roster)
                for command in folders.news(listener.cards):
                    listener.send(command)
            for reply in listener.errors:
                print(reply.error, flush=True)
            listener.errors.clear()
    finally:
        listener.close()


class StyleActors:
    """One actor for each member of the roster; `tape` names the shared memory, `cache` keeps the engines."""

    def __init__(self, tape: str, cache: Path) -> None:
        self.tape, self.cache = tape, cache
        self._actors: dict[int, Any] = {}  # by ticket

    def follow(self, roster: Iterable[Member]) -> None:
        """Make an actor for everyone who has none, and end those of everyone who is gone."""
        tickets = set()
        for member in roster:
            tickets.add(member.ticket)
            if member.ticket not in self._actors:
                self._actors[member.ticket] = self._make(member)
        for ticket in self._actors.keys() - tickets:
            ray.kill(self._actors.pop(ticket), no_restart=True)

    def _make(self, member: Member) -> Any:
        path, unplayable = "", ""
        try:
            path = str(graph.cached(package.load(Path(member.card.package)), self.cache))
        except ModelsError as e:  # the others play; the screen says why this one does not
            unplayable = str(e)
        make = ray.remote(Style).options(name=f"{member.slug}.{member.ticket}", **FOREVER)
        return make.remote(self.tape, member.chair, member.ticket, path, unplayable)


def stop(actors: StyleActors) -> None:
    """End every actor for good, then Ray."""
    with contextlib.suppress(ValueError):
        ray.kill(ray.get_actor("coordinator", namespace=NAMESPACE), no_restart=True)
    actors.follow([])
    ray.shutdown()


if __name__ == "__main__":
    main()
