"""Live: deadlines, late and lost styles, stand-ins, and commands at the desk, over real sockets."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import zmq

from actors.coordinator.loop import Coordinator
from actors.wire import codec, messages
from actors.wire.client import Client
from actors.wire.messages import SetRate, SetWeights
from actors.wire.parameters import Lookahead
from tests.support.ensemble import Ensemble, ensemble, until

ALL = {"alpha": 1.0, "beta": 1.0, "gamma": 1.0, "delta": 1.0}


@contextmanager
def playing(made: Ensemble, **changes: object) -> Iterator[tuple[Coordinator, Client]]:
    """The coordinator's loop running in a thread, and a listener to it."""
    coordinator = made.coordinator(**({"exact": False, "rate_cps": 200.0, "mix": ALL} | changes))
    thread = threading.Thread(target=coordinator.run)
    thread.start()
    client = Client(coordinator.config.endpoints)
    try:
        hear(client, lambda: client.frame is not None and len(client.text) > 20)
        yield coordinator, client
    finally:
        client.close()
        coordinator.cluster.tape.stop()
        thread.join(10)
        assert not thread.is_alive()


def hear(client: Client, true: object) -> None:
    def heard() -> bool:
        client.listen(0.02)
        assert callable(true)
        return bool(true())

    until(heard)


