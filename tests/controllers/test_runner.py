"""The performance as the runner shows it to a hand."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from actors.wire import plane
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import Card, Command, Frame, Snapshot
from controllers.hand import Hand, Seen
from controllers.runner import Runner


class Nobody(Hand):
    trouble = ""
    files: Sequence[int] = ()

    def play(self, now: float, seen: Seen) -> list[Command]:
        return []

    def close(self) -> None:
        """There is no device."""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(Nobody(), "nobody", Client(Endpoints.local(tmp_path)), lambda line: None)
    yield made
    made.client.close()


def frame(*styles: str) -> Frame:
    pi = [1.0] * len(styles)
    return Frame(
        epoch=1, t=1, chars=b"", voices=b"", styles=list(styles), pi=pi, active=[], omega=b"", rho=b"", rate_cps=1.0,
        measured_cps=1.0,
    )  # fmt: skip


def test_styles_lie_where_their_cards_say_in_the_order_of_the_styles(runner: Runner) -> None:
    runner.client.hear(frame("alpha", "beta"))
    assert runner.seen().points == ()  # nobody has said so
    cards = [Card("beta", "Beta", "#ffffff", at=(0.5, 0.0)), Card("alpha", "Alpha", "#ffffff", at=(-0.5, 0.0))]
    styles = ["beta", "alpha"]
    runner.client.hear(Snapshot(epoch=1, t=1, chars=b"", voices=b"", styles=styles, cards=cards, ended=False))
    assert runner.seen().points == [(-0.5, 0.0), (0.5, 0.0)]
    runner.client.hear(frame("alpha", "beta", "joined"))  # its card comes in a moment
    assert runner.seen().points == plane.lying_at([(-0.5, 0.0), (0.5, 0.0), None])
