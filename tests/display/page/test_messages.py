"""Messages from a page: read strictly, or refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.page import PageError, messages
from display.page.messages import Since, Touch


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
