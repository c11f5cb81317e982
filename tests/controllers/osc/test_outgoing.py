"""Packets for subscribers: each is strict OSC, and holds what its row of the table says."""

import math

import msgspec
import numpy as np
import pytest

from controllers.osc import outgoing
from controllers.osc.packet import parse
from tests.support.scenes import heard


def test_every_character_is_a_packet_with_its_position() -> None:
    messages = [message for packet in outgoing.written(b"ab", 41) for message in parse(packet)]
    assert [(message.address, message.arguments) for message in messages] == [
        ("/chorus/char", (97, 41)),
        ("/chorus/char", (98, 42)),
    ]


def test_a_frame_is_pi_rho_and_one_row_for_every_active_style() -> None:
    frame = heard(3, b"text", 2).frame
    assert frame
    frame = msgspec.structs.replace(frame, chars=b"x", pi=[1.0, 0.5, math.inf])
    messages = [message for packet in outgoing.distributions(frame) for message in parse(packet)]
    assert [message.address for message in messages] == [
        "/chorus/pi",
        "/chorus/rho",
        "/chorus/y/style-0",
        "/chorus/y/style-1",
    ]
    assert messages[0].arguments == pytest.approx((1.0, 0.5, 3.4e38))  # a 32-bit float has no larger number
    assert np.array(messages[1].arguments, float).sum() == pytest.approx(1.0, abs=1e-5)
    assert all(len(message.arguments) == 128 for message in messages[1:])


def test_before_the_first_character_only_pi_is_sent() -> None:
    frame = heard(2, b"", 0).frame
    assert frame
    assert len(list(outgoing.distributions(frame))) == 1
