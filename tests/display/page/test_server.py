"""The page's server, a process of its own between real sockets: a desk that writes, and visitors of every kind."""

import asyncio
import gzip
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.asyncio import client as asynchronous
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from actors.coordinator.desk import Desk
from actors.wire import codec, messages
from actors.wire.endpoints import Endpoints
from actors.wire.messages import GetSnapshot, Health, Member, Pull, Snapshot, StyleHealth
from display.page.crowd import MOST, PER_VISITOR
from display.page.feed import LATEST
from display.page.http_access import FONT, HERE
from display.page.server import MOST_SOCKETS
from tests.actors.wire.test_messages import frame
from tests.display.page.test_feed import CARDS
from tests.display.page.test_messages import NONSENSE
from tests.support.running import free_port

LETTERS = "the sea sings over our light,\nand a hand waits. "
HEALTH_S = 0.25


class Pen:
    """A desk like a coordinator's, in a thread: writes on request, and keeps what it hears."""

    def __init__(self, folder: Path) -> None:
        self.endpoints = Endpoints.local(folder)
        self.desk = Desk(self.endpoints)
        self.text, self.admitted, self.due, self.ends, self.mute = "", 0.5, 0, False, False
        self.heard: list[messages.Command] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def write(self, characters: int) -> None:
        self.due += characters

    def pulls(self) -> list[Pull]:
        return [command for command in self.heard if isinstance(command, Pull)]

    def close(self) -> None:
        self.ends = True
        self._thread.join()
        self.desk.close()

    def _run(self) -> None:
        told_at = 0.0
        while not self.ends:
            for sender, raw in self.desk.commands(0.01):
                command = codec.decode_command(raw)
                self.heard.append(command)
                if isinstance(command, GetSnapshot):
                    self.desk.answer(sender, self._snapshot(command.since))
            if self.mute:
                continue
            self._publish(min(self.due, 400))
            if time.monotonic() - told_at > HEALTH_S:
                told_at = time.monotonic()
                styles = [StyleHealth(card.slug, "ready", 0, 0.1, 1) for card in CARDS]
                roster = [Member(card, slot_id, slot_id + 1) for slot_id, card in enumerate(CARDS)]
                self.desk.publish(
                    Health(epoch=1, pid=1, styles=styles, position=len(self.text) + 1, journal="", roster=roster)
                )

    def _publish(self, count: int) -> None:
        first = len(self.text)
        new = "".join(LETTERS[k % len(LETTERS)] for k in range(first, first + count))
        self.text, self.due = self.text + new, self.due - count
        self.desk.publish(
            frame(t=first + 1, chars=new.encode(), voices=voices(first, count), rate_cps=15.0, admitted=self.admitted)
        )

    def _snapshot(self, since: int) -> Snapshot:
        text, first = self.text[since - 1 :], since - 1
        return Snapshot(
            epoch=1,
            t=since,
            chars=text.encode(),
            voices=voices(first, len(text)),
            styles=["x", "y"],
            cards=CARDS,
            ended=False,
        )


def voices(first: int, count: int) -> bytes:
    """Every letter has another tint than the one before it."""
    return bytes(v for k in range(first, first + count) for v in (k * 64 % 256, 255 - k * 64 % 256))


