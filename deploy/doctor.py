"""`chorus doctor`: examines this machine before an opening, and says for every finding what to do about it.

A check is a row of CHECKS: a name, and a function that looks at one thing. Nothing is changed or removed. A check that
crashes is a finding like another, so one broken driver does not hide the rest.
"""

import argparse
import contextlib
import importlib.metadata
import ipaddress
import json
import os
import platform
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import posix_ipc
import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors import tape
from deploy import node
from deploy.node import TOKEN
from deploy.play import JOURNALS, has_display
from deploy.session import MARK, QUIET_RAY
from models import ModelsError, package

Level = Literal["ok", "warning", "fault"]

MB = 1_000_000
LEAST_PYTHON = (3, 11)
OSC_PORT = 9000  # as `chorus play` listens unless told otherwise
SHM, TMP = Path("/dev/shm"), Path("/tmp")
PAGE = 4096  # each of a tape's semaphores takes one
TAPE_BYTES = tape.SIZE + 2 * tape.SLOTS * PAGE
STYLE_BYTES = 75 * MB  # a style's process without its weights: 76 MB resident with a 1x512
LEAST_DISK, EASY_DISK = 100 * MB, 1000 * MB  # at 15 characters a second a journal grows by 18 MB a day
WRITTEN = {"journals": JOURNALS, "styles": package.OWN, "sockets and logs": TMP}
CGROUP = Path("/sys/fs/cgroup")
CONSTRAINTS = Path(__file__).parent / "constraints.txt"
PATIENCE_S = 60.0
YOUNG_S = 10.0  # what is younger may belong to a session that is just being started
MOST_NAMED = 6

MODULES = {  # what each of our dependencies is called when it is imported
    "anyascii": "anyascii",
    "msgspec": "msgspec",
    "numpy": "numpy",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime",
    "posix_ipc": "posix_ipc",
    "psutil": "psutil",
    "pygame-ce": "pygame",
    "python-osc": "pythonosc",
    "pyzmq": "zmq",
    "ray": "ray",
    "rich": "rich",
    "safetensors": "safetensors",
    "tomli-w": "tomli_w",
}


@dataclass(frozen=True)
class Finding:
    """What a check found, in one line, and what the user does about it; `do` is empty when there is nothing to do."""

    level: Level
    says: str
    do: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def run(args: argparse.Namespace) -> int:
    """0 when there is no fault, 1 when there is one; warnings do not count."""
    with Console(stderr=True).status("examining this machine"):
        findings = {name: examined(check) for name, check in CHECKS.items()}
    if args.json:
        print(json.dumps([{"check": name} | asdict(finding) for name, finding in findings.items()], indent=1))
    else:
        show(findings, Console(highlight=False))
    return 1 if any(finding.level == "fault" for finding in findings.values()) else 0


def examined(check: Callable[[], Finding]) -> Finding:
    """What a check finds; its crash is a fault, and says where."""
    try:
        return check()
    except Exception as e:
        last = e.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        where = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last is not None else "?"
        return Finding("fault", f"the check crashed: {type(e).__name__}: {e} ({where})", "report this as an error")


def show(findings: dict[str, Finding], console: Console) -> None:
    colours = {"ok": "green", "warning": "yellow", "fault": "bold red"}
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, finding in findings.items():
        says = Text(finding.says)
        if finding.do:
            says.append(f"\n→ {finding.do}", "bold" if finding.level == "fault" else "")
        table.add_row(Text(finding.level, colours[finding.level]), name, says)
    console.print(table)
    counts = [sum(finding.level == level for finding in findings.values()) for level in ("fault", "warning")]
    named = [f"{n} {word}{'s' * (n > 1)}" for n, word in zip(counts, ("fault", "warning"), strict=True) if n]
    console.print(" and ".join(named) if named else "this machine is ready")


def python() -> Finding:
    version = platform.python_version()
    if sys.version_info < LEAST_PYTHON:
        return Finding("fault", f"Python {version} is too old", "install Python 3.11 or newer, then  make install")
    return Finding("ok", f"Python {version}; all machines of a cluster need the same")


