"""The journal's grammar: every line is read as it was written, and written as it always was."""

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import EnsembleError
from actors.journal import format
from actors.journal.format import (
    Admitted,
    AllWeights,
    Came,
    Change,
    Character,
    Epoch,
    Header,
    Line,
    LookaheadChange,
    MonolithCard,
    Rate,
    SettingsChange,
    SomeWeights,
)
from actors.wire.messages import Card, Member

numbers = st.floats(allow_nan=False, allow_infinity=False)
slugs = st.text("abc-", min_size=1, max_size=4)
weights = st.dictionaries(slugs, numbers, max_size=4)
cards = st.builds(Card, slugs, st.text(max_size=8), st.just("#112233"), at=st.none() | st.tuples(numbers, numbers))
members = st.builds(Member, cards, st.integers(0, 1023), st.integers(1, 99))
lines = st.one_of(
    st.builds(Header, st.just(1), st.integers(0, 2**64 - 1), st.dictionaries(slugs, st.text("0f", max_size=4))),
    st.builds(AllWeights, weights),
    st.builds(SomeWeights, weights),
    st.builds(SettingsChange, st.fixed_dictionaries({"temperature": numbers})),
    st.builds(LookaheadChange, st.fixed_dictionaries({"width": st.integers(1, 16)})),
    st.builds(Rate, numbers | st.just("max")),
    st.builds(Came, numbers),
    st.builds(Admitted, numbers),
    st.builds(Epoch, st.integers(1, 99)),
    st.builds(Change, joins=members),
    st.builds(Change, swaps=slugs),
    st.builds(Change, leaves=slugs),
    st.builds(Change, gives_up=slugs),
    st.builds(
        Character,
        st.integers(1, 10**9),
        st.integers(0, 127),
        st.none() | st.lists(slugs, max_size=3),
        st.integers(0, 1),
        st.integers(0, 2),
    ),
)


@given(lines)
def test_a_line_is_read_as_it_was_written(line: Line) -> None:
    raw = format.encode(line)
    assert raw.endswith(b"\n")
    assert b"\n" not in raw[:-1]
    assert format.parse(raw) == line


@pytest.mark.parametrize(
    ("line", "raw"),
    [
        (
            Header(1, 7, {"a": "f0"}, "2026-11-27", MonolithCard(["a"], "0f")),
            '{"chorus":1,"seed":7,"styles":{"a":"f0"},"began":"2026-11-27",'
            '"monolith":{"styles":["a"],"weights_sha256":"0f"}}',
        ),
        (AllWeights({"a": 0.6}), '{"weights":{"a":0.6}}'),
        (SomeWeights({"a": 0.2}), '{"moves":{"a":0.2}}'),
        (SettingsChange({"temperature": 1.2}), '{"manner":{"temperature":1.2}}'),
        (LookaheadChange({"width": 8}), '{"ahead":{"width":8}}'),
        (Rate(15.0), '{"rate":15.0}'),
        (Rate("max"), '{"rate":"max"}'),
        (Came(83.25), '{"at":83.25}'),
        (Admitted(0.3), '{"admitted":0.3}'),
        (Epoch(2), '{"epoch":2}'),
        (Change(swaps="a"), '{"swaps":"a"}'),
        (Character(3, 97), "[3,97]"),
        (Character(3, 97, ["a"]), '[3,97,["a"]]'),
        (Character(3, 97, None, 0), "[3,97,null,0]"),
        (Character(3, 97, None, 1, 0), "[3,97,null,1,0]"),
        (Character(3, 97, [], 1, 2), "[3,97,[],1,2]"),
    ],
)
def test_a_line_has_the_bytes_that_it_always_had(line: Line, raw: str) -> None:
    assert format.encode(line) == raw.encode() + b"\n"


def test_a_member_keeps_the_names_that_journals_know() -> None:
    member = Member(Card("a", "A", "#112233"), 66, 5)
    record = json.loads(format.encode(Change(joins=member)))["joins"]
    assert (record["chair"], record["ticket"]) == (66, 5)


def test_keys_of_a_later_version_are_ignored() -> None:
    assert format.parse(b'{"rate":3.0,"why":"because"}') == Rate(3.0)
    assert format.parse(b'{"applause":9}') == Change()


@pytest.mark.parametrize("raw", [b"", b"x", b"[1]", b'["a",1]', b'{"rate":"fast"}', b'{"weights":[1]}', b"7"])
def test_anything_but_a_line_is_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        format.parse(raw)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no journal"),
        ('{"rate":1.0}\n', "not a journal"),
        ('{"chorus":2,"seed":1,"styles":{}}\n', "not a journal of format 1"),
        ('{"chorus":1,"seed":1,"styles":{}}\n{"chorus":1,"seed":1,"styles":{}}\n', "damaged at byte 34"),
        ('{"chorus":1,"seed":1,"styles":{}}\n[1,97\n', "damaged at byte 34"),
    ],
)
def test_a_file_that_is_no_journal_is_named_with_the_byte(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "j").write_text(text)
    with pytest.raises(EnsembleError, match=message):
        list(format.lines(tmp_path / "j"))


@given(st.binary(max_size=200))
def test_any_bytes_are_lines_or_an_error(tmp_path_factory: Any, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("j") / "j"
    path.write_bytes(b'{"chorus":1,"seed":1,"styles":{}}\n' + raw)
    with contextlib.suppress(EnsembleError):
        assert isinstance(next(format.lines(path)), Header)
        list(format.lines(path))