class Served:
    """The server's process, and the desk behind it."""

    def __init__(self, pen: Pen, port: int, host: str = "127.0.0.1") -> None:
        self.pen, self.port = pen, port
        config = {"endpoints": asdict(pen.endpoints), "host": host, "port": port, "address": "http://chorus.example/"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "display.page.server"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(config) + "\n")
        self.process.stdin.flush()

    def wait(self) -> None:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                assert time.monotonic() < end
                assert self.process.poll() is None, self.process.communicate()
                time.sleep(0.05)

    def get(self, target: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        http_client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        http_client.request("GET", target, headers=headers)
        answer = http_client.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def end(self) -> str:
        _, complaints = self.process.communicate(timeout=15)  # closes its standard input
        assert self.process.returncode == 0
        return str(complaints)


class Reader:
    """A visitor with a page that only reads."""

    def __init__(self, served: Served, since: int = 0, of: str = "", origin: str | None = None) -> None:
        self.has, self.t, self.of, self.last, self.messages = "", since, of, dict[str, Any](), 0
        self.socket: ClientConnection = ExitStack().enter_context(
            connect(
                f"ws://127.0.0.1:{served.port}/live",
                origin=Origin(origin or f"http://127.0.0.1:{served.port}"),
                compression=None,
                max_size=None,
            )
        )
        self.say(since=since, of=of)

    def say(self, **said: object) -> None:
        self.socket.send(json.dumps(said))

    def read(self, until: Callable[[dict[str, Any]], object], patience_s: float = 20.0) -> dict[str, Any]:
        """Reads on until a message is as wanted; the text is put together as a page does."""
        end = time.monotonic() + patience_s
        while True:
            message = json.loads(self.socket.recv(timeout=max(0.01, end - time.monotonic())))
            self.messages += 1
            if message.get("anew"):
                self.has = ""
            else:
                assert message["t"] == self.t
            self.has += message["text"]
            self.t, self.of = message["t"] + len(message["text"]), message["of"]
            self.last |= message
            if until(message):
                return self.last

    def read_to(self, position: int) -> None:
        """Reads on until the text has come so far."""
        self.read(lambda _: self.t >= position)

    def reason(self) -> tuple[int, str]:
        """Reads on until it is closed; with which code, and why."""
        try:
            while True:
                self.socket.recv(timeout=20)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (0, "")


@pytest.fixture
def pen(tmp_path: Path) -> Iterator[Pen]:
    made = Pen(tmp_path)
    yield made
    made.close()


@pytest.fixture
def served(pen: Pen) -> Iterator[Served]:
    made = Served(pen, free_port(socket.SOCK_STREAM))
    try:
        made.wait()
        yield made
    finally:
        assert made.end() == ""


def test_the_page_is_served_with_headers_that_let_nothing_else_in(served: Served) -> None:
    status, headers, body = served.get("/")
    assert (status, body) == (200, (HERE / "page.html").read_bytes())
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert f"connect-src 'self' ws://127.0.0.1:{served.port} wss://127.0.0.1:{served.port}" in policy
    assert "unsafe" not in headers["content-security-policy"]
    assert "set-cookie" not in headers
    _, headers, body = served.get("/font.ttf", **{"Accept-Encoding": "gzip, br"})
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == FONT.read_bytes()
    assert b"--ground: rgb(11 12 16)" in served.get("/page.css")[2]
    for target in ("/nothing", "/../server.py", "/page.js/..", "//x/", "/%2e%2e/server.py"):
        assert served.get(target)[0] == 404
    assert served.get("/", Host="evil.example")[0] == 421
    assert served.get("/", Host="chorus.example")[0] == 200


def test_the_text_arrives_with_its_tints_and_goes_on(served: Served) -> None:
    reader = Reader(served)
    served.pen.write(500)
    update = reader.read(lambda _: len(reader.has) == 500)
    assert reader.has == served.pen.text
    assert [style[0] for style in update["styles"]] == ["X", "Y"]
    assert len(update["tints"]) > 4
    assert update["mix"] == [[0, 1.0]]
    assert update["here"] == 1


def test_a_visitor_who_comes_back_gets_exactly_the_missed_text(served: Served) -> None:
    reader = Reader(served)
    for k in range(8):
        served.pen.write(150 + 90 * k)
        reader.read_to(reader.t + 1)
        had, before = reader.has, reader.t
        reader.socket.close()
        served.pen.write(77)
        time.sleep(0.05 * k)
        reader = Reader(served, before, reader.of)
        reader.has = had
        message = reader.read(lambda _: True)
        assert "anew" not in message
    reader.read(lambda _: len(reader.has) == sum(150 + 90 * k + 77 for k in range(8)))
    assert reader.has == served.pen.text


def test_a_visitor_who_was_away_for_long_or_on_another_performance_begins_anew(served: Served) -> None:
    served.pen.write(LATEST + 1000)
    reader = Reader(served)
    reader.read(lambda _: reader.t == LATEST + 1001)
    assert reader.has[-LATEST:] == served.pen.text[-LATEST:]
    for since, of in ((5, reader.of), (LATEST + 900, "another"), (2**50, reader.of)):
        again = Reader(served, since, of)
        assert again.read(lambda _: True)["anew"]
        assert again.has == served.pen.text[-LATEST:]


def test_visitors_pull_the_mean_of_their_wishes_until_they_go(served: Served) -> None:
    readers = [Reader(served) for _ in range(2)]
    for reader, at in zip(readers, ([-0.5, 0.0], [0.5, 0.0]), strict=True):
        reader.read(lambda message: "styles" in message and message["styles"] and message.get("admitted"))
        reader.say(at=at)
    pull = last_pull(served.pen, lambda pull: len(pull.at) == 2)
    assert pull.weights["x"] == pytest.approx(0.5)
    assert pull.strength == pytest.approx(2 * PER_VISITOR)
    assert sorted(pull.at) == [(-0.5, 0.0), (0.5, 0.0)]
    readers[0].say(gone=True)
    pull = last_pull(served.pen, lambda pull: pull.at == [(0.5, 0.0)])
    assert pull.weights["y"] > 0.9
    readers[1].socket.close()
    assert last_pull(served.pen, lambda pull: not pull.at).strength == 0.0


def test_without_admission_no_visitor_pulls_and_the_desk_still_knows_the_page(served: Served) -> None:
    served.pen.admitted = 0.0
    reader = Reader(served)
    reader.read(lambda message: message.get("admitted") == 0.0)
    reader.say(at=[0.5, 0.5])
    time.sleep(2.5)
    assert 2 <= len(served.pen.pulls()) <= 8  # once a second
    assert all(pull == Pull(page="http://chorus.example/", hand="visitors") for pull in served.pen.pulls())


def last_pull(pen: Pen, true: Callable[[Pull], object]) -> Pull:
    end = time.monotonic() + 10
    while True:
        pulls = pen.pulls()
        if pulls and true(pulls[-1]):
            return pulls[-1]
        assert time.monotonic() < end, pulls[-3:]
        time.sleep(0.02)


def test_a_foreign_page_may_not_pull(served: Served) -> None:
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{served.port + 1}"):
        with pytest.raises(InvalidStatus) as refused:
            Reader(served, origin=origin)
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("raw", [*NONSENSE[:-3], b"\x00\x01", b"", '{"since": 3}', "[" * 120])
def test_nonsense_ends_its_own_connection_alone_with_a_reason(served: Served, raw: str | bytes) -> None:
    if raw == "\ud800":
        return  # no client can send it
    reader = Reader(served)
    reader.read(lambda _: True)
    reader.socket.send(raw)
    code, reason = reader.reason()
    assert code == 1008
    assert reason
    Reader(served).read(lambda _: True)


def test_a_message_that_is_too_long_or_no_websocket_ends_its_own_connection_alone(served: Served) -> None:
    other = Reader(served)
    reader = Reader(served)
    reader.socket.send("x" * 300)
    assert reader.reason()[0] == 1009
    for rubbish in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: x\r\n\r\n",
        b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
        b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
        b"\r\n\r\n\0",
    ):
        with socket.create_connection(("127.0.0.1", served.port), timeout=15) as raw:
            raw.sendall(rubbish)
            answer = raw.recv(4096)
            assert not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101"))
    served.pen.write(10)
    other.read(lambda _: len(other.has) == 10)


