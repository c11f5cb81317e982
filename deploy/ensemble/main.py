"""The ensemble's process: starts Ray or joins a cluster, makes the actors, and follows the roster and the cluster.

It owns the actors: Ray ends them all when this process ends. It hears the coordinator like any client. When its standard
input ends, the performance is over and it takes everything down.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from dataclasses import replace

import ray
import zmq

from actors.journal.format import MonolithCard
from actors.wire.child import input_ended, read_config
from actors.wire.client import Client
from actors.wire.messages import Command, NodeIsGone
from deploy.ensemble.actor_pool import ActorPool
from deploy.ensemble.cluster import Cluster
from deploy.ensemble.config import EnsembleConfig
from deploy.ensemble.metrics import Metrics
from deploy.ensemble.package_watcher import PackageWatcher
from deploy.ensemble.placement import Moves, spread
from deploy.ensemble.ray_setup import start_ray
from deploy.session import session
from models.engines import graph
from models.monolith import package as monoliths

LISTENS_S = 0.25
LOOKS_S = 1.0


def main() -> None:
    config = read_config(EnsembleConfig)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    name = config.coordinator.tape
    pool: ActorPool | None = None
    # ONNX Runtime takes a third of a second to load for that trial: meanwhile Ray starts
    threading.Thread(target=graph.multiplies_signed, daemon=True).start()
    try:
        start_ray(name, config.address)
        pool = ActorPool(Cluster(name, str(config.engines)), config.engines)
        begin(config, pool)
        keep(config, pool)
    finally:
        with contextlib.suppress(Exception):
            if pool:
                pool.end()
            ray.shutdown()
        if os.getppid() != config.parent:
            session.clear(name)  # nobody is left to do it


def begin(config: EnsembleConfig, pool: ActorPool) -> None:
    """Complete the coordinator's configuration, and have every actor made."""
    nodes = pool.cluster.here
    monolith = monoliths.load(config.monolith) if config.monolith else None
    completed = replace(
        config.coordinator,
        nodes=spread([card.slug for card in config.coordinator.cards], nodes, config.place),
        cpus=nodes[0].cpus,
        monolith=MonolithCard(monolith.styles, monolith.content_hash()) if monolith else None,
    )
    pool.begin(completed, monolith)
    print("all actors are being made", flush=True)


def keep(config: EnsembleConfig, pool: ActorPool) -> None:
    """Follow the roster, the cluster and the watched folders until standard input ends."""
    packages, moves, metrics = PackageWatcher(config.watched), Moves(config.place), Metrics()
    looked_at = 0.0
    with contextlib.closing(Client(config.coordinator.endpoints)) as client:
        client.poller.register(sys.stdin.fileno(), zmq.POLLIN)
        while not input_ended():
            client.listen(LISTENS_S)
            if client.health is None:
                continue
            for join in packages.news(client.cards):
                client.send(join)
            try:
                pool.follow(client.health.roster)
                if time.monotonic() - looked_at > LOOKS_S:
                    looked_at = time.monotonic()
                    if client.frame:
                        metrics.tell(client.frame, client.health)
                    pool.cluster.look()
                    tell_of_nodes(client, pool.cluster, moves, looked_at)
            except (ray.exceptions.RayError, ValueError, OSError) as e:  # Ray may be ill for a while: the text is not
                print(f"{type(e).__name__}: {e}", flush=True)
            for reply in client.errors:
                print(reply.error, flush=True)
            client.errors.clear()


def tell_of_nodes(client: Client, cluster: Cluster, moves: Moves, now: float) -> None:
    """Tell the coordinator which nodes have come and gone, and which styles move."""
    health = client.health
    assert health is not None
    commands: list[Command] = [*cluster.introduce({node.section for node in health.nodes})]
    commands += [NodeIsGone(node=node.node) for node in health.nodes if node.node not in cluster.here]
    commands += moves.due(health, cluster.here, now)
    for command in commands:
        client.send(command)


if __name__ == "__main__":
    main()
