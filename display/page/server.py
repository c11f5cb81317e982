"""The page's process: serves it, tells every visitor the text as it is written, and tells the desk how they pull.

Run as `python -m display.page.server` with a `PageConfig` on standard input; it ends when that input ends.
One loop: nothing in it waits for a visitor but the task that is theirs. Nothing is written down about who they are.
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
from display.page.crowd import MOST, MOST_OF_ONE_ADDRESS, Visitors, is_own
from display.page.feed import Told
from display.page.http_access import LIVE, Answer, Door, open_socket
from display.page.messages import Since

HAND = "visitors"
TURN_S = 0.02  # between two looks at what has come over the wire, while somebody is there
IDLE_TURN_S = 0.1
TELLS_S = 1 / 15  # a visitor at most
AGAIN_S = 2.0  # something is said this often, so that a page knows that it is connected
PULLS_S = 0.1
PAGE_S = 1.0  # between two words of where the page is, when nobody pulls
SILENT_S = 1.5
PATIENCE_S = 10.0  # with a visitor who takes nothing in, says nothing at first, or asks no question
FAREWELL_S = 2.0  # in which somebody who is sent away may take note of it
WRITE_LIMIT = 16 << 10
MOST_SOCKETS = MOST + 100  # of whatever kind: some only fetch the page


class Page:
    """Everyone who is there, and what they are told and wish."""

    def __init__(self, client: Client, performance: str, address: str, names: list[str]) -> None:
        self.client, self.address = client, address
        self.visitors, self.told, self.door = Visitors(), Told(performance), Door(names)
        self.sockets: Counter[str] = Counter()
        self._news = asyncio.Event()
        self._pulled_at = self._told_at = 0.0
        self._pulling = False
        self._complaints: set[str] = set()

    async def run(self) -> None:
        """Hear the ensemble until standard input ends."""
        while not input_ended():
            self.turn(time.monotonic())
            await asyncio.sleep(TURN_S if len(self.visitors) else IDLE_TURN_S)

    def turn(self, now: float) -> None:
        """Take in what has come, say what is due."""
        self.client.listen()
        for reply in self.client.errors:
            if reply.error not in self._complaints and len(self._complaints) < 100:
                self._complaints.add(reply.error)
                print(reply.error, file=sys.stderr, flush=True)  # noqa: T201 - the session's log
        self.client.errors.clear()
        if now - self._told_at >= TELLS_S:
            silent = now - self.client.heard_at > SILENT_S
            if self.told.refresh(self.client, len(self.visitors), silent) or now - self._told_at > AGAIN_S:
                self._told_at = now
                self._news.set()
                self._news = asyncio.Event()
        self._pull(now)

    def _pull(self, now: float) -> None:
        if now - self._pulled_at < PULLS_S:
            return
        frame = self.client.frame
        admitted = frame is not None and frame.admitted > 0
        places = self.told.places if admitted else {}
        wish = self.visitors.wish(list(places.values()), now)
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
        except LookupError:  # a header twice
            host = origin = ""
            takes_gzip = False
        if request.path == LIVE:
            refusal = self.door.refusal(host, origin)
            return _response(refusal) if refusal else None
        return _response(self.door.answer(request.path, host, takes_gzip))

    async def visit(self, connection: ServerConnection) -> None:
        """One visitor, from coming to going."""
        try:
            number = self.visitors.come(str(connection.remote_address[0]), time.monotonic())
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
            self.visitors.go(number)
        if reason:
            await _end(connection, CloseCode.POLICY_VIOLATION, reason)

    async def _serve(self, connection: ServerConnection, number: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            first = messages.parse(await connection.recv())
        if not isinstance(first, Since):
            raise PageError("a page says first what it has")
        teller = asyncio.create_task(self._tell(connection, self.told.begins_at(first)))
        try:
            async for raw in connection:
                said = messages.parse(raw)
                if isinstance(said, Since):
                    raise PageError("this is not what a page says")
                self.visitors.touch(number, said.at, time.monotonic())
        finally:
            teller.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await teller

    async def _tell(self, connection: ServerConnection, position: int) -> None:
        """What is new, again and again; a visitor who is slow is told later, and then the newest."""
        styles: dict[str, Any] | None = None
        while True:
            news = self._news
            message = self.told.message(position, styles is not self.told.styles)
            position, styles = self.told.paper.position, self.told.styles
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await connection.send(message)
            except TimeoutError:
                connection.transport.abort()
                return
            await news.wait()


class Guest(ServerConnection):
    """A connection that ends at once where there are too many, before anything was read of it."""

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
        compression=None,  # what is small is said once for all; it would cost each visitor memory and time
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
    """Only what is our fault: whoever sends rubbish, or goes, is nothing to be written down."""
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
    """Serve until standard input ends."""
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