def test_a_flood_is_ended_and_the_others_go_on(served: Served) -> None:
    other, flood = Reader(served), Reader(served)
    with suppress(ConnectionClosed):
        for k in range(100_000):
            flood.say(at=[k % 3 / 3, 0.0])
    assert flood.reason() == (1008, "too many messages")
    served.pen.write(10)
    other.read(lambda _: len(other.has) == 10)
    assert len(served.pen.pulls()) < 100


def test_the_visitor_after_the_last_place_reads_that_it_is_full(served: Served) -> None:
    async def come() -> tuple[int, str]:
        address, origin = f"ws://127.0.0.1:{served.port}/live", Origin(f"http://127.0.0.1:{served.port}")
        here: list[asynchronous.ClientConnection] = []
        for _ in range(MOST):
            here.append(await asynchronous.connect(address, origin=origin, compression=None))
            await here[-1].send('{"since": 0}')
        late = await asynchronous.connect(address, origin=origin, compression=None)
        await late.wait_closed()
        assert json.loads(await here[0].recv())["of"]
        await asyncio.gather(*(each.close() for each in here))
        return late.close_code or 0, late.close_reason or ""

    assert asyncio.run(come()) == (1013, f"{MOST} visitors are here already: come again later")
    Reader(served).read(lambda message: message["here"] == 1)


