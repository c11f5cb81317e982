"""Access to the ports of controllers: this machine always, and the addresses and networks that were named. Pure.

A controller asks for `guests` before it opens a port, so that no port is open to others unless somebody named them. It
checks every peer with `Guests.lets_in`, and neither follows nor answers strangers.
"""

import argparse
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from controllers import ControllerError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HERE = "localhost"  # the only name that needs no looking up


@dataclass(frozen=True)
class Guests:
    """The peers that are let in, besides those on this machine."""

    networks: Sequence[Network] = ()

    def lets_in(self, host: str) -> bool:
        """True if a peer with this address is one of them."""
        address = ipaddress.ip_address(host)
        return address.is_loopback or any(address in network for network in self.networks)


def guests(host: str, allowed: Sequence[Network], flag: str) -> Guests:
    """The guests of a port at `host` that `flag` opens. Raises ControllerError when others reach it and none is named."""
    if not allowed and not _is_here(host):
        raise ControllerError(f"{flag} opens a port to others: say to whom, with --allow 192.168.1.0/24")
    return Guests(allowed)


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Adds the flag that names guests."""
    parser.add_argument(
        "--allow",
        type=networks,
        default=[],
        metavar="ADDRESS,…",
        help="others who are let in: addresses or networks, such as 192.168.1.0/24 (default: this machine alone)",
    )


def networks(text: str) -> list[Network]:
    """The networks in a flag such as `192.168.1.7,10.0.0.0/24`, as argparse wants them."""
    try:
        return [ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()]
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"{e}: write addresses or networks, such as 192.168.1.0/24") from None


def _is_here(host: str) -> bool:
    """True if a port at this address is reached from this machine alone."""
    try:
        return host == HERE or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