def packages() -> Finding:
    """Imported in a process of their own: a library that kills its process is then found, and not felt."""
    told = (
        "import importlib, sys\nfor name in sys.argv[1:]:\n"
        "    try: importlib.import_module(name); print('+', name, flush=True)\n"
        "    except Exception as e: print('-', name, type(e).__name__, str(e).split('\\n')[0], flush=True)"
    )
    ran = _python(told, *MODULES.values())
    lines = [line.split(" ", 2) for line in ran.stdout.splitlines() if line[:2] in ("+ ", "- ")]
    bad = [f"{name} ({why[0] if why else ''})" for mark, name, *why in lines if mark == "-"]
    if len(lines) < len(MODULES):
        bad.append(f"{list(MODULES.values())[len(lines)]} (it ends Python with code {ran.returncode})")
    if bad:
        return Finding("fault", f"cannot be imported: {', '.join(bad)}", "make install")
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", CONSTRAINTS.read_text(), re.M)) if CONSTRAINTS.exists() else {}
    have = {name: importlib.metadata.version(name) for name in MODULES}
    other = [
        f"{name} {have[name]} instead of {version}"
        for pin, version in pinned.items()
        if (name := next((n for n in have if _same_name(n, pin)), "")) and have[name] != version
    ]
    if other:
        return Finding("warning", f"not the versions that were tested: {', '.join(other)}", "make install")
    return Finding("ok", f"{len(MODULES)} packages can be imported, among them ray {have.get('ray', '?')}")


def osc_port() -> Finding:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            udp.bind(("127.0.0.1", OSC_PORT))
        except OSError as e:
            holders = _holders("udp", OSC_PORT)
            if any(_session(process) for process in holders):
                return Finding("ok", f"UDP port {OSC_PORT} is Chorus's own: it is playing")
            return Finding(
                "fault",
                f"UDP port {OSC_PORT} cannot be had ({e.strerror}): {_named(holders)}",
                "end that program, or choose another port:  chorus play --osc-port 9001",
            )
    return Finding("ok", f"UDP port {OSC_PORT} is free")


def ray_port() -> Finding:
    """Redis has the same port as Ray: who listens is asked, and a head speaks HTTP/2 (gRPC)."""
    heard = {
        connection.laddr.ip
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == node.PORT
    }
    if not heard:
        return Finding("ok", f"TCP port {node.PORT} is free: no head runs here")
    if any(_speaks_http2(ip, node.PORT) for ip in heard):
        return Finding("ok", f"a head answers at TCP port {node.PORT}")
    return Finding(
        "fault",
        f"TCP port {node.PORT} is taken by what is no head of Ray: {_named(_holders('tcp', node.PORT))}",
        "end that program (often Redis), or choose another port:  chorus node --head --port 6380",
    )


def shared_memory() -> Finding:
    more = "mount a tmpfs there, or give the container more:  --shm-size=256m"
    if not SHM.is_dir():
        return Finding("fault", f"{SHM} is missing: styles and coordinator meet there", more)
    free = _free(SHM)
    if not os.access(SHM, os.W_OK | os.X_OK):
        return Finding("fault", f"{SHM} cannot be written", f"chmod 1777 {SHM}")
    if free < TAPE_BYTES:
        return Finding("fault", f"{SHM} is full: {_mb(free)} free, a tape takes {_mb(TAPE_BYTES)}", more)
    if free < TAPE_BYTES + node.OBJECT_STORE_BYTES:
        return Finding("warning", f"{SHM} has {_mb(free)} free: Ray will put its object store on the disk", more)
    return Finding("ok", f"{SHM} has {_mb(free)} free, {_mb(TAPE_BYTES + node.OBJECT_STORE_BYTES)} are needed")


def semaphores() -> Finding:
    name = f"/chorus-doctor-{os.getpid()}"
    try:
        posix_ipc.Semaphore(name, posix_ipc.O_CREX, mode=0o600).close()
        posix_ipc.unlink_semaphore(name)
    except (posix_ipc.Error, OSError) as e:
        return Finding(
            "fault", f"no POSIX semaphore can be made ({e})", f"{SHM} must be a tmpfs that everyone may write"
        )
    return Finding("ok", "POSIX semaphores can be made")


def disk() -> Finding:
    """The folders may not exist yet: what counts is where they will be."""
    told, level, do = [], "ok", ""
    for what, folder in WRITTEN.items():
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            return Finding("fault", f"{what} cannot be written to {folder}", f"give this user the folder {there}")
        free = _free(there)
        told.append(f"{_mb(free)} for {what}")
        if free < LEAST_DISK:
            return Finding("fault", f"{there} is full: {_mb(free)} left for {what}", "make room there")
        if free < EASY_DISK:
            level, do = "warning", f"make room in {there}: a journal grows by 18 MB a day at 15 characters a second"
    return Finding("warning" if level == "warning" else "ok", f"free: {', '.join(told)}", do)


