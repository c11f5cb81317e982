"""The OSC bridge: the paper's two directions. Weights come in; ρ, every active y_i, π and the character go out.

Run as `python -m controllers.osc.bridge` with a `BridgeConfig` on standard input; it ends when that input ends.
OSCQuery answers at the TCP port of the same number.
"""

import contextlib
import errno
import heapq
import socket
import struct
import sys
import time
from collections.abc import Iterable, Sequence

import msgspec
import zmq

from actors.wire import messages
from actors.wire.child import REFUSED, input_ended, read_config
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from controllers import ControllerError
from controllers.access import Guests, networks
from controllers.osc import addresses as osc_addresses
from controllers.osc import outgoing, query, query_server
from controllers.osc import packet as osc_packet
from controllers.osc.addresses import Subscription
from controllers.osc.packet import Message
from controllers.osc.query import About
from controllers.osc.query_server import QueryServer
from controllers.osc.subscribers import Peer, Subscribers

HAND = "osc"  # all surfaces are one hand
MOST_PENDING = 1024  # messages whose time has not come
FARTHEST_S = 60.0  # a bundle may ask for a time this far ahead
PACKETS_A_TURN = 256
POLL_S = 0.05
COUNT_S = 1.0  # between two counts of refused packets
IP_RECVERR = 11  # Linux: keeps the reports of closed ports


class BridgeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the bridge listens, whom it hears, and how it is found."""

    endpoints: Endpoints
    host: str
    port: int
    allowed: list[str] = []  # addresses and networks it listens to besides this machine's own
    name: str = ""  # under which it is announced on the network; empty: it is not


class Bridge:
    """Passes messages of a UDP socket on to the desk, and news of the wire to subscribers."""

    def __init__(self, client: Client, udp: socket.socket, allowed: Sequence[str] = ()) -> None:
        """`allowed`: addresses and networks (10.0.0.0/24) that are accepted besides this machine's own."""
        self.client, self.udp = client, udp
        self.guests = Guests(networks(",".join(allowed)))
        udp.setblocking(False)
        if sys.platform == "linux":
            udp.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        client.poller.register(udp.fileno(), zmq.POLLIN)
        self.subscribers = Subscribers()
        self.refused = 0
        self._sent_refused, self._counted_at = 0, 0.0
        self._pending: list[tuple[float, int, Message, Peer]] = []
        self._count = 0
        self._asked: dict[int, Peer] = {}  # by command number: the sender, for a refusal
        self._sent_to = 0  # position after the last character sent
        self._sent_frame: messages.Frame | None = None
        self._sent_styles: list[str] = []

    def turn(self) -> None:
        """Takes in and sends out everything there is; waits a moment for it."""
        patience = POLL_S
        if self._pending:
            patience = min(patience, max(0.0, self._pending[0][0] - time.time()))
        self.client.listen(patience)
        self._forget_the_gone()
        self._receive()
        while self._pending and self._pending[0][0] <= time.time():
            _, _, message, peer = heapq.heappop(self._pending)
            self._follow(message, peer)
        for reply in self.client.errors:
            if reply.ref in self._asked:
                self._tell_error(self._asked.pop(reply.ref), reply.error)
        self.client.errors.clear()
        self._send_news()

    def _receive(self) -> None:
        for _ in range(PACKETS_A_TURN):
            try:
                packet, peer = self.udp.recvfrom(osc_packet.LARGEST + 1)
            except BlockingIOError:
                return
            except OSError:  # a subscriber's port is closed; the next packet is not affected
                continue
            if not self.guests.lets_in(peer[0]):  # and no answer, which a stranger could aim at another machine
                self.refused += 1
                continue
            self.subscribers.heard(peer[0], time.monotonic())
            try:
                messages = osc_packet.parse(packet)
            except ControllerError as e:
                self.refused += 1
                self._tell_error(peer, str(e))
                continue
            for message in messages:
                self._schedule(message, peer)

    def _forget_the_gone(self) -> None:
        """Forgets subscribers whose port is closed, which only Linux reports, or whose time is over."""
        self.subscribers.forget(time.monotonic())
        if sys.platform != "linux":
            return
        for _ in range(PACKETS_A_TURN):
            try:
                _, ancillary, _, peer = self.udp.recvmsg(0, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            if any(struct.unpack_from("=I", error)[0] == errno.ECONNREFUSED for _, _, error in ancillary):
                self.subscribers.closed(peer, time.monotonic())

    def _schedule(self, message: Message, peer: Peer) -> None:
        now = time.time()
        if message.due <= now:
            self._follow(message, peer)
        elif message.due - now > FARTHEST_S or len(self._pending) >= MOST_PENDING:
            self.refused += 1
            self._tell_error(peer, f"a bundle's time is more than {FARTHEST_S:.0f} s ahead, or too many are waiting")
        else:
            self._count += 1
            heapq.heappush(self._pending, (message.due, self._count, message, peer))

    def _follow(self, message: Message, peer: Peer) -> None:
        try:
            for wish in osc_addresses.wishes(message, self.client.styles):
                if isinstance(wish, Subscription):
                    self._subscribe(wish, peer)
                else:
                    self._count += 1
                    self._asked[self._count] = peer
                    if len(self._asked) > MOST_PENDING:
                        del self._asked[next(iter(self._asked))]
                    self.client.send(msgspec.structs.replace(wish, ref=self._count, hand=HAND))
        except ControllerError as e:
            self.refused += 1
            self._tell_error(peer, str(e))

    def _subscribe(self, wish: Subscription, peer: Peer) -> None:
        whom = (peer[0], wish.port or peer[1])
        if not wish.wanted:
            self.subscribers.remove(whom)
            return
        self.subscribers.add(whom, wish.lasts_s, time.monotonic())
        self._send([whom], outgoing.packet(osc_addresses.REFUSED, self.refused))
        if self.client.styles:
            self._send([whom], outgoing.packet(osc_addresses.STYLES, *self.client.styles))

    def _send_news(self) -> None:
        frame, client = self.client.frame, self.client
        if client.styles != self._sent_styles:
            self._sent_styles = list(client.styles)
            self._send(self.subscribers, outgoing.packet(osc_addresses.STYLES, *self._sent_styles))
        if self.refused != self._sent_refused and time.monotonic() - self._counted_at > COUNT_S:
            self._sent_refused, self._counted_at = self.refused, time.monotonic()
            self._send(self.subscribers, outgoing.packet(osc_addresses.REFUSED, self.refused))
        start = max(self._sent_to, client.start)
        if self.subscribers and self._sent_to:
            for packet in outgoing.written(bytes(client.text[start - client.start :]), start):
                self._send(self.subscribers, packet)
        self._sent_to = client.position
        if frame is None or frame is self._sent_frame or not self.subscribers:
            return
        self._sent_frame = frame
        for packet in outgoing.distributions(frame):
            self._send(self.subscribers, packet)

    def _tell_error(self, peer: Peer, line: str) -> None:
        self._send([peer], outgoing.packet(osc_addresses.ERROR, line))

    def _send(self, peers: Iterable[Peer], packet: bytes) -> None:
        for peer in peers:
            for _ in range(2):  # the first may report that an earlier peer is gone
                try:
                    self.udp.sendto(packet, peer)
                    break
                except OSError:  # gone, or its buffer is full: OSC packets may be lost
                    continue


def open_socket(host: str, port: int) -> socket.socket:
    """A bound UDP socket. Raises ControllerError when the port is taken."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.bind((host, port))
    except OSError as e:
        udp.close()
        raise ControllerError(
            f"OSC cannot listen at {host}:{port} ({e.strerror}): choose another with --osc-port"
        ) from e
    return udp


def let_others_find(bridge: Bridge, host: str, port: int, name: str, at_the_end: contextlib.ExitStack) -> None:
    """Starts OSCQuery, and announces both if there is a `name`; OSC goes on without either."""
    about = About(name or "Chorus", port)
    query_port = 0
    try:
        tcp = query_server.open_socket(host, port)
    except ControllerError as e:
        print(e, file=sys.stderr, flush=True)  # noqa: T201 - the session's log
    else:
        query_port = port
        server = QueryServer(
            tcp,
            bridge.guests.lets_in,
            lambda target, ip: query.answer(target, query.present(bridge.client, bridge.refused), about, ip),
        )
        at_the_end.callback(server.close)
    if name:
        from controllers.osc.announce import Announcement  # loads zeroconf, which most performances do not need

        at_the_end.callback(Announcement(name, host, port, query_port).end)


def main() -> int:
    config = read_config(BridgeConfig)
    try:
        udp = open_socket(config.host, config.port)
    except ControllerError as e:
        print(e, file=sys.stderr, flush=True)  # noqa: T201 - the session's log
        return REFUSED
    client = Client(config.endpoints)
    client.poller.register(sys.stdin.fileno(), zmq.POLLIN)
    bridge = Bridge(client, udp, config.allowed)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(udp.close)
        at_the_end.callback(client.close)
        let_others_find(bridge, config.host, udp.getsockname()[1], config.name, at_the_end)
        while not input_ended():
            bridge.turn()
    return 0


if __name__ == "__main__":
    sys.exit(main())
