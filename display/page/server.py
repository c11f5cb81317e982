"""The process of the page: serves its files, feeds every visitor the text, and sends the visitors' pull to the desk.


Run as `python -m display.page.server` with a `PageConfig` on standard input. It is one loop, in which only a visitor's own
task waits for that visitor. Nothing about visitors is stored.
"""

import asyncio
import contextlib
import hashlib
import logging
import socket
import sys
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from actors.wire.child import REFUSED, input_ended, read_config
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Pull
from display.page import PageError, messages
from display.page.crowd import MOST, MOST_OF_ONE_ADDRESS, Crowd, is_own
from display.page.feed import Feed
from display.page.http_access import LIVE, Answer, HttpAccess, open_socket
from display.page.messages import Since

HAND = "visitors"
TURN_S = 0.02  # between two looks at the wire, while visitors are there
IDLE_TURN_S = 0.1
FEED_S = 1 / 15  # the shortest time between two updates of a visitor
AGAIN_S = 2.0  # an update comes at least this often, so that a page knows that it is connected
PULLS_S = 0.1
PAGE_S = 1.0  # between two messages of the page's address, while nobody pulls
SILENT_S = 1.5
PATIENCE_S = 10.0  # with a visitor who reads nothing, or does not begin
FAREWELL_S = 2.0  # in which a refused visitor may read the reason
WRITE_LIMIT = 16 << 10
MOST_SOCKETS = MOST + 100  # of any kind: some only fetch the page


