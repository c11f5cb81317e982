"""Who is let in from other machines: this one always, besides it the addresses and networks that were named. Pure.

A controller that opens a port asks for `guests` before it does, so that no port is open to others unless somebody said to
whom; it looks at every peer with `Guests.lets_in`, and neither follows nor answers strangers.
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
    """Who may come in, besides whoever is at this machine."""

    networks: Sequence[Network] = ()

    def lets_in(self, host: str) -> bool:
        """Whether a peer with this address is one of them."""
        address = ipaddress.ip_address(host)
        return address.is_loopback or any(address in network for network in self.networks)


def guests(host: str, allowed: Sequence[Network], flag: str) -> Guests:
    """Those of a port at `host`, for which `flag` asked. Raises ControllerError when others reach it and none is named."""
    if not allowed and not _is_here(host):
        raise ControllerError(f"{flag} opens a port to others: say to whom, with --allow 192.168.1.0/24")
    return Guests(allowed)


def add_argument(parser: argparse.ArgumentParser) -> None:
    """The flag that names them."""
    parser.add_argument(
        "--allow",
        type=networks,
        default=[],
        metavar="ADDRESS,…",
        help="who else is let in: addresses or networks, such as 192.168.1.0/24 (default: this machine alone)",
    )


def networks(text: str) -> list[Network]:
    """`192.168.1.7,10.0.0.0/24`, as argparse wants it."""
    try:
        return [ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()]
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"{e}: write addresses or networks, such as 192.168.1.0/24") from None


def _is_here(host: str) -> bool:
    """Whether nobody from another machine reaches a port at this address."""
    try:
        return host == HERE or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
