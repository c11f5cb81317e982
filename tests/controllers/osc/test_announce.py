"""Zeroconf: what is announced, and that a browser of another instance hears it come and go."""

import socket
import time
from collections.abc import Callable

import pytest
from zeroconf import ServiceBrowser, ServiceStateChange, Zeroconf

from controllers.osc import announce
from controllers.osc.announce import OSC, QUERY, Announcement, addresses, services

LOOPBACK = ["127.0.0.1"]


def test_osc_and_oscquery_are_announced_under_the_name() -> None:
    osc, query = services("Chorus on stage", LOOPBACK, 9000, 9001)
    assert (osc.name, osc.port) == ("Chorus on stage._osc._udp.local.", 9000)
    assert (query.name, query.port) == ("Chorus on stage._oscjson._tcp.local.", 9001)
    assert osc.parsed_addresses() == query.parsed_addresses() == LOOPBACK
    assert [service.type for service in services("x", LOOPBACK, 9000, 0)] == [OSC]


@pytest.mark.parametrize("name", ["", "\n", "ü" * 100, "a.b", "Chorus\0 on \x1bstage", "._osc._udp.local."])
def test_any_name_can_be_announced(name: str) -> None:
    for service in services(name, LOOPBACK, 9000, 9000):
        label = service.name.removesuffix(f".{service.type}")
        assert label.isprintable()
        assert 0 < len(label.encode()) < 63


def test_a_program_that_listens_everywhere_is_reached_at_the_addresses_of_this_machine() -> None:
    assert addresses("localhost") == addresses("127.0.0.1") == LOOPBACK
    everywhere = addresses("0.0.0.0")
    assert everywhere == LOOPBACK or not any(address.startswith("127.") for address in everywhere)


def test_without_a_network_one_line_is_printed_and_osc_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_network(**_: object) -> Zeroconf:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(announce, "Zeroconf", no_network)
    Announcement("Chorus", "127.0.0.1", 9000, 9000).end()
    (line,) = capsys.readouterr().err.splitlines()
    assert "not announced on the network (Network is unreachable)" in line


class Browser:
    """Hears who comes and goes on loopback."""

    def __init__(self) -> None:
        self.here: dict[str, int] = {}
        self.zeroconf = Zeroconf(interfaces=LOOPBACK)
        self.browser = ServiceBrowser(self.zeroconf, [OSC, QUERY], handlers=[self._changed])

    def _changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Removed:
            self.here.pop(name, None)
        elif found := zeroconf.get_service_info(service_type, name, timeout=3000):
            self.here[name] = found.port or 0

    def until(self, true: Callable[[dict[str, int]], bool]) -> dict[str, int]:
        end = time.monotonic() + 20
        while not true(self.here):
            assert time.monotonic() < end, self.here
            time.sleep(0.05)
        return dict(self.here)


@pytest.mark.slow
def test_a_browser_hears_it_come_and_go() -> None:
    try:
        browser = Browser()
    except OSError as e:
        pytest.skip(f"no multicast here: {e}")
    name = f"Chorus test {socket.gethostname()} {time.monotonic_ns()}"
    try:
        began = time.monotonic()
        first = Announcement(name, "127.0.0.1", 9000, 9001)
        assert time.monotonic() - began < 0.5  # it does not hold up who begins
        both = {f"{name}.{OSC}": 9000, f"{name}.{QUERY}": 9001}
        browser.until(lambda here: both.items() <= here.items())
        second = Announcement(name, "127.0.0.1", 9002, 0)  # one more of the same name
        browser.until(lambda here: 9002 in here.values())
        first.end()
        browser.until(lambda here: not both.keys() & here.keys())
        second.end()
        browser.until(lambda here: 9002 not in here.values())
    finally:
        browser.zeroconf.close()