class Page:
    """All visitors, their connections, and the client that listens to the ensemble."""

    def __init__(self, client: Client, performance: str, address: str, names: list[str]) -> None:
        self.client, self.address = client, address
        self.crowd, self.feed, self.access = Crowd(), Feed(performance), HttpAccess(names)
        self.sockets: Counter[str] = Counter()
        self._news = asyncio.Event()
        self._pulled_at = self._fed_at = 0.0
        self._pulling = False
        self._complaints: set[str] = set()

    async def run(self) -> None:
        """Listens to the ensemble until standard input ends."""
        while not input_ended():
            self.turn(time.monotonic())
            await asyncio.sleep(TURN_S if len(self.crowd) else IDLE_TURN_S)

    def turn(self, now: float) -> None:
        """Takes in news, and sends what is due."""
        self.client.listen()
        for reply in self.client.errors:
            if reply.error not in self._complaints and len(self._complaints) < 100:
                self._complaints.add(reply.error)
                print(reply.error, file=sys.stderr, flush=True)  # noqa: T201 - the session's log
        self.client.errors.clear()
        if now - self._fed_at >= FEED_S:
            silent = now - self.client.heard_at > SILENT_S
            if self.feed.refresh(self.client, len(self.crowd), silent) or now - self._fed_at > AGAIN_S:
                self._fed_at = now
                self._news.set()
                self._news = asyncio.Event()
        self._pull(now)

    def _pull(self, now: float) -> None:
        if now - self._pulled_at < PULLS_S:
            return
        frame = self.client.frame
        admitted = frame is not None and frame.admitted > 0
        places = self.feed.points if admitted else {}
        wish = self.crowd.wish(list(places.values()), now)
        if not wish.at and not self._pulling and now - self._pulled_at < PAGE_S:
            return
        self._pulled_at, self._pulling = now, bool(wish.at)
        weights = {slug: weight for slug, weight in zip(places, wish.weights, strict=True) if weight > 0}
        self.client.send(Pull(weights=weights, strength=wish.strength, at=wish.at, page=self.address, hand=HAND))

    def open(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answers a plain GET; None lets a WebSocket in."""
        try:
            host, origin = request.headers.get("Host", ""), request.headers.get("Origin", "")
            takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
        except LookupError:  # a repeated header
            host = origin = ""
            takes_gzip = False
        if request.path == LIVE:
            refusal = self.access.refusal(host, origin)
            return _response(refusal) if refusal else None
        return _response(self.access.answer(request.path, host, takes_gzip))

    async def visit(self, connection: ServerConnection) -> None:
        """Serves one visitor from coming to going."""
        try:
            number = self.crowd.come(str(connection.remote_address[0]), time.monotonic())
        except PageError as e:
            await _end(connection, CloseCode.TRY_AGAIN_LATER, str(e))
            return
        reason = ""
        try:
            await self._serve(connection, number)
        except PageError as e:
            reason = str(e)
        except (ConnectionClosed, TimeoutError):
            connection.transport.abort()
        finally:
            self.crowd.go(number)
        if reason:
            await _end(connection, CloseCode.POLICY_VIOLATION, reason)

    async def _serve(self, connection: ServerConnection, number: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            first = messages.parse(await connection.recv())
        if not isinstance(first, Since):
            raise PageError("a page first sends the position that it has")
        feeding = asyncio.create_task(self._feed(connection, self.feed.begins_at(first)))
        try:
            async for raw in connection:
                said = messages.parse(raw)
                if isinstance(said, Since):
                    raise PageError("this is no message of a page")
                self.crowd.touch(number, said.at, time.monotonic())
        finally:
            feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await feeding

    async def _feed(self, connection: ServerConnection, position: int) -> None:
        """Sends a visitor every update; a slow one is sent fewer, and then the newest."""
        styles: dict[str, Any] | None = None
        while True:
            news = self._news
            message = self.feed.message(position, styles is not self.feed.styles)
            position, styles = self.feed.paper.position, self.feed.styles
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await connection.send(message)
            except TimeoutError:
                connection.transport.abort()
                return
            await news.wait()


class Guest(ServerConnection):
    """A connection that ends at once where there are too many, before anything is read from it."""

    page: Page
    _address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._address = str(transport.get_extra_info("peername")[0])
        self.page.sockets[self._address] += 1
        of_one = self.page.sockets[self._address]
        if self.page.sockets.total() > MOST_SOCKETS or (of_one > 2 * MOST_OF_ONE_ADDRESS and not is_own(self._address)):
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.page.sockets[self._address] -= 1
        self.page.sockets += Counter()


async def _end(connection: ServerConnection, code: CloseCode, reason: str) -> None:
    try:
        async with asyncio.timeout(FAREWELL_S):
            await connection.close(code, reason)
    except TimeoutError:
        connection.transport.abort()


def _response(answer: Answer) -> Response:
    headers = Headers(answer.headers)
    headers["Content-Length"] = str(len(answer.body))
    headers["Connection"] = "close"
    return Response(answer.status.value, answer.status.phrase, headers, answer.body)


def opened(page: Page, listening: socket.socket) -> contextlib.AbstractAsyncContextManager[Server]:
    """The server, to be entered as a context."""
    guest = type("GuestHere", (Guest,), {"page": page})
    return serve(
        page.visit,
        sock=listening,
        process_request=page.open,
        create_connection=guest,
        server_header=None,
        compression=None,  # messages are small, and compression costs memory and time for each visitor
        open_timeout=PATIENCE_S,
        ping_interval=PATIENCE_S,
        ping_timeout=PATIENCE_S,
        close_timeout=PATIENCE_S,
        max_size=messages.LARGEST,
        max_queue=8,
        write_limit=WRITE_LIMIT,
        logger=quiet_log(),
    )


def quiet_log() -> logging.Logger:
    """A log of our own faults alone: broken requests and lost connections are not written down."""
    log = logging.getLogger("chorus.page")
    log.setLevel(logging.ERROR)
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.StreamHandler())
        log.addFilter(lambda record: record.msg in ("connection handler failed", "process_request failed"))
    return log


class PageConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the page is served, and the address by which visitors find it; empty: made of host and port."""

    endpoints: Endpoints
    host: str
    port: int
    address: str = ""


async def run(config: PageConfig, listening: socket.socket) -> None:
    """Serves until standard input ends."""
    host, port = listening.getsockname()[:2]
    address = config.address or f"http://{host}:{port}/"
    names = [socket.gethostname(), f"{socket.gethostname()}.local", urlsplit(address).hostname or ""]
    client = Client(config.endpoints)
    performance = hashlib.sha256(config.endpoints.frames.encode()).hexdigest()[:16]
    try:
        page = Page(client, performance, address, names)
        async with opened(page, listening):
            await page.run()
    finally:
        client.close()


def main() -> int:
    config = read_config(PageConfig)
    try:
        listening = open_socket(config.host, config.port)
    except OSError as e:
        where = f"{config.host}:{config.port}"
        print(f"the page cannot be at {where} ({e.strerror}): choose another --page", file=sys.stderr, flush=True)  # noqa: T201
        return REFUSED
    asyncio.run(run(config, listening))
    return 0


if __name__ == "__main__":
    sys.exit(main())
