"""What a listener holds is the coordinator's text, whatever is lost on the way."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.coordinator.desk import Desk
from actors.wire import codec, messages, transcript
from actors.wire.client import ASK_AGAIN_S, Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import GetSnapshot, Snapshot
from tests.actors.wire.test_messages import frame

TEXT = bytes(range(32, 127)) * 4
FATES = ("comes", "is lost", "comes twice", "a snapshot comes")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    made = Client(Endpoints.local(tmp_path))
    yield made
    made.close()


def voices(start: int, stop: int) -> bytes:
    return bytes(v for t in range(start, stop) for v in (t % 250, 0))


def piece(start: int, stop: int) -> messages.Frame:
    return frame(t=start, chars=TEXT[start - 1 : stop - 1], voices=voices(start, stop))


def snapshot(start: int, stop: int) -> Snapshot:
    return Snapshot(
        epoch=1,
        t=start,
        chars=TEXT[start - 1 : stop - 1],
        voices=voices(start, stop),
        styles=["x", "y"],
        cards=[],
        ended=False,
    )


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_lost_and_doubled_frames_leave_neither_gap_nor_doubling(data: st.DataObject, tmp_path: Path) -> None:
    made = Client(Endpoints.local(tmp_path))
    try:
        made._hear(snapshot(1, 1))
        at = 1
        for length, fate in data.draw(st.lists(st.tuples(st.integers(1, 20), st.sampled_from(FATES)), max_size=12)):
            stop = at + length
            if fate == "a snapshot comes":
                made._hear(snapshot(made.position, stop))
            for _ in range({"comes": 1, "comes twice": 2}.get(fate, 0)):
                made._hear(piece(at, stop))
            at = stop
            assert bytes(made.text) == TEXT[: made.position - 1]
        made._hear(snapshot(made.position, 250))
        assert bytes(made.text) == TEXT[:249]
        assert made.voices[:, 0].tolist() == [t % 250 for t in range(1, 250)]
    finally:
        made.close()


def test_old_text_is_forgotten_in_one_go(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript, "KEPT", 100)
    client._hear(snapshot(1, 2))
    for at in range(2, 300):
        client._hear(piece(at, at + 1))
    assert 100 <= len(client.text) <= 200
    assert bytes(client.text) == TEXT[client.start - 1 : 299]
    assert client.voices[:, 0].tolist() == [t % 250 for t in range(client.start, 300)]


def test_a_listener_that_was_busy_for_long_listens_on(client: Client, tmp_path: Path) -> None:
    desk = Desk(Endpoints.local(tmp_path))
    until = time.monotonic() + 6  # longer than any heartbeat of ZeroMQ would wait
    while time.monotonic() < until:
        for _ in range(200):  # more than fits into the queues between them
            desk.publish(snapshot(1, 10))
        time.sleep(0.05)
    for _ in range(100):
        client.listen(0.01)
        desk.publish(snapshot(1, 250))
    assert bytes(client.text) == TEXT[:249]
    desk.close()


def test_garbage_on_the_wire_is_counted_and_passed_over(client: Client, tmp_path: Path) -> None:
    context = zmq.Context()
    publisher = context.socket(zmq.PUB)
    publisher.bind(Endpoints.local(tmp_path).frames)
    for _ in range(100):
        publisher.send(b"\xffgarbage")
        publisher.send(codec.encode(snapshot(1, 10)))
        client.listen(0.05)
        if client.malformed and client.text:
            break
    assert client.malformed
    assert bytes(client.text) == TEXT[:9]
    publisher.close(0)
    context.term()


def test_when_styles_come_and_go_every_letter_keeps_its_author(client: Client) -> None:
    client._hear(snapshot(1, 50))
    client._hear(frame(t=50, chars=b"!", voices=bytes([7, 8, 9]), styles=["new", "y", "x"], pi=[0.0] * 3, active=[0]))
    assert client.styles == ["new", "y", "x"]
    assert client.voices[:49, 2].tolist() == [t % 250 for t in range(1, 50)]
    assert client.voices[49].tolist() == [7, 8, 9]
    client._hear(frame(t=51, chars=b"?", voices=bytes([5]), styles=["x"], pi=[1.0], active=[0]))
    assert client.voices[:, 0].tolist() == [*(t % 250 for t in range(1, 50)), 9, 5]


def test_a_client_that_waits_asks_once_until_it_hears_something(tmp_path: Path) -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    client = Client(Endpoints.local(tmp_path))
    desk = context.socket(zmq.ROUTER)
    try:
        end = time.monotonic() + 3 * ASK_AGAIN_S
        while time.monotonic() < end:
            client.listen(0.05)
        desk.bind(Endpoints.local(tmp_path).desk)
        assert desk.poll(3000)
        asked = []
        while desk.poll(300):
            asked.append(codec.decode_command(desk.recv_multipart()[1]))
        assert asked == [GetSnapshot(since=1)]
    finally:
        client.close()
        context.destroy(linger=0)
