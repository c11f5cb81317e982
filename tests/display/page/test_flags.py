"""The flags of `chorus play` for the page: where it is served, and the address that is shown."""

import argparse
import socket

import pytest

from deploy import UsageError, cli
from deploy.options import play, types
from deploy.session import launch
from display.page.http_access import open_socket


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("8080", ("127.0.0.1", 8080)),
        ("0.0.0.0:8080", ("0.0.0.0", 8080)),
        ("[::1]:80", ("::1", 80)),
        ("chorus.example:65535", ("chorus.example", 65535)),
    ],
)
def test_a_place_for_a_page_is_read(text: str, place: tuple[str, int]) -> None:
    assert types.parse_page(text) == place


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "x", "1.2.3.4", "1.2.3.4:", "1.2.3.4:http"])
def test_an_invalid_page_address_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        types.parse_page(text)


@pytest.mark.parametrize(
    "text", ["", "chorus.example", "ftp://x/", "http://", "http://x:y/", "http://x/\n", "http://[/"]
)
def test_a_url_that_no_browser_opens_is_refused(text: str) -> None:
    assert types.parse_page_address("https://chorus.example/") == "https://chorus.example/"
    with pytest.raises(argparse.ArgumentTypeError):
        types.parse_page_address(text)


def test_the_address_that_is_shown_is_one_that_a_browser_can_open() -> None:
    assert launch.address_of("127.0.0.1", 8080) == "http://127.0.0.1:8080/"
    assert launch.address_of("::1", 8080) == "http://[::1]:8080/"
    everywhere = launch.address_of("0.0.0.0", 8080)
    assert "0.0.0.0" not in everywhere
    assert types.parse_page_address(everywhere) == everywhere


def test_a_page_has_a_port_of_its_own_and_an_address_of_ours() -> None:
    with open_socket("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--page 127.0.0.1:{port}: .*choose another port"):
            play.check_page("127.0.0.1", port)
    with pytest.raises(UsageError, match="an address of this machine"):
        play.check_page("192.0.2.1", port)
    with pytest.raises(UsageError, match="choose another port"):
        play.check_page("no.such.host.invalid", port)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
    play.check_page("127.0.0.1", port)


@pytest.mark.parametrize("verb", ["play", "serve"])
def test_the_help_teaches_the_page(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([verb, "--help"])
    said = capsys.readouterr().out
    for flag in ("--page [HOST:]PORT", "--page-address URL", "--visitors SHARE"):
        assert flag in said
