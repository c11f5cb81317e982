"""Access from other machines; other tests borrow `outside` to be a stranger on a real socket."""

import argparse
import json
import socket
import subprocess
import sys

import pytest

from controllers import ControllerError, access
from controllers.access import Guests


def outside() -> str:
    """An address of this machine that is not its loopback: who comes from there is a stranger."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            udp.connect(("192.0.2.1", 9))  # nothing is sent
            address = str(udp.getsockname()[0])
        except OSError:
            address = "127.0.0.1"
    if address.startswith("127."):
        pytest.skip("this machine has no address but its loopback")
    return address


def test_this_machine_and_named_guests_are_let_in() -> None:
    guests = Guests(access.networks("10.0.0.0/24, 192.168.1.7,fd00::/8"))
    let_in = ("127.0.0.1", "127.3.2.1", "::1", "10.0.0.9", "192.168.1.7", "fd00::9")
    assert all(map(guests.lets_in, let_in))
    assert not any(map(guests.lets_in, ("192.168.1.8", "10.0.1.1", "0.0.0.0", "::", "fe80::1", "fe80::1%eth0")))
    assert not any(map(Guests().lets_in, let_in[3:]))


def test_an_address_within_a_network_stands_for_the_network() -> None:
    assert access.networks("10.0.0.9/24") == access.networks("10.0.0.0/24")
    assert access.networks(" , ") == []


@pytest.mark.parametrize("text", ["everybody", "10.0.0.0/33", "10.0.0", "host.local"])
def test_an_invalid_address_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"write addresses or networks, such as 192\.168\.1\.0/24"):
        access.networks(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
def test_a_port_that_only_this_machine_reaches_needs_no_names(host: str) -> None:
    assert access.guests(host, [], "--listen") == Guests([])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "stage.local"])
def test_a_port_that_others_reach_needs_some(host: str) -> None:
    with pytest.raises(ControllerError, match="--allow"):
        access.guests(host, [], "--listen")
    assert access.guests(host, access.networks("10.0.0.0/24"), "--listen").lets_in("10.0.0.7")


@pytest.mark.parametrize("argv", [["midi", "--tcp", "0.0.0.0:0"], ["gesture", "--listen", "0.0.0.0"]])
def test_a_controller_that_would_be_open_to_everybody_ends_with_one_line(argv: list[str]) -> None:
    config = json.dumps({"argv": argv, "endpoints": {"frames": "ipc:///nowhere/f", "desk": "ipc:///nowhere/d"}})
    ended = subprocess.run(
        [sys.executable, "-m", "controllers.runner"],
        input=config,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == f"{argv[1]} {argv[2]} opens a port to others: say to whom, with --allow 192.168.1.0/24\n"
