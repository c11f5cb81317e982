"""Hosts that are network namespaces: each with an address of its own, joined by a bridge that has a namespace too.

Nothing here has a default route, the test's own commands included: what is meant for a host that is cut off goes nowhere,
and not to a stranger.
"""

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

NET = "10.77.0"
ENDS_WITHIN_S = 5.0


class Hosts:
    """`count` hosts with the addresses 10.77.0.1 and on. Use as a context: they are gone afterwards."""

    def __init__(self, count: int) -> None:
        self.name = f"ch{secrets.token_hex(2)}"
        self.count = count

    def __enter__(self) -> "Hosts":
        try:
            self._add(self._bridge)
            _ip("-n", self._bridge, "link", "add", "br0", "type", "bridge")
            _ip("-n", self._bridge, "link", "set", "br0", "up")
            for host in range(1, self.count + 1):
                self._add(self.space(host))
                near, far = "eth0", f"{self.name}h{host}"
                _ip("-n", self.space(host), "link", "add", near, "type", "veth", "peer", "name", far)
                _ip("-n", self.space(host), "link", "set", far, "netns", self._bridge)
                _ip("-n", self._bridge, "link", "set", far, "master", "br0")
                _ip("-n", self._bridge, "link", "set", far, "up")
                _ip("-n", self.space(host), "addr", "add", f"{address(host)}/24", "dev", near)
                _ip("-n", self.space(host), "link", "set", near, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
        for space in (*(self.space(host) for host in range(1, self.count + 1)), self._bridge):
            subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)

    def clear(self) -> None:
        """Ends the processes left on a host: those of a killed parent may hold shared memory for a while."""
        left = []
        for host in range(1, self.count + 1):
            asked = ["ip", "netns", "pids", self.space(host)]
            pids = subprocess.run(asked, check=False, capture_output=True, text=True).stdout.split()
            for pid in map(int, pids):
                with contextlib.suppress(psutil.Error):
                    left.append(psutil.Process(pid))
                    left[-1].kill()
        psutil.wait_procs(left, ENDS_WITHIN_S)

    def cut(self, host: int) -> None:
        """Take the host's cable out."""
        _ip("-n", self._bridge, "link", "set", f"{self.name}h{host}", "down")

    def mend(self, host: int) -> None:
        _ip("-n", self._bridge, "link", "set", f"{self.name}h{host}", "up")

    def on(self, host: int, command: Sequence[str]) -> list[str]:
        """The command line by which `command` runs on a host."""
        return ["ip", "netns", "exec", self.space(host), *command]

    def _add(self, space: str) -> None:
        _ip("netns", "add", space)
        _ip("-n", space, "link", "set", "lo", "up")

    @property
    def _bridge(self) -> str:
        return f"{self.name}br"

    def space(self, host: int) -> str:
        """The name of a host's namespace."""
        return f"{self.name}n{host}"


def address(host: int) -> str:
    return f"{NET}.{host}"


HEAD = f"{address(1)}:6379"  # of Ray, on the first host


def role(host: int) -> list[str]:
    """The flags of `chorus node` on a host."""
    return [*(["--head"] if host == 1 else ["--address", HEAD]), "--ip", address(host)]


def possible() -> bool:
    """True when namespaces can be made here: it takes root, and the `ip` command."""
    has_ip = any((Path(folder) / "ip").exists() for folder in ("/sbin", "/usr/sbin", "/bin"))
    if sys.platform != "linux" or os.geteuid() or not has_ip:
        return False
    probe = f"chprobe{secrets.token_hex(2)}"
    made = subprocess.run(["ip", "netns", "add", probe], check=False, capture_output=True).returncode == 0
    subprocess.run(["ip", "netns", "del", probe], check=False, capture_output=True)
    return made


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
