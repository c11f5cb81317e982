"""Frames from the WebSocket of a Leap service, whatever the service does."""

import json
import math
import socket
import time
from collections.abc import Iterator

from websockets.sync.server import ServerConnection

from actors.wire.messages import LetGo
from controllers.leap import LeapHand
from controllers.leap.websocket import LARGEST
from tests.controllers.leap.test_field import jumps, pulled
from tests.support.leap_service import Service, made, mixes, perform, said_frame, steadily, wait


def test_a_hand_over_the_device_is_heard_through_the_websocket(services: list[Service], hands: list[LeapHand]) -> None:
    services.append(Service(steadily(said_frame(1_000_000 + 10_000 * k) for k in range(150))))
    hands.append(made(services[0].port, "--height", "none"))
    said = perform(hands[0], 1.4)
    assert services[0].paths == ["/v6.json"]
    assert services[0].asked == ['{"background":true}', '{"focused":true}']
    last = mixes(said)[-1]
    assert all(abs(last[slug] - share) < 0.02 for slug, share in pulled(60 / 160, -80 / 160).items())
    assert hands[0].trouble == ""


def test_damaged_huge_late_and_missing_messages_do_not_disturb_the_text(
    services: list[Service], hands: list[LeapHand]
) -> None:
    def messages() -> Iterator[str | bytes]:
        for k in range(200):
            at = 1_000_000 + 10_000 * k
            if k % 7 == 0:
                continue
            if k % 5 == 0:
                yield said_frame(at - 55_000, x_mm=-150, z_mm=150)  # late
            if k == 50:
                yield from ("{", "[]", b"\x00\xff", said_frame(at, palmPosition=[1, 2, "3"]), '{"event":"x"}')
                yield said_frame(at, grabStrength=math.nan)
                yield json.dumps({"timestamp": at, "hands": [{}] * 10_000})
                yield said_frame(at)[:-1] + "," + '"x":"' + "x" * (1 << 20) + '"}'
            yield said_frame(at)

    services.append(Service(steadily(messages())))
    hands.append(made(services[0].port))
    found = mixes(perform(hands[0], 1.8))
    assert hands[0]._source.refused == 8
    assert jumps(found) < 0.25  # 0.04 on an idle machine; a late hand that is followed makes it 0.9
    assert all(abs(found[-1][slug] - share) < 0.02 for slug, share in pulled(60 / 160, -80 / 160).items())


def test_a_service_that_goes_and_returns_is_found_again(services: list[Service], hands: list[LeapHand]) -> None:
    endless = (said_frame(1_000_000 + 10_000 * k) for k in range(100_000))
    first = Service(steadily(endless))
    hands.append(made(first.port))
    hand = hands[0]
    assert mixes(perform(hand, 0.5))
    first.close()
    said = perform(hand, 1.0)
    assert LetGo() in said
    assert "no Leap service answers" in hand.trouble
    assert "UltraleapTrackingWebSocket" in hand.trouble
    assert "\n" not in hand.trouble
    services.append(Service(steadily(said_frame(10_000 * k, id=9) for k in range(100_000)), first.port))
    wait(lambda: hand.trouble == "")
    assert mixes(perform(hand, 0.5))


def test_a_message_that_is_far_too_large_costs_one_connection(services: list[Service], hands: list[LeapHand]) -> None:
    calls: list[int] = []

    def play(connection: ServerConnection) -> None:
        calls.append(1)
        if len(calls) == 1:
            connection.send("x" * (LARGEST + 1))
        steadily(said_frame(10_000 * k) for k in range(1000))(connection)

    services.append(Service(play))
    hands.append(made(services[0].port))
    wait(lambda: len(calls) > 1)
    assert mixes(perform(hands[0], 0.5))


def test_without_a_service_it_says_so_and_waits(hands: list[LeapHand]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        hands.append(made(free.getsockname()[1]))
        assert perform(hands[0], 0.3) == []
    assert "Leap service" in hands[0].trouble
    assert "start the Ultraleap tracking service" in hands[0].trouble


def test_a_server_that_is_no_leap_service_is_shown_as_trouble(hands: list[LeapHand]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        hands.append(made(other.getsockname()[1]))
        line, _ = other.accept()
        line.sendall(b"220 mail.example.org ESMTP\r\n\r\n" * 100)
        line.close()
        wait(lambda: "no Leap service answers" in hands[0].trouble)
        assert perform(hands[0], 0.2) == []


def test_an_unplugged_device_is_shown_as_trouble(services: list[Service], hands: list[LeapHand]) -> None:
    unplugged = (
        '{"event":{"type":"deviceEvent","state":{"attached":false,"streaming":false,"id":"x","type":"peripheral"}}}'
    )
    services.append(Service(steadily([unplugged])))
    hands.append(made(services[0].port))
    wait(lambda: "unplugged" in hands[0].trouble)


def test_an_end_does_not_wait_for_the_service(services: list[Service]) -> None:
    services.append(Service(steadily([])))
    hand = made(services[0].port)
    perform(hand, 0.2)
    began = time.monotonic()
    hand.close()
    assert time.monotonic() - began < 1.0
    hand.close()