def memory() -> Finding:
    styles = package.installed(package.roots(), lambda _: None).values()
    needed = sum(STYLE_BYTES + style.architecture.parameters for style in styles)
    machine = psutil.virtual_memory()
    total, free = min(machine.total, _limit("memory.max")), machine.available
    if total < machine.total:
        free = min(free, total - _limit("memory.current"))
    says = f"{len(styles)} styles take about {_mb(needed)} and Ray its own; {_mb(free)} of {_mb(total)} are free"
    if needed > total:
        return Finding("fault", says, "load fewer:  chorus play --only STYLE,STYLE  or spread them over more machines")
    if needed > free and not any(_session(process) for process in psutil.process_iter()):
        return Finding("warning", says, "close other programs, or load fewer:  chorus play --only STYLE,STYLE")
    return Finding("ok", says)


def processors() -> Finding:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    machine = platform.machine()
    says = f"{count} processor{'s' * (count > 1)}, {machine}"
    if machine.lower() not in ("x86_64", "amd64"):
        return Finding("warning", f"{says}: Chorus was only ever measured on x86-64", "rehearse before you rely on it")
    if count < 2:
        return Finding("warning", f"{says}: window and styles share it", "use a machine with two or more")
    return Finding("ok", says)


def gpu() -> Finding:
    program = shutil.which("nvidia-smi")
    if program is None:
        return Finding("ok", "none: styles run on the processor")
    asked = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    ran = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if ran.returncode or not ran.stdout.strip():
        why = _last(ran.stdout + ran.stderr)
        return Finding("warning", f"its driver does not answer: {why}", "start the machine again, or its driver anew")
    return Finding("ok", "; ".join(ran.stdout.strip().splitlines()))


def screen() -> Finding:
    if not has_display():
        return Finding(
            "warning",
            "none: DISPLAY and WAYLAND_DISPLAY are not set",
            "chorus play --headless  needs none; for a projector see deploy/README.md",
        )
    ran = _python(
        "import pygame; pygame.display.init(); w, h = pygame.display.get_desktop_sizes()[0]; "
        "print(f'{w} x {h} ({pygame.display.get_driver()})')"
    )
    if ran.returncode:
        asked = ", ".join(
            f"{k}={os.environ[k]}" for k in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER") if k in os.environ
        )
        return Finding(
            "fault",
            f"no window can be opened ({asked}): {_last(ran.stderr)}",
            "start the screen first, as its own user, or  unset  what points to none",
        )
    return Finding("ok", _last(ran.stdout))


def midi() -> Finding:
    """mido is no dependency of ours; without a sequencer its back end raises SystemError."""
    try:
        import mido  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ModuleNotFoundError:
        return Finding("ok", "mido is not installed, so no ports are listed; Chorus is played by mouse, keys and OSC")
    try:
        ports = mido.get_input_names()
    except (SystemError, ImportError, OSError) as e:
        return Finding("warning", f"its ports cannot be listed: {e}", "load the kernel's sequencer:  modprobe snd-seq")
    return Finding("ok", f"ports: {', '.join(ports)}" if ports else "no port")


