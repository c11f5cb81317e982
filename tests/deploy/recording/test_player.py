"""A recording at a desk: real sockets, and a listener that cannot tell it from a performance."""

import argparse
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from actors.journal.frames import frames
from actors.journal.replay import replay
from actors.wire.client import Client
from actors.wire.endpoints import Endpoints
from actors.wire.messages import GetSnapshot, SetRate, SetWeights
from deploy import UsageError
from deploy.recording.player import Player
from deploy.session import discovery
from deploy.verbs.replay import Begin, parse_begin, parse_speed
from tests.support.recordings import EVERY_S, LENGTH, engines, record

LASTS_S = (LENGTH - 1) * EVERY_S


@contextmanager
def played(folder: Path, styles: Path, speed: float = 1.0, from_s: float = 0.0) -> Iterator[tuple[bytes, Client]]:
    """The text of a recording that is being played, and somebody who listens."""
    text = record(folder / "j", styles)
    player = Player(frames(replay(folder / "j", engines(styles)), LENGTH, lambda card: card), speed, "j")
    player.seek(from_s)
    endpoints, end, errors = Endpoints.local(folder), Event(), list[BaseException]()

    def play() -> None:
        try:
            player.play(endpoints, end)
        except BaseException as e:
            errors.append(e)

    thread = Thread(target=play)
    thread.start()
    client = Client(endpoints)
    try:
        yield text, client
    finally:
        client.close()
        end.set()
        thread.join(5)
    assert errors == []


def hear(client: Client, true: Callable[[], object], patience_s: float = 10.0) -> float:
    began = time.monotonic()
    while not true():
        client.listen(0.02)
        assert time.monotonic() - began < patience_s
    return time.monotonic() - began


def test_it_is_heard_like_a_performance_in_its_time(styles_folder: Path, tmp_path: Path) -> None:
    with played(tmp_path, styles_folder, speed=4.0) as (text, client):
        took = hear(client, lambda: client.ended)
        assert bytes(client.text) == text
        assert took == pytest.approx(LASTS_S / 4, abs=0.5)
        assert client.voices.any(axis=1).all()
        hear(client, lambda: client.health)
        assert client.health is not None
        assert {style.state for style in client.health.styles} == {"ready"}
        assert client.health.event == "a recording: j"
        late = Client(Endpoints.local(tmp_path))  # it stands still, with its last picture
        hear(late, lambda: late.ended and late.frame and late.frame.rho)
        assert bytes(late.text) == text
        assert (late.voices == client.voices).all()
        late.close()


def test_it_begins_at_the_given_time_with_the_text_before_it(styles_folder: Path, tmp_path: Path) -> None:
    with played(tmp_path, styles_folder, from_s=LASTS_S / 2) as (text, client):
        hear(client, lambda: client.frame and client.position > 1, 0.5)
        assert 60 <= len(client.text) < 80
        assert text.startswith(bytes(client.text))
        hear(client, lambda: client.position > 80)


@pytest.mark.slow  # it measures time: after the tests that run side by side
def test_its_pace_can_be_changed_and_it_can_stand_still(styles_folder: Path, tmp_path: Path) -> None:
    with played(tmp_path, styles_folder) as (text, client):
        hear(client, lambda: client.position > 10)
        assert client.frame is not None
        assert client.frame.rate_cps == pytest.approx(1 / EVERY_S)
        client.send(SetRate(cps=0.0))
        hear(client, lambda: client.frame and client.frame.rate_cps == 0)
        stood = client.position
        client.listen(0.1)
        time.sleep(0.3)
        client.listen(0.1)
        assert client.position == stood
        client.send(SetRate(cps=2 / EVERY_S))
        took = hear(client, lambda: client.position >= stood + 40)
        assert took == pytest.approx(20 * EVERY_S, abs=0.4)
        assert client.frame.rate_cps == pytest.approx(2 / EVERY_S)
        client.send(SetRate(cps=math.inf))
        assert hear(client, lambda: client.ended) < 1.0
        assert bytes(client.text) == text
        client.send(SetRate(cps=float("nan")))
        hear(client, lambda: client.errors)
        assert "a recording" in client.errors[0].error


def test_any_other_command_is_refused_and_the_recording_goes_on(styles_folder: Path, tmp_path: Path) -> None:
    with played(tmp_path, styles_folder) as (text, client):
        hear(client, lambda: client.position > 5)
        client.send(SetWeights(weights={"gamma": 1.0}, ref=7))
        hear(client, lambda: client.errors)
        assert (client.errors[0].error, client.errors[0].ref) == (
            "this is a recording: only its pace can be changed",
            7,
        )
        told = discovery.ask(Endpoints.local(tmp_path), GetSnapshot(since=3))
        assert getattr(told, "t", None) == 3
        position = client.position
        hear(client, lambda: client.position > position + 5)
        assert text.startswith(bytes(client.text))


def test_as_fast_as_it_goes_nothing_is_left_out(styles_folder: Path, tmp_path: Path) -> None:
    text = record(tmp_path / "j", styles_folder)
    printed: list[bytes] = []
    player = Player(frames(replay(tmp_path / "j", engines(styles_folder)), LENGTH, lambda card: card), math.inf, "j")
    player.play(Endpoints.local(tmp_path), Event(), printed.append)
    assert b"".join(printed) == text


def test_where_it_begins_is_a_time_or_a_share() -> None:
    came = [0.0, 50.0, 200.0]
    assert [parse_begin(told).seconds(came) for told in ("2:30", "150", "90%", "0", "100%")] == [150, 150, 180, 0, 200]
    for told in ("", "x", "-1", "1:2:3", "101%", "1:30%", "nan", "inf"):
        with pytest.raises(argparse.ArgumentTypeError):
            parse_begin(told)
    with pytest.raises(UsageError, match=r"the recording is 3:20\.0 long"):
        Begin(201).seconds(came)
    assert (parse_speed("4"), parse_speed("max")) == (4.0, math.inf)
    for told in ("0", "-1", "fast"):
        with pytest.raises(argparse.ArgumentTypeError, match="not a speed"):
            parse_speed(told)
