"""Who is there and what they wish together; what they say and what they are told. No sockets."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.wire import plane
from actors.wire.messages import Card, Health, Member, Snapshot, StyleHealth
from actors.wire.transcript import Transcript
from display import palette
from display.page import PageError, crowd, http_access, messages
from display.page.crowd import LASTS_S, MOST, MOST_OF_ONE_ADDRESS, MOST_SHOWN, PER_VISITOR, TOUCHES_A_SECOND, Crowd
from display.page.feed import LATEST, Feed, Paper, runs
from display.page.messages import Since, Touch
from tests.actors.wire.test_messages import frame

CARDS = [Card("x", "X", "#ff0000", at=(-0.5, 0.0)), Card("y", "Y", "#0000ff", at=(0.5, 0.0))]
PLACES = [(-0.5, 0.0), (0.5, 0.0), (0.0, 0.8)]

points = st.tuples(st.floats(-1, 1), st.floats(-1, 1))


def pulling(hands: list[tuple[float, float]], now: float = 0.0) -> Crowd:
    here = Crowd()
    for k, hand in enumerate(hands):
        here.touch(here.come(f"10.0.{k // 200}.{k % 200}", now), hand, now)
    return here


@given(st.lists(points, min_size=1, max_size=20))
def test_visitors_together_wish_the_mean_of_their_wishes(hands: list[tuple[float, float]]) -> None:
    wish = pulling(hands).wish(PLACES, 0.0)
    each = np.array([plane.pull(hand, PLACES) for hand in hands])
    assert wish.weights == pytest.approx(each.mean(axis=0).tolist())
    assert sum(wish.weights) == pytest.approx(1)
    assert wish.strength == pytest.approx(min(1.0, len(hands) * PER_VISITOR))


@given(st.lists(st.tuples(st.integers(0, 4), points, st.floats(0, 1)), max_size=60))
def test_a_visitor_who_sends_often_has_no_more_weight_than_one_who_sends_once(
    said: list[tuple[int, tuple[float, float], float]],
) -> None:
    here, last, now = Crowd(), {}, 0.0
    numbers = [here.come("10.0.0.1", now) for _ in range(5)]
    for who, at, after in said:
        now += after
        if here.touch(numbers[who], at, now):
            last[who] = at, now
    still = [last[who][0] for who in sorted(last) if now - last[who][1] < LASTS_S]
    assert here.pulling(now) == still
    assert here.wish(PLACES, now).strength <= len(still) * PER_VISITOR + 1e-9


def test_a_touch_ends_when_released_or_not_repeated_or_its_visitor_goes() -> None:
    here = pulling([(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)])
    here.touch(1, None, 1.0)
    here.go(2)
    assert here.pulling(1.0) == [(0.3, 0.3)]
    assert here.pulling(LASTS_S) == []
    assert here.wish(PLACES, LASTS_S).strength == 0.0
    assert here.wish([], 1.0).weights == []


def test_no_more_points_are_sent_than_the_desk_takes() -> None:
    wish = pulling([(k / 300, 0.0) for k in range(200)]).wish(PLACES, 0.0)
    assert MOST_SHOWN / 2 <= len(wish.at) <= MOST_SHOWN
    assert wish.at[-1][0] > 0.6


def test_the_messages_of_a_visitor_are_limited_and_a_flood_is_an_error() -> None:
    here = Crowd()
    number = here.come("10.0.0.1", 0.0)
    heard = sum(here.touch(number, (0, 0), k / 60) for k in range(60 * 20))
    assert heard == pytest.approx(20 * TOUCHES_A_SECOND, abs=2 * TOUCHES_A_SECOND)
    touches = (here.touch(number, (0, 0), 20.0) for _ in range(1000))
    with pytest.raises(PageError, match="too many messages"):
        sum(touches)


def test_a_release_is_never_dropped() -> None:
    here = Crowd()
    number = here.come("10.0.0.1", 0.0)
    while here.touch(number, (0, 0), 0.0):
        pass
    assert here.touch(number, None, 0.0)
    assert here.pulling(0.0) == []


@given(st.lists(st.floats(-1, 1e9), max_size=200))
def test_time_that_jumps_fills_a_bucket_once(times: list[float]) -> None:
    bucket = crowd.Bucket(10.0, 0.0)
    for now in times:
        bucket.take(now)
        assert 0 <= bucket.drops <= 20


def test_the_number_of_visitors_is_limited_and_so_is_that_of_one_address() -> None:
    here = Crowd()
    numbers = [here.come("10.0.0.1", 0.0) for _ in range(MOST_OF_ONE_ADDRESS)]
    with pytest.raises(PageError, match="from your address"):
        here.come("10.0.0.1", 0.0)
    here.go(numbers[0])
    here.come("10.0.0.1", 0.0)
    while len(here) < MOST:  # through a proxy on this machine
        here.come("127.0.0.1", 0.0)
    with pytest.raises(PageError, match="come again later"):
        here.come("10.0.0.2", 0.0)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ('{"since": 0}', Since(0, "")),
        ('{"since": 4211, "of": "ab"}', Since(4211, "ab")),
        ('{"at": [0.25, -1]}', Touch((0.25, -1.0))),
        ('{"gone": true}', Touch(None)),
    ],
)
def test_a_page_sends_these_messages(raw: str, said: object) -> None:
    assert messages.parse(raw) == said


NONSENSE = (
    "", "null", "[]", "{}", "7", '"at"', "{", "\x00", "\ud800",
    '{"at": [NaN, 0]}', '{"at": [1e999, 0]}', '{"at": [1.01, 0]}', '{"at": [0]}', '{"at": [0, 0, 0]}', '{"at": ["0", 0]}',
    '{"at": [true, 0]}', '{"at": null}', '{"at": {}}', '{"at": [0, 0], "gone": true}', '{"at": [0, 0], "x": 1}',
    '{"gone": false}', '{"gone": 1}', '{"since": -1}', '{"since": 1.5}', '{"since": 1e400}', f'{{"since": {10**30}}}',
    '{"since": true}', '{"since": 1, "at": [0, 0]}', '{"of": "x"}', "[" * 250, '{"at":' * 40,
    '{"since": 1, "of": "' + "x" * 300 + '"}',
)  # fmt: skip


@pytest.mark.parametrize("raw", NONSENSE)
def test_a_message_that_no_page_sends_is_refused(raw: str) -> None:
    with pytest.raises(PageError):
        messages.parse(raw)


@given(st.text() | st.binary())
def test_any_input_is_a_message_or_refused(raw: str | bytes) -> None:
    try:
        said = messages.parse(raw)
    except PageError:
        return
    assert isinstance(said, Since) or said.at is None or all(math.isfinite(part) for part in said.at)


def heard(text: bytes, voices: bytes, t: int = 1) -> Transcript:
    made = Transcript()
    made.hear(Snapshot(epoch=1, t=t, chars=text, voices=voices, styles=["x", "y"], cards=CARDS, ended=False))
    return made


@given(st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 5000)), min_size=1, max_size=12))
def test_a_page_that_comes_back_has_the_text_without_gap_or_doubling(turns: list[tuple[int, int]]) -> None:
    transcript = heard(b"", b"")
    told, has, at, rng = Feed("ours"), "", 0, np.random.default_rng(1)
    for written, missed in turns:
        chars = bytes(rng.integers(32, 127, written, np.uint8))
        transcript.hear(frame(t=transcript.position, chars=chars, voices=bytes(2 * written)))
        told.refresh(transcript, 1, False)
        if missed < 2500:  # else it is away this turn
            message = json.loads(told.message(told.begins_at(Since(at, "ours")), True))
            if message.get("anew"):
                has = ""
            else:
                assert message["t"] == at
            has += message["text"]
            at = message["t"] + len(message["text"])
            assert sum(message["tints"][::2]) == len(message["text"])
            assert transcript.text.decode().endswith(has[-LATEST:])
            assert at == transcript.position


def test_a_page_too_far_behind_or_of_another_performance_begins_anew_with_the_end_of_the_text() -> None:
    transcript = heard(b"a" * 9000, bytes(18000))
    told = Feed("ours")
    told.refresh(transcript, 1, False)
    for since in (Since(2, "ours"), Since(9001, "theirs"), Since(9002, "ours"), Since(0, "")):
        message = json.loads(told.message(told.begins_at(since), False))
        assert message["anew"]
        assert message["t"] == 9001 - LATEST
        assert len(message["text"]) == LATEST
    message = json.loads(told.message(told.begins_at(Since(8999, "ours")), False))
    assert (message["t"], message["text"], "anew" in message) == (8999, "aa", False)


def test_a_letter_has_the_tint_that_the_window_gives_it() -> None:
    paper = Paper()
    paper.take(heard(b"abc", bytes([255, 0, 128, 128, 0, 255])))
    red, blue = palette.parse("#ff0000"), palette.parse("#0000ff")
    mixed = palette.tint([red, blue], np.array([128, 128], np.uint8))
    tints = paper.since(1)["tints"]
    assert len(tints) == 6
    assert tints[3] == mixed[0] << 16 | mixed[1] << 8 | mixed[2]


@given(st.lists(st.integers(0, 3)))
def test_runs_encode_the_tints(tints: list[int]) -> None:
    made = runs(tints)
    assert [tint for count, tint in zip(made[::2], made[1::2], strict=True) for _ in range(count)] == tints
    assert all(one != other for one, other in zip(made[1::2], made[3::2], strict=False))


def test_messages_are_made_once_for_all_pages_and_contain_no_path_or_error_text() -> None:
    transcript = heard(b"a", bytes(2))
    transcript.hear(frame(t=2, chars=b"", voices=b"", pi=[3.0, 1.0], admitted=0.5, pulled=0.1, pulls=[(0.1, 0.2)]))
    styles = [StyleHealth("x", "ready", 0, 0.1, 1), StyleHealth("y", "failed", 0, 0.1, 1, "/home/somebody/secret")]
    roster = [Member(card, slot_id, slot_id + 1) for slot_id, card in enumerate(CARDS)]
    transcript.hear(Health(epoch=1, pid=1, styles=styles, position=2, journal="/home/full", roster=roster))
    told = Feed("ours")
    assert told.refresh(transcript, 3, False)
    assert not told.refresh(transcript, 3, False)
    raw = told.message(0, True)
    assert raw is told.message(0, True)
    assert "home" not in raw
    message = json.loads(raw)
    assert message["mix"] == [[0, 0.75], [1, 0.25]]
    assert message["rate"] is None
    assert (message["here"], message["admitted"], message["pulls"]) == (3, 0.5, [[0.1, 0.2]])
    assert [style[0] for style in message["styles"]] == ["X", "Y"]
    assert [style[2:] for style in message["styles"]] == [[-0.5, 0.0, True], [0.5, 0.0, False]]
    assert message["health"]["troubled"] == [["y", "failed"]]
    assert "styles" not in json.loads(told.message(0, False))


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080", None),
        ("[::1]:8080", "http://[::1]:8080", None),
        ("Chorus.example", "https://chorus.example", None),
        ("127.0.0.1:8080", "", 403),
        ("127.0.0.1:8080", "null", 403),
        ("127.0.0.1:8080", "http://127.0.0.1:8081", 403),
        ("127.0.0.1:8080", "http://evil.example", 403),
        ("evil.example", "http://evil.example", 421),
        ("", "http://", 421),
        ("chorus.example@evil.example", "http://chorus.example@evil.example", 421),
        ("127.0.0.1/;x", "http://127.0.0.1/;x", 421),
        ("127.0.0.1:x", "http://127.0.0.1:x", 421),
        ("chorus.example; script-src *", "http://chorus.example; script-src *", 421),
    ],
)
def test_only_a_page_served_from_here_may_pull(host: str, origin: str, status: int | None) -> None:
    refusal = http_access.HttpAccess(["chorus.example"]).refusal(host, origin)
    assert (refusal.status.value if refusal else None) == status


@given(st.text(), st.text(), st.booleans())
def test_any_request_is_answered(target: str, host: str, takes_gzip: bool) -> None:
    assert DOOR.answer(target, host, takes_gzip).status in (404, 421, 200)
    DOOR.refusal(host, target)


DOOR = http_access.HttpAccess([])
