"""Checks of Chorus itself on this machine: its styles, ports, token and keys, and what killed sessions left behind.

Each function examines one thing, changes nothing, and returns what it found. Processes are known by the session's name in
their environment, by the folder they work for, or by the shared memory they hold.
"""

import contextlib
import ipaddress
import os
import re
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from actors import EnsembleError
from actors.wire import keys
from deploy import paths
from deploy.doctor.findings import MOST_NAMED, Finding, fault, few, ok, warning
from deploy.ensemble import node
from deploy.session.session import MARK
from models import ModelsError, package

OSC_PORT = 9000  # as `chorus play` listens unless told otherwise
SHM, TMP = Path("/dev/shm"), Path("/tmp")
YOUNG_S = 10.0  # what is younger may belong to a session that is just being started


def styles() -> Finding:
    """Cards and weights: each package is read as an engine would read it."""
    complaints: list[ModelsError] = []
    whole = package.installed(package.roots(), complaints.append)
    for style in whole.values():
        try:
            style.weights()
        except ModelsError as e:
            complaints.append(e)
    if complaints:
        return fault(f"{len(complaints)} cannot be played: {few(map(str, complaints))}", "copy those folders again")
    if not whole:
        return fault("none is installed", 'train one:  chorus train TEXT --name "Title"')
    return ok(f"{len(whole)} can be loaded")


def osc_port() -> Finding:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            udp.bind(("127.0.0.1", OSC_PORT))
        except OSError as e:
            holders = _holders("udp", OSC_PORT)
            if any(session_of(process) for process in holders):
                return ok(f"UDP port {OSC_PORT} is Chorus's own: it is playing")
            return fault(
                f"UDP port {OSC_PORT} cannot be had ({e.strerror}): {_named(holders)}",
                "end that program, or choose another port:  chorus play --osc-port 9001",
            )
    return ok(f"UDP port {OSC_PORT} is free")


def ray_port() -> Finding:
    """The port of Ray is also that of Redis: a head is known by its HTTP/2 (gRPC)."""
    heard = {
        connection.laddr.ip
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == node.PORT
    }
    if not heard:
        return ok(f"TCP port {node.PORT} is free: no head runs here")
    if any(_speaks_http2(ip, node.PORT) for ip in heard):
        return ok(f"a head answers at TCP port {node.PORT}")
    return fault(
        f"TCP port {node.PORT} is taken by a program that is not a head of Ray: {_named(_holders('tcp', node.PORT))}",
        "end that program (often Redis), or choose another port:  chorus node --head --port 6380",
    )


def token() -> Finding:
    if not paths.TOKEN.exists():
        return ok("none: this machine plays alone;  chorus node --head  makes one, a node needs a copy of the head's")
    if not paths.TOKEN.is_file() or not paths.TOKEN.stat().st_size:
        return fault(
            f"{paths.TOKEN} is empty or no file",
            f"remove it, and copy the head's:  scp HEAD:{paths.TOKEN} {paths.TOKEN}",
        )
    return _secret(paths.TOKEN) or ok(f"{paths.TOKEN} is there, for its owner alone")


def client_keys() -> Finding:
    if not (paths.KEYS / "server.toml").exists():  # reading it would make one
        return ok("none: nobody is let in from another machine;  chorus keys new NAME  makes one")
    try:
        names = sorted(keys.clients(paths.KEYS).values())
        keys.server(paths.KEYS)
    except EnsembleError as e:
        return fault(str(e), f"remove {paths.KEYS}, and make the keys anew:  chorus keys new NAME")
    return _secret(paths.KEYS / "server.toml") or ok(f"{len(names)} clients have one: {few(names)}")


