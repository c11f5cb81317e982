"""The feed of a page: text, tints, mix and health, each once for all pages."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.wire.messages import Card, Health, Member, Snapshot, StyleHealth
from actors.wire.transcript import Transcript
from display import palette
from display.page.feed import LATEST, Feed, Paper, runs
from display.page.messages import Since
from tests.actors.wire.test_messages import frame

CARDS = [Card("x", "X", "#ff0000", at=(-0.5, 0.0)), Card("y", "Y", "#0000ff", at=(0.5, 0.0))]


def heard(text: bytes, voices: bytes, t: int = 1) -> Transcript:
    made = Transcript()
    made.hear(Snapshot(epoch=1, t=t, chars=text, voices=voices, styles=["x", "y"], cards=CARDS, ended=False))
    return made


@given(st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 5000)), min_size=1, max_size=12))
def test_a_page_that_comes_back_has_the_text_without_gap_or_doubling(turns: list[tuple[int, int]]) -> None:
    transcript = heard(b"", b"")
    feed, has, at, rng = Feed("ours"), "", 0, np.random.default_rng(1)
    for written, missed in turns:
        chars = bytes(rng.integers(32, 127, written, np.uint8))
        transcript.hear(frame(t=transcript.position, chars=chars, voices=bytes(2 * written)))
        feed.refresh(transcript, 1, False)
        if missed < 2500:  # else it is away this turn
            message = json.loads(feed.message(feed.begins_at(Since(at, "ours")), True))
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
    feed = Feed("ours")
    feed.refresh(transcript, 1, False)
    for since in (Since(2, "ours"), Since(9001, "theirs"), Since(9002, "ours"), Since(0, "")):
        message = json.loads(feed.message(feed.begins_at(since), False))
        assert message["anew"]
        assert message["t"] == 9001 - LATEST
        assert len(message["text"]) == LATEST
    message = json.loads(feed.message(feed.begins_at(Since(8999, "ours")), False))
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
    feed = Feed("ours")
    assert feed.refresh(transcript, 3, False)
    assert not feed.refresh(transcript, 3, False)
    raw = feed.message(0, True)
    assert raw is feed.message(0, True)
    assert "home" not in raw
    message = json.loads(raw)
    assert message["mix"] == [[0, 0.75], [1, 0.25]]
    assert message["rate"] is None
    assert (message["here"], message["admitted"], message["pulls"]) == (3, 0.5, [[0.1, 0.2]])
    assert [style[0] for style in message["styles"]] == ["X", "Y"]
    assert [style[2:] for style in message["styles"]] == [[-0.5, 0.0, True], [0.5, 0.0, False]]
    assert message["health"]["troubled"] == [["y", "failed"]]
    assert "styles" not in json.loads(feed.message(0, False))
