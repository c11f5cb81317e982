"""HTTP access to the page: only its own page may pull, and any request has an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.page import http_access


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
