"""Who comes from another machine shows a key; without it nothing is heard and nothing obeyed."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors import EnsembleError
from actors.coordinator.desk import COMMANDS_A_SECOND, Desk
from actors.wire import codec, keys, messages
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints, Public
from actors.wire.messages import GetSnapshot, NodeIsGone, NodeIsHere, Reply, SetRate, SetWeights, Snapshot
from tests.actors.coordinator.test_loop import playing
from tests.actors.wire.test_messages import frame
from tests.support.ensemble import ensemble, until


@pytest.fixture
def public(tmp_path: Path) -> Public:
    while True:
        with socket.socket() as one, socket.socket() as two, contextlib.suppress(OSError, OverflowError):
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            two.bind(("127.0.0.1", port + 1))
            break
    return Public("127.0.0.1", port, tmp_path / "keys")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Answering:
    """A desk that publishes, and answers every command, in a thread."""

    def __init__(self, folder: Path, public: Public | None) -> None:
        self.local = Endpoints.local(folder)
        self.desk = Desk(self.local, public)
        self.heard: list[messages.Command] = []
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while not self.ends.is_set():
            self.desk.publish(frame())
            for sender, raw in self.desk.commands(0.005):
                command = codec.decode_command(raw)
                self.heard.append(command)
                snapshot = Snapshot(epoch=1, t=1, chars=b"", voices=b"", styles=["x", "y"], cards=[], ended=False)
                self.desk.answer(sender, snapshot if isinstance(command, GetSnapshot) else Reply(ref=command.ref))

    def close(self) -> None:
        self.ends.set()
        self.thread.join()
        self.desk.close()


@pytest.fixture
def desk(tmp_path: Path, public: Public) -> Iterator[Answering]:
    keys.new(public.keys, "projector", tmp_path / "projector.key")
    made = Answering(tmp_path, public)
    yield made
    made.close()


def hears(client: Client, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        client.listen(0.02)
        if client.frame is not None:
            return True
    return False


def test_a_client_with_its_key_hears_and_is_obeyed(desk: Answering, public: Public, tmp_path: Path) -> None:
    client = Client(public.endpoints(tmp_path / "projector.key"))
    assert hears(client, 10)
    client.send(SetRate(cps=3.0))
    until(lambda: SetRate(cps=3.0) in desk.heard)
    client.close()


def test_clients_of_this_machine_need_no_key(desk: Answering) -> None:
    client = Client(desk.local)
    assert hears(client, 10)
    client.close()


def test_a_client_from_outside_cannot_introduce_nodes(styles_folder: Path, tmp_path: Path, public: Public) -> None:
    keys.new(public.keys, "projector", tmp_path / "projector.key")
    with ensemble(styles_folder, tmp_path) as made, playing(made, public=public) as (coordinator, _):
        outside = Client(public.endpoints(tmp_path / "projector.key"))
        assert hears(outside, 10)
        for command in (NodeIsHere(node=1, host="x", section="coordinator", cpus=1.0), NodeIsGone(node=1)):
            outside.errors.clear()
            outside.send(command)
            until(lambda: bool(outside.listen(0.02)) and bool(outside.errors))
            assert "on this machine alone" in outside.errors[0].error
        outside.send(SetWeights(weights={"beta": 1.0}))
        until(lambda: bool(outside.listen(0.02)) and outside.frame.pi == [0.0, 1.0, 0.0, 0.0])
        assert coordinator.desk.trouble == ""
        outside.close()


def test_when_the_network_is_down_the_desk_of_this_machine_goes_on(tmp_path: Path, public: Public) -> None:
    keys.new(public.keys, "projector", tmp_path / "projector.key")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", public.port))
        taken.listen()
        made = Answering(tmp_path, public)
        client = Client(made.local)
        assert hears(client, 10)
        assert "nobody is let in" in made.desk.trouble
    until(lambda: made.desk.trouble == "")
    outside = Client(public.endpoints(tmp_path / "projector.key"))
    assert hears(outside, 10)
    outside.close()
    client.close()
    made.close()


def test_without_a_key_or_with_another_one_nothing_is_heard(desk: Answering, public: Public, tmp_path: Path) -> None:
    keys.new(tmp_path / "others", "stranger", tmp_path / "stranger.key")
    stolen = keys.read(tmp_path / "stranger.key")
    (tmp_path / "half.key").write_text(
        f'public = "{stolen.own.public}"\nsecret = "{stolen.own.secret}"\nserver = "{keys.server(public.keys).public}"\n'
    )
    outside = public.endpoints(tmp_path / "stranger.key")
    nowhere = Public("127.0.0.1", _free_port(), public.keys).endpoints(tmp_path / "projector.key")
    for endpoints, says in (
        (outside, "not the ensemble that this key was made for"),
        (public.endpoints(tmp_path / "half.key"), "this key is not known there"),
        (nowhere, "nobody answers there"),
        (Endpoints(outside.frames, outside.desk), ""),
    ):
        client = Client(endpoints)
        client.send(SetRate(cps=9.0))
        assert not hears(client, 0.7)
        assert says in client.trouble
        client.close()
    assert not any(isinstance(command, SetRate) for command in desk.heard)


def test_a_key_that_is_revoked_is_worth_nothing_at_once(desk: Answering, public: Public, tmp_path: Path) -> None:
    keys.new(public.keys, "phone", tmp_path / "phone.key")
    phone = Client(public.endpoints(tmp_path / "phone.key"))
    projector = Client(public.endpoints(tmp_path / "projector.key"))
    assert hears(phone, 10)
    assert hears(projector, 10)
    keys.revoke(public.keys, "phone")
    time.sleep(2.0)
    for _ in range(50):  # what had come before
        phone.listen(0.01)
        projector.listen(0.01)
    phone.frame = projector.frame = None
    assert not hears(phone, 1.0)
    assert hears(projector, 10)
    desk.heard.clear()
    phone.send(SetRate(cps=1.0))
    time.sleep(0.5)
    assert SetRate(cps=1.0) not in desk.heard
    phone.close()
    projector.close()


def test_a_client_that_floods_is_held_back_and_told(desk: Answering) -> None:
    client = Client(desk.local)
    assert hears(client, 10)
    end = time.monotonic() + 20
    while not client.errors and time.monotonic() < end:
        for number in range(60):
            client.send(SetRate(cps=float(number)))
        client.listen(0.005)
    assert "commands a second" in client.errors[0].error
    assert len(desk.heard) < 2 * COMMANDS_A_SECOND * (1 + time.monotonic() - end + 20)
    time.sleep(1.0)
    client.send(SetRate(cps=0.5))
    until(lambda: SetRate(cps=0.5) in desk.heard)
    client.close()


@pytest.mark.parametrize("content", ["", "public = 3", 'public = "short"', "\x00", 'secret = "x"'])
def test_a_file_that_is_not_a_key_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.key").write_text(content)
    with pytest.raises(EnsembleError, match="key") as refusal:
        Client(Endpoints("tcp://127.0.0.1:1", "tcp://127.0.0.1:2", str(tmp_path / "bad.key")))
    assert "\n" not in str(refusal.value)


def test_a_key_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    keys.new(tmp_path / "keys", "projector", tmp_path / "out.key")
    assert (tmp_path / "out.key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "keys" / "server.toml").stat().st_mode & 0o077 == 0
    assert "secret" not in (tmp_path / "keys" / "clients" / "projector.toml").read_text()
    with pytest.raises(EnsembleError, match="cannot write the key"):
        keys.new(tmp_path / "keys", "other", tmp_path / "out.key")
    assert list(keys.clients(tmp_path / "keys").values()) == ["projector"]
    for name in ("projector", "../up", "", "Mara"):
        with pytest.raises(EnsembleError):
            keys.new(tmp_path / "keys", name, tmp_path / "new.key")
    with pytest.raises(EnsembleError, match="there are: projector"):
        keys.revoke(tmp_path / "keys", "nobody")
