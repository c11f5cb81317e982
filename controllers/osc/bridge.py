"""The OSC bridge: the paper's two directions. Weights come in; ρ, every active y_i, π and the character go out.

Run as `python -m controllers.osc.bridge` with one line of JSON on standard input: `endpoints`, `host`, `port`, and
`allowed`, the addresses and networks it listens to besides this machine's own. It ends when that input ends.
"""

import heapq
import ipaddress
import json
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import zmq
from pythonosc.osc_message_builder import OscMessageBuilder

from actors import wire
from actors.listener import Listener, input_ended
from actors.wire import Endpoints
from controllers import ControllerError
from controllers.osc import addresses as osc_addresses
from controllers.osc import packet as osc_packet
from controllers.osc.addresses import Address, Subscription
from controllers.osc.packet import Message

Peer = tuple[str, int]

HAND = "osc"  # all surfaces are one hand
MOST_SUBSCRIBERS = 32
MOST_PENDING = 1024  # messages whose time has not come
FARTHEST_S = 60.0  # a bundle may ask for a time this far ahead
PACKETS_A_TURN = 256
POLL_S = 0.05
LARGEST_FLOAT = 3.4e38  # what OSC's 32 bits can say


class Bridge:
    """Carries what comes in on a UDP socket to the desk, and what the wire brings to whoever subscribed."""

    def __init__(self, listener: Listener, udp: socket.socket, allowed: Sequence[str] = ()) -> None:
        """`allowed`: addresses and networks (10.0.0.0/24) that are listened to besides this machine's own."""
        self.listener, self.udp = listener, udp
        self._allowed = [ipaddress.ip_network(network, strict=False) for network in allowed]
        udp.setblocking(False)
        listener.poller.register(udp.fileno(), zmq.POLLIN)
        self.subscribers: set[Peer] = set()
        self.refused = 0
        self._pending: list[tuple[float, int, Message, Peer]] = []
        self._count = 0
        self._asked: dict[int, Peer] = {}  # by command number: who gets its refusal
        self._sent_to = 0  # position after the last character sent
        self._sent_frame: wire.Frame | None = None
        self._sent_styles: list[str] = []

    def turn(self) -> None:
        """Take in and send out what there is; waits a moment for it."""
        patience = POLL_S
        if self._pending:
            patience = min(patience, max(0.0, self._pending[0][0] - time.time()))
        self.listener.listen(patience)
        self._receive()
        while self._pending and self._pending[0][0] <= time.time():
            _, _, message, peer = heapq.heappop(self._pending)
            self._follow(message, peer)
        for reply in self.listener.errors:
            if reply.ref in self._asked:
                self._tell_error(self._asked.pop(reply.ref), reply.error)
        self.listener.errors.clear()
        self._send_news()

    def _receive(self) -> None:
        for _ in range(PACKETS_A_TURN):
            try:
                packet, peer = self.udp.recvfrom(osc_packet.LARGEST + 1)
            except BlockingIOError:
                return
            except OSError:  # a subscriber's port was closed: the next packet is as good as ever
                continue
            if not self.lets_in(peer[0]):  # and no answer either, which a stranger could aim at somebody else
                self.refused += 1
                continue
            try:
                messages = osc_packet.parse(packet)
            except ControllerError as e:
                self.refused += 1
                self._tell_error(peer, str(e))
                continue
            for message in messages:
                self._schedule(message, peer)

    def lets_in(self, host: str) -> bool:
        """Whether packets from this address are followed."""
        address = ipaddress.ip_address(host)
        return address.is_loopback or any(address in network for network in self._allowed)

    def _schedule(self, message: Message, peer: Peer) -> None:
        now = time.time()
        if message.due <= now:
            self._follow(message, peer)
        elif message.due - now > FARTHEST_S or len(self._pending) >= MOST_PENDING:
            self._tell_error(peer, f"a bundle's time is more than {FARTHEST_S:.0f} s ahead, or too many are waiting")
        else:
            self._count += 1
            heapq.heappush(self._pending, (message.due, self._count, message, peer))

    def _follow(self, message: Message, peer: Peer) -> None:
        try:
            for wish in osc_addresses.wishes(message, self.listener.styles):
                if isinstance(wish, Subscription):
                    self._subscribe(wish, peer)
                else:
                    self._count += 1
                    self._asked[self._count] = peer
                    if len(self._asked) > MOST_PENDING:
                        del self._asked[next(iter(self._asked))]
                    self.listener.send(msgspec.structs.replace(wish, ref=self._count, hand=HAND))
        except ControllerError as e:
            self.refused += 1
            self._tell_error(peer, str(e))

    def _subscribe(self, wish: Subscription, peer: Peer) -> None:
        whom = (peer[0], wish.port or peer[1])
        if not wish.wanted:
            self.subscribers.discard(whom)
        elif len(self.subscribers) >= MOST_SUBSCRIBERS and whom not in self.subscribers:
            raise ControllerError(f"{MOST_SUBSCRIBERS} subscribers are here already")
        else:
            self.subscribers.add(whom)
            if self.listener.styles:
                self._send({whom}, _packet(osc_addresses.STYLES, *self.listener.styles))

    def _send_news(self) -> None:
        frame, listener = self.listener.frame, self.listener
        if listener.styles != self._sent_styles:
            self._sent_styles = list(listener.styles)
            self._send(self.subscribers, _packet(osc_addresses.STYLES, *self._sent_styles))
        start = max(self._sent_to, listener.start)
        if self.subscribers and self._sent_to:
            for position, code in enumerate(listener.text[start - listener.start :], start):
                self._send(self.subscribers, _packet(osc_addresses.CHAR, code, position))
        self._sent_to = listener.position
        if frame is None or frame is self._sent_frame or not self.subscribers:
            return
        self._sent_frame = frame
        self._send(self.subscribers, _packet(osc_addresses.PI, *(min(weight, LARGEST_FLOAT) for weight in frame.pi)))
        if frame.rho and frame.chars:
            self._send(self.subscribers, _packet(osc_addresses.RHO, *_floats(wire.rows(frame.rho)[0])))
            for style, y in zip(frame.active, wire.rows(frame.omega), strict=True):
                self._send(self.subscribers, _packet(osc_addresses.Y, *_floats(y), style=frame.styles[style]))

    def _tell_error(self, peer: Peer, error: str) -> None:
        self._send({peer}, _packet(osc_addresses.ERROR, error))

    def _send(self, peers: set[Peer], packet: bytes) -> None:
        for peer in peers:
            try:
                self.udp.sendto(packet, peer)
            except OSError:  # gone, or its buffer is full: OSC makes no promise either
                continue


def _packet(address: Address, *arguments: int | float | str, style: str = "") -> bytes:
    builder = OscMessageBuilder(osc_addresses.path(address, style))
    for argument in arguments:
        builder.add_arg(argument)
    return bytes(builder.build().dgram)


def _floats(row: np.ndarray[Any, np.dtype[np.float32]]) -> list[float]:
    return [float(value) for value in row]


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


def main() -> int:
    told = json.loads(sys.stdin.readline())
    try:
        udp = open_socket(told["host"], int(told["port"]))
    except ControllerError as e:
        print(e, file=sys.stderr, flush=True)  # noqa: T201 - the session's log
        return 2
    listener = Listener(Endpoints(**told["endpoints"]))
    listener.poller.register(sys.stdin.fileno(), zmq.POLLIN)
    bridge = Bridge(listener, udp, told.get("allowed", ()))
    try:
        while not input_ended():
            bridge.turn()
    finally:
        listener.close()
        udp.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