def token() -> Finding:
    try:
        found = TOKEN.stat()
    except FileNotFoundError:
        return Finding(
            "ok", "none: this machine plays alone;  chorus node --head  makes one, a node needs a copy of the head's"
        )
    if not stat.S_ISREG(found.st_mode) or not found.st_size:
        return Finding(
            "fault", f"{TOKEN} is empty or no file", f"remove it, and copy the head's:  scp HEAD:{TOKEN} {TOKEN}"
        )
    if found.st_uid != os.getuid():
        return Finding("fault", f"{TOKEN} belongs to another user", f"chown {os.getuid()} {TOKEN}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Finding("fault", f"others may read {TOKEN} ({stat.S_IMODE(found.st_mode):04o})", f"chmod 600 {TOKEN}")
    if not os.access(TOKEN, os.R_OK):
        return Finding("fault", f"{TOKEN} cannot be read", f"chmod 600 {TOKEN}")
    return Finding("ok", f"{TOKEN} is there, for its owner alone")


def clock() -> Finding:
    program = shutil.which("timedatectl")
    asked = [program or "", "show", "-p", "NTPSynchronized", "--value"]
    ran = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE_S, check=False) if program else None
    said = ran.stdout.strip() if ran else ""
    if said == "yes":
        return Finding("ok", "synchronised")
    if said == "no":
        return Finding(
            "warning", "not synchronised: OSC bundles with a time come early or late", "timedatectl set-ntp true"
        )
    return Finding(
        "warning", "timedatectl cannot say whether it is synchronised", "look at this machine's time service"
    )


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
        return Finding(
            "fault", f"{len(complaints)} cannot be played: {_few(map(str, complaints))}", "copy those folders again"
        )
    if not whole:
        return Finding("fault", "none is installed", 'train one:  chorus train TEXT --name "Title"')
    return Finding("ok", f"{len(whole)} can be loaded")


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
        return Finding("ok", "nothing")
    paths = " ".join(path for name in list(dead)[:MOST_NAMED] for path in dead[name])
    return Finding("warning", f"by sessions that were killed: {_few(dead)}", f"rm -r {paths}")


def listening() -> Finding:
    heard = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if _session(process) or any("/tmp/chorus-" in word for word in process.cmdline()):
                for connection in process.net_connections("inet"):
                    waits = connection.type == socket.SOCK_DGRAM and not connection.raddr
                    if (waits or connection.status == psutil.CONN_LISTEN) and not _loopback(connection.laddr.ip):
                        heard.add(f"{process.name()} at {connection.laddr.ip}:{connection.laddr.port}")
    if heard:
        return Finding(
            "warning",
            f"others can reach {len(heard)} ports: {_few(sorted(heard))}",
            "right for a cluster, or OSC from other devices, in a network of its own; else let no one else into it",
        )
    return Finding("ok", "nothing of ours listens beyond this machine")


CHECKS: dict[str, Callable[[], Finding]] = {
    "Python": python,
    "packages": packages,
    "styles": styles,
    "processors": processors,
    "memory": memory,
    "GPU": gpu,
    "shared memory": shared_memory,
    "semaphores": semaphores,
    "disk": disk,
    "screen": screen,
    "OSC": osc_port,
    "MIDI": midi,
    "Ray": ray_port,
    "token": token,
    "clock": clock,
    "left behind": left_behind,
    "listening": listening,
}


def _python(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a few lines in a Python like this one; what lies in the current folder is not imported."""
    command = [sys.executable, "-P", "-c", code, *arguments]
    environment = os.environ | QUIET_RAY
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
    )


def _same_name(one: str, other: str) -> bool:
    return re.sub(r"[-_.]+", "-", one).lower() == re.sub(r"[-_.]+", "-", other).lower()


def _session(process: psutil.Process) -> str:
    """The session a process belongs to; empty for none, and for one that may not be asked."""
    try:
        return str(process.environ().get(MARK, ""))
    except (psutil.Error, OSError):
        return ""


def _living() -> Iterator[str]:
    """Names of sessions and nodes that a process belongs to, works for, or holds the memory of."""
    ours = re.compile(rf"(?:{re.escape(str(TMP))}|{re.escape(str(SHM))})/((?:sem\.)?chorus-[\w.-]+)")
    for process in psutil.process_iter():
        yield _session(process)
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
    """Whether the answer to HTTP/2's greeting is a SETTINGS frame."""
    try:
        with socket.create_connection((_reachable(ip), port), timeout=1.0) as tcp:
            tcp.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
            answer = tcp.recv(9)
    except OSError:
        return False
    return len(answer) > 3 and answer[3] == 4


def _reachable(ip: str) -> str:
    """Where to knock at a socket that listens at `ip`: one that listens everywhere is also here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(ip, ip)


def _loopback(ip: str) -> bool:
    address = ipaddress.ip_address(ip.split("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _limit(name: str) -> int:
    """A figure of this container's cgroup; without one, more than any machine has."""
    try:
        return int((CGROUP / name).read_text())
    except (OSError, ValueError):
        return 1 << 62


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _mb(size: int) -> str:
    return f"{size / MB:,.0f} MB" if size < 10_000 * MB else f"{size / MB / 1000:,.0f} GB"


def _few(named: Iterable[str]) -> str:
    """The first few, and how many more there are."""
    names = list(named)
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[-1]