def test_silent_sockets_do_not_keep_others_out_for_long(served: Served) -> None:
    with ExitStack() as silent:
        for _ in range(MOST_SOCKETS + 50):
            silent.enter_context(socket.create_connection(("127.0.0.1", served.port)))
        end = time.monotonic() + 30
        while True:
            try:
                Reader(served).read(lambda _: True)
                return
            except (WebSocketException, OSError, EOFError):
                assert time.monotonic() < end
                time.sleep(0.5)


@pytest.mark.slow
def test_a_visitor_who_does_not_read_delays_no_one_grows_no_buffer_and_is_closed(served: Served) -> None:
    other = Reader(served)
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", served.port))
    host = f"127.0.0.1:{served.port}"
    slow.sendall(
        f"GET /live HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    slow.sendall(b"\x81\x8c\0\0\0\0" + b'{"since": 0}')
    other.read(lambda message: message["here"] == 2)
    before, began, longest = rss(served), time.monotonic(), 0.0
    while other.last["here"] == 2:
        assert time.monotonic() - began < 60
        served.pen.write(400)
        sent_at = time.monotonic()
        other.read_to(other.t + 1)
        longest = max(longest, time.monotonic() - sent_at)
    slow.close()
    assert other.has[-2000:] == served.pen.text[: other.t - 1][-2000:]
    assert longest < 2.0
    assert rss(served) - before < 8 << 20


def rss(served: Served) -> int:
    return int(psutil.Process(served.process.pid).memory_info().rss)


def test_a_silent_desk_is_shown_and_waited_for(served: Served) -> None:
    reader = Reader(served)
    reader.read(lambda message: not message["silent"])
    served.pen.mute = True
    reader.read(lambda message: message["silent"])
    served.pen.mute = False
    served.pen.write(5)
    reader.read(lambda message: not message["silent"] and len(reader.has) == 5)


def test_it_tells_a_visitor_at_most_fifteen_times_a_second_and_rests_meanwhile(served: Served) -> None:
    reader = Reader(served)
    reader.read(lambda message: message.get("admitted"))
    process, began, before = psutil.Process(served.process.pid), time.monotonic(), reader.messages
    used = sum(process.cpu_times()[:2])
    while time.monotonic() - began < 3:
        served.pen.write(1)
        reader.read(lambda _: True)
    took = time.monotonic() - began
    assert (reader.messages - before) / took < 17
    assert (sum(process.cpu_times()[:2]) - used) / took < 0.25


def test_a_taken_port_is_an_error_in_one_line(pen: Pen) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        second = Served(pen, taken.getsockname()[1])
        _, complaint = second.process.communicate(timeout=20)
    assert second.process.returncode == 2
    assert complaint.count("\n") == 1
    assert "choose another --page" in complaint
