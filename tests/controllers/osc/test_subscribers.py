"""Subscribers that stay and go, on a clock of our own."""

import pytest

from controllers import ControllerError
from controllers.osc.subscribers import CLOSED_S, MOST_SUBSCRIBERS, Subscribers

TABLET = ("10.0.0.7", 9001)


def test_a_subscriber_that_is_not_heard_of_is_forgotten_when_its_time_is_over() -> None:
    subscribers = Subscribers()
    subscribers.add(TABLET, 600.0, now=0.0)
    subscribers.forget(600.0)
    assert list(subscribers) == [TABLET]
    subscribers.forget(600.1)
    assert list(subscribers) == []


def test_any_packet_from_its_machine_keeps_a_subscriber() -> None:
    subscribers = Subscribers()
    subscribers.add(TABLET, 10.0, now=0.0)
    subscribers.heard("10.0.0.7", now=9.0)
    subscribers.heard("10.0.0.8", now=18.0)
    subscribers.forget(19.0)
    assert list(subscribers) == [TABLET]
    subscribers.forget(19.1)
    assert list(subscribers) == []


def test_a_peer_that_subscribes_again_has_a_new_time() -> None:
    subscribers = Subscribers()
    subscribers.add(TABLET, 10.0, now=0.0)
    subscribers.add(TABLET, 100.0, now=5.0)
    subscribers.forget(105.0)
    assert list(subscribers) == [TABLET]


def test_a_closed_port_is_forgotten_within_seconds_and_a_restart_is_not_taken_for_one() -> None:
    subscribers = Subscribers()
    subscribers.add(TABLET, 600.0, now=0.0)
    subscribers.closed(TABLET, now=1.0)
    subscribers.closed(TABLET, now=1.0 + CLOSED_S / 2)
    assert list(subscribers) == [TABLET]
    subscribers.heard("10.0.0.7", now=3.0)  # it is back
    subscribers.closed(TABLET, now=60.0)
    assert list(subscribers) == [TABLET]
    subscribers.closed(TABLET, now=60.0 + CLOSED_S)
    assert list(subscribers) == []
    subscribers.closed(TABLET, now=61.0)  # what comes in late is nobody's


def test_the_number_of_subscribers_is_limited_and_one_that_goes_makes_room() -> None:
    subscribers = Subscribers()
    for port in range(MOST_SUBSCRIBERS):
        subscribers.add(("10.0.0.7", port + 1), 10.0, now=0.0)
    with pytest.raises(ControllerError, match="subscribers are here"):
        subscribers.add(("10.0.0.8", 1), 10.0, now=5.0)
    subscribers.add(("10.0.0.7", 1), 10.0, now=5.0)
    subscribers.add(("10.0.0.8", 1), 10.0, now=10.1)
    assert sorted(subscribers) == [("10.0.0.7", 1), ("10.0.0.8", 1)]
    subscribers.remove(("10.0.0.8", 1))
    subscribers.remove(("10.0.0.8", 1))
    assert len(subscribers) == 1