@pytest.mark.parametrize("ahead", [Lookahead(), Lookahead(4, 4)])
def test_a_style_that_hangs_is_left_out_and_comes_back(ahead: Lookahead, styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made, playing(made, lookahead=ahead) as (coordinator, client):
        until(lambda: len(coordinator.membership.ready()) == 4)
        hear(client, lambda: client.frame.active == [0, 1, 2, 3])
        hung = made.processes[1]
        assert hung is not None
        assert hung.pid is not None
        os.kill(hung.pid, signal.SIGSTOP)
        try:
            hear(client, lambda: client.frame.active == [0, 2, 3])
            began, position = time.monotonic(), client.position
            hear(client, lambda: client.position >= position + 100)
            assert time.monotonic() - began < 3.0  # it is not waited for in every step
            hear(client, lambda: any(s.state == "late" for s in client.health.styles))
        finally:
            os.kill(hung.pid, signal.SIGCONT)
        hear(client, lambda: client.frame.active == [0, 1, 2, 3])


def test_the_text_goes_on_when_the_only_active_style_dies(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made, playing(made, mix={"alpha": 1.0}) as (coordinator, client):
        until(lambda: len(coordinator.membership.ready()) == 4)
        made.kill(0)
        position = client.position
        hear(client, lambda: client.position > position + 50)
        assert 0 not in client.frame.active
        made.start(0)
        hear(client, lambda: client.frame.active == [0])


def test_bad_weights_are_refused_and_the_last_good_ones_stay(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made, playing(made) as (_, client):
        client.send(SetWeights(weights={"alpha": 0.25, "beta": 0.75}))
        hear(client, lambda: client.frame.pi == [0.25, 0.75, 0.0, 0.0])
        bad: list[tuple[dict[str, float], str]] = [
            ({"alpha": float("nan")}, "finite"),
            ({"alpha": -1.0}, "zero or more"),
            ({"nobody": 1.0}, "no style 'nobody'"),
            ({"alpha": 0.0}, "all weights are zero"),
        ]
        for number, (weights, said) in enumerate(bad, 1):
            client.errors.clear()
            client.send(SetWeights(weights=weights, ref=number))
            hear(client, lambda: client.errors)
            assert said in client.errors[0].error
            assert client.errors[0].ref == number
        for cps in (float("nan"), -1.0, 1e-320):
            client.errors.clear()
            client.send(SetRate(cps=cps))
            hear(client, lambda: client.errors)
            assert "rate is 0" in client.errors[0].error
        assert client.frame.pi == [0.25, 0.75, 0.0, 0.0]
        client.send(SetWeights(weights={"alpha": 0.0}, replace=False))
        hear(client, lambda: client.frame.pi == [0.0, 0.75, 0.0, 0.0])


def test_garbage_at_the_desk_does_not_stop_the_text(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made, playing(made) as (coordinator, client):
        context = zmq.Context()
        stranger = context.socket(zmq.DEALER)
        stranger.connect(coordinator.config.endpoints.desk)
        for raw in (b"", b"\xff" * 100, b"\x91" * 2000, codec.encode(messages.Reply())):
            stranger.send(raw)
            assert stranger.poll(5000)
            answer = codec.decode_news(stranger.recv())
            assert isinstance(answer, messages.Reply)
            assert answer.error
        stranger.send_multipart([b"a", b"b", b"c"])
        assert stranger.poll(5000)
        stranger.close(0)
        context.term()
        position = client.position
        hear(client, lambda: client.position > position + 20)


def test_a_late_joiner_hears_the_whole_text(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made, playing(made) as (coordinator, first):
        hear(first, lambda: len(first.text) > 200)
        second = Client(coordinator.config.endpoints)
        hear(second, lambda: len(second.text) > 300)
        hear(first, lambda: len(first.text) >= len(second.text))
        assert first.text.startswith(second.text)
        assert second.voices.shape == (len(second.text), 4)
        assert np.abs(second.voices.sum(axis=1, dtype=int) - 255).max() <= 2
        second.close()


def test_a_rate_of_zero_stands_still_and_weights_are_still_heard(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made, playing(made) as (coordinator, client):
        client.send(SetRate(cps=0.0))
        hear(client, lambda: client.frame.rate_cps == 0)
        position = coordinator.cluster.tape.length
        client.send(SetWeights(weights={"delta": 1.0}))
        hear(client, lambda: client.frame.pi == [0.0, 0.0, 1.0, 0.0])  # by name: alpha, beta, delta, gamma
        assert coordinator.cluster.tape.length == position


def test_the_rate_is_kept(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path) as made, playing(made, rate_cps=50.0) as (_, client):
        began, position = time.monotonic(), client.position
        hear(client, lambda: client.position >= position + 100)
        assert 1.8 < time.monotonic() - began < 4.0


def test_silent_styles_read_along_in_idle_time(styles_folder: Path, tmp_path: Path) -> None:
    with (
        ensemble(styles_folder, tmp_path) as made,
        playing(made, mix={"alpha": 1.0}, rate_cps=60.0) as (coordinator, _),
    ):
        until(lambda: len(coordinator.membership.ready()) == 4)
        time.sleep(0.5)
        assert max(coordinator.cluster.status(slot).behind for slot in range(4)) <= 5


def test_without_a_mix_the_text_begins_with_the_first_two_that_are_ready(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path, start=False) as made:
        coordinator = made.coordinator(exact=False, mix={})
        assert not coordinator.can_begin()
        made.start(2)
        until(lambda: bool(coordinator.cluster.ready()[2]))
        assert not coordinator.can_begin()
        made.start(1)
        until(lambda: bool(coordinator.cluster.ready()[1]))
        assert coordinator.can_begin()
        assert coordinator.membership.pi[:4].tolist() == [0.0, 1.0, 1.0, 0.0]
        coordinator.close()


def test_a_package_that_cannot_be_played_is_named_and_the_others_play(styles_folder: Path, tmp_path: Path) -> None:
    with ensemble(styles_folder, tmp_path, start=False) as made:
        broken = tmp_path / "broken.onnx"
        broken.write_bytes(b"no graph")
        made.graphs[3] = str(broken)
        made.start()
        with playing(made) as (_, client):
            hear(client, lambda: any(s.state == "failed" for s in client.health.styles))
            failed = next(s for s in client.health.styles if s.state == "failed")
            assert failed.slug == made.cards[3].slug
            assert "cannot load" in failed.message
