"""Starts the processes beside an ensemble, each with a configuration made of the settings."""

import socket
from collections.abc import Sequence
from typing import Any

from controllers import runner
from controllers.osc.bridge import BridgeConfig
from deploy.session.supervisor import Supervisor

HERE = ("127.0.0.1", "localhost")
ELSEWHERE = {"0.0.0.0": "192.0.2.1", "::": "2001:db8::1"}  # addresses that nobody has


def start_osc(
    supervisor: Supervisor, port: int, host: str = HERE[0], allowed: Sequence[Any] = (), name: str = ""
) -> None:
    """Start the OSC bridge. `allowed`: networks that are let in; `name`: under which it is announced."""
    # on loopback nobody looks for it, and to answer multicast is to listen beyond
    name = name or (f"Chorus on {socket.gethostname()}" if host not in HERE else "")
    endpoints, networks = supervisor.session.endpoints, [str(network) for network in allowed]
    config = BridgeConfig(endpoints=endpoints, host=host, port=port, allowed=networks, name=name)
    supervisor.start("OSC", "controllers.osc.bridge", config)


def start_page(supervisor: Supervisor, host: str, port: int, address: str = "") -> None:
    """Start the page for browsers."""
    from display.page.server import PageConfig  # loads a server, which most performances do without

    address = address or address_of(host, port)
    config = PageConfig(endpoints=supervisor.session.endpoints, host=host, port=port, address=address)
    supervisor.start("page", "display.page.server", config)


def start_controls(supervisor: Supervisor, controls: Sequence[list[str]]) -> None:
    """Start controllers, of each the kind and its flags."""
    for k, argv in enumerate(controls):
        config = runner.ControlConfig(endpoints=supervisor.session.endpoints, argv=argv)
        name = argv[0] + (f" {k}" if k else "")
        supervisor.start(name, "controllers.runner", config, once=argv[0] in runner.FROM_THE_START)


def address_of(host: str, port: int) -> str:
    """The URL of a page that listens there; of one that listens everywhere, by this machine's address in the network."""
    if host in ELSEWHERE:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((ELSEWHERE[host], 9))  # of a datagram socket this sends nothing
                host = str(probe.getsockname()[0])
            except OSError:  # there is no network
                host = socket.gethostname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
