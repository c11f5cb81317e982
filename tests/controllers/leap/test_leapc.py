"""Frames from Ultraleap's own bindings, where they are installed."""

import math
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from controllers import ControllerError, leap
from controllers.leap import LeapHand
from controllers.leap import leapc as leap_bindings
from controllers.leap.field import Box
from tests.controllers.leap.test_field import pulled
from tests.support.leap_service import mixes, perform, wait


class FakeLeap(SimpleNamespace):
    """A module with the names of the official bindings that are used, and a hand that moves to the right."""

    def __init__(self, frames: int) -> None:
        self.left, self.closed, outer = frames, 0, self
        tracking = object()

        class Connection:
            def open(self, *, auto_poll: bool, timeout: float) -> "Connection":
                assert not auto_poll
                return self

            def __enter__(self) -> "Connection":
                return self

            def __exit__(self, *_: object) -> None:
                outer.closed += 1

            def poll(self, timeout: float) -> object:
                time.sleep(0.005)
                outer.left -= 1
                if outer.left < 0:
                    raise outer.LeapError
                palm = SimpleNamespace(
                    position=SimpleNamespace(x=60.0, y=250.0, z=math.nan if outer.left % 10 == 0 else -80.0),
                    velocity=SimpleNamespace(x=0.0, y=0.0, z=0.0),
                )
                hand = SimpleNamespace(
                    id=3, type="HandType.Right", palm=palm, grab_strength=0.0, pinch_strength=0.1, confidence=1.0
                )
                return SimpleNamespace(type=tracking, timestamp=10_000_000 - 10_000 * outer.left, hands=[hand])

        class LeapError(Exception):
            pass

        super().__init__(Connection=Connection, LeapError=LeapError, EventType=SimpleNamespace(Tracking=tracking))


def test_the_official_bindings_are_used_where_they_are(monkeypatch: pytest.MonkeyPatch, hands: list[LeapHand]) -> None:
    fake = FakeLeap(200)
    monkeypatch.setitem(sys.modules, "leap", fake)
    hand = LeapHand(leap.source("auto", "127.0.0.1", 1), Box())
    found = mixes(perform(hand, 1.2))
    assert all(abs(found[-1][slug] - share) < 0.02 for slug, share in pulled(60 / 160, -80 / 160).items())
    wait(lambda: "sends no frames" in hand.trouble)
    hand.close()
    assert fake.closed == 1


@pytest.mark.parametrize("found", [None, SimpleNamespace(__version__="0.3")])
def test_another_package_called_leap_is_not_taken_for_the_bindings(
    monkeypatch: pytest.MonkeyPatch, found: object
) -> None:
    monkeypatch.setitem(sys.modules, "leap", found)
    with pytest.raises(ControllerError) as error:
        leap_bindings.find()
    assert "github.com/ultraleap/leapc-python-bindings" in str(error.value)
    assert "websocket" in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(ControllerError):
        leap.source("leapc", "127.0.0.1", 6437)
    assert leap.source("auto", "127.0.0.1", 6437).trouble.startswith("no Leap service")


def test_bindings_without_their_sdk_are_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "leap.py").write_text("raise Exception('Error: Unable to find leapc_cffi dir')")
    monkeypatch.delitem(sys.modules, "leap", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ControllerError, match=r"Unable to find leapc_cffi dir.*Ultraleap SDK"):
        leap_bindings.find()
