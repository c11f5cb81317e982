"""Announces OSC and OSCQuery on the network by zeroconf, so that surfaces find them by themselves.

It runs when OSC is open to others, in a thread of its own, and takes seconds to begin and to end. On a network without
multicast it says so once, and ends.
"""

import socket
import sys
import threading
from collections.abc import Sequence

import psutil
from zeroconf import Error, IPVersion, ServiceInfo, Zeroconf

OSC, QUERY = "_osc._udp.local.", "_oscjson._tcp.local."
LONGEST_NAME = 50  # bytes of the 63 of a DNS label: a second one of that name is called "… (2)", or "…-2"
GOODBYE_S = 3.0
ANY = "0.0.0.0"


class Announcement:
    """Announces the services until `end`."""

    def __init__(self, name: str, host: str, osc_port: int, query_port: int) -> None:
        """`host`: the address where they listen; `query_port` 0: there is no OSCQuery."""
        self._where = name, host, osc_port, query_port
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._announce, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Withdraws the announcement, so that others forget us at once."""
        self._ended.set()
        self._thread.join(GOODBYE_S)

    def _announce(self) -> None:
        try:
            name, host, osc_port, query_port = self._where
            reached_at = addresses(host)
            zeroconf = Zeroconf(interfaces=reached_at, ip_version=IPVersion.V4Only)
            try:
                for service in services(name, reached_at, osc_port, query_port):
                    zeroconf.register_service(service, allow_name_change=True)
                self._ended.wait()
            finally:
                zeroconf.close()  # says goodbye
        except (OSError, Error) as e:
            line = f"OSC is not announced on the network ({e or type(e).__name__}): tell surfaces where it is"
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - the session's log


def services(name: str, addresses: Sequence[str], osc_port: int, query_port: int) -> list[ServiceInfo]:
    """The services under `name`: OSC, and OSCQuery if there is any."""
    label = _label(name)
    server = (
        f"chorus-{socket.gethostname().split('.')[0]}.local."  # our own; the machine's name may be another program's
    )
    packed = [socket.inet_aton(address) for address in addresses]
    kinds = [(OSC, osc_port), *([(QUERY, query_port)] if query_port else [])]
    return [ServiceInfo(kind, f"{label}.{kind}", port, addresses=packed, server=server) for kind, port in kinds]


def addresses(host: str) -> list[str]:
    """The IPv4 addresses of a program that listens at `host`."""
    if host != ANY:
        return [socket.gethostbyname(host)]
    found = [a.address for all_of in psutil.net_if_addrs().values() for a in all_of if a.family == socket.AF_INET]
    return [address for address in found if not address.startswith("127.")] or ["127.0.0.1"]


def _label(name: str) -> str:
    """The name as a DNS label."""
    printable = "".join(c for c in name if c.isprintable()).strip() or "Chorus"
    return printable.encode()[:LONGEST_NAME].decode(errors="ignore")