def left_behind() -> Finding:
    """Tapes, semaphores and folders of sessions and nodes of which no process lives; only one's own can be judged."""
    old = time.time() - YOUNG_S
    found: dict[str, list[str]] = {}
    for folder in (TMP, SHM):
        for path in [*folder.glob("chorus-*"), *folder.glob("sem.chorus-*")]:
            with contextlib.suppress(OSError):
                if path.stat().st_uid == os.getuid() and path.stat().st_mtime < old:
                    # a session's semaphores are many: they are removed by one pattern
                    kind = str(path) if not path.name.startswith("sem.") else f"{folder}/sem.{_owner(path.name)}*"
                    found.setdefault(_owner(path.name), []).append(kind)
    living = set(_living()) if found else set()
    dead = {name: sorted(set(paths)) for name, paths in found.items() if name not in living}
    if not dead:
        return ok("nothing")
    paths = " ".join(path for name in list(dead)[:MOST_NAMED] for path in dead[name])
    return warning(f"by sessions that were killed: {few(dead)}", f"rm -r {paths}")


def listening() -> Finding:
    heard = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if session_of(process) or any("/tmp/chorus-" in word for word in process.cmdline()):
                for connection in process.net_connections("inet"):
                    waits = connection.type == socket.SOCK_DGRAM and not connection.raddr
                    if (waits or connection.status == psutil.CONN_LISTEN) and not _loopback(connection.laddr.ip):
                        heard.add(f"{process.name()} at {_address(connection.laddr.ip, connection.laddr.port)}")
    if heard:
        return warning(
            f"others can reach {len(heard)} ports: {few(sorted(heard))}",
            "right in a network that no stranger can enter; elsewhere close them in this machine's firewall",
        )
    return ok("nothing of ours listens beyond this machine")


def session_of(process: psutil.Process) -> str:
    """The session a process belongs to; empty for none, and for one that may not be asked."""
    try:
        return str(process.environ().get(MARK, ""))
    except (psutil.Error, OSError):
        return ""


def _secret(path: Path) -> Finding | None:
    """The finding for a secret file that others may read, or None."""
    found = path.stat()
    if found.st_uid != os.getuid():
        return fault(f"{path} belongs to another user", f"chown {os.getuid()} {path}")
    if stat.S_IMODE(found.st_mode) & 0o077 or not os.access(path, os.R_OK):
        return fault(f"{path} is not for its owner alone ({stat.S_IMODE(found.st_mode):04o})", f"chmod 600 {path}")
    return None


def _living() -> Iterator[str]:
    """Names of sessions and nodes that a process belongs to, works for, or holds the memory of."""
    ours = re.compile(rf"(?:{re.escape(str(TMP))}|{re.escape(str(SHM))})/((?:sem\.)?chorus-[\w.-]+)")
    for process in psutil.process_iter():
        yield session_of(process)
        with contextlib.suppress(psutil.Error, OSError):
            words = " ".join(process.cmdline()) + Path(f"/proc/{process.pid}/maps").read_text()
            yield from map(_owner, ours.findall(words))


def _owner(name: str) -> str:
    """`sem.chorus-1a2b-n1.wake3` and `chorus-1a2b-n1` are of `chorus-1a2b`."""
    return re.sub(r"(-n\d+)?(\.(wake|done)\d+)?$", "", name.removeprefix("sem."))


def _holders(kind: str, port: int) -> list[psutil.Process]:
    pids = {c.pid for c in psutil.net_connections(kind) if c.laddr and c.laddr.port == port and c.pid}
    return [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]


def _named(processes: list[psutil.Process]) -> str:
    return ", ".join(f"{p.name()} (process {p.pid})" for p in processes) or "a program of another user"


def _speaks_http2(ip: str, port: int) -> bool:
    """True when the answer to HTTP/2's greeting is a SETTINGS frame."""
    try:
        with socket.create_connection((_reachable(ip), port), timeout=1.0) as tcp:
            tcp.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
            answer = tcp.recv(9)
    except OSError:
        return False
    return len(answer) > 3 and answer[3] == 4


def _reachable(ip: str) -> str:
    """An address that reaches a socket listening at `ip`: one that listens everywhere listens on loopback, too."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(ip, ip)


def _address(ip: str, port: int) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def _loopback(ip: str) -> bool:
    address = ipaddress.ip_address(ip.split("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
