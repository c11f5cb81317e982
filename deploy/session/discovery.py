"""Finds the ensemble that is playing, on this machine or with a key on another, and asks it."""

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import zmq

from actors import EnsembleError
from actors.wire import codec, keys
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints, Public, open_socket, show_key
from actors.wire.handshake import Handshake
from actors.wire.messages import Command, GetSnapshot, Reply, Snapshot
from deploy import UsageError
from deploy.options.connection import Connection

ANSWERS_S = 5.0
TRIES_S = 1.0  # for each of several sessions: one that was killed may have left its socket


def chosen(connection: Connection) -> Endpoints:
    """Where that ensemble is. Raises EnsembleError for none, UsageError for several, or an address without a key."""
    if not connection.connect:
        return find(connection.session)
    if not connection.key:
        raise UsageError("--connect takes the key of this machine: --key FILE, made there with  chorus keys new NAME")
    keys.read(connection.key)  # what is no key is refused here
    host, port = connection.connect
    return Public(host, port, Path()).endpoints(connection.key.resolve())


def find(name: str | None = None) -> Endpoints:
    """The session of that name, or the only one that answers. Raises EnsembleError for none, UsageError for several."""
    folders = [Path("/tmp") / name] if name else sorted(Path("/tmp").glob("chorus-*"))
    found = [folder for folder in folders if _ours(folder)]
    alive = [folder for folder in found if _answers(Endpoints.local(folder))]
    if not alive:
        raise EnsembleError(
            f"no session {name} is playing here" if name else "nothing is playing here: start it with  chorus play"
        )
    if len(alive) > 1:
        raise UsageError(f"several sessions are playing: say which with --session: {', '.join(f.name for f in alive)}")
    return Endpoints.local(alive[0])


def ask(endpoints: Endpoints, command: Command, patience_s: float = ANSWERS_S) -> Reply | Snapshot:
    """Send a command, and wait for the desk's answer. Raises EnsembleError for a refusal or no answer."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    try:
        desk = open_socket(context, zmq.DEALER, 64 << 20)
        handshake = None
        if endpoints.key:
            show_key(desk, keys.read(Path(endpoints.key)))
            handshake = Handshake(desk, endpoints.desk)
        desk.connect(endpoints.desk)
        desk.send(codec.encode(command))
        until = time.monotonic() + patience_s
        while (left := until - time.monotonic()) > 0 and desk.poll(int(left * 1000) + 1):
            news = codec.decode_news(desk.recv())
            if isinstance(news, Reply) and news.error:
                raise EnsembleError(news.error)
            if isinstance(news, Reply | Snapshot):
                return news
        if handshake:
            handshake.check()
    finally:
        context.destroy(linger=0)
    raise EnsembleError("the ensemble does not answer")


@contextmanager
def heard(endpoints: Endpoints, patience_s: float = ANSWERS_S) -> Iterator[Client]:
    """A client that has heard frame and health. Raises EnsembleError when nothing is heard for some seconds."""
    with closing(Client(endpoints)) as client:
        until = time.monotonic() + patience_s
        while not (client.health and client.frame):
            client.listen(0.1)
            if time.monotonic() > until:
                raise EnsembleError(client.trouble or f"the ensemble has said nothing for {patience_s:.0f} s")
        yield client


def _ours(folder: Path) -> bool:
    try:
        return (folder / "desk").is_socket() and folder.stat().st_uid == os.getuid()
    except OSError:
        return False


def _answers(endpoints: Endpoints) -> bool:
    try:
        ask(endpoints, GetSnapshot(since=1 << 62), TRIES_S)
    except EnsembleError:
        return False
    return True
