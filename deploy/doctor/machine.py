"""Checks of the machine: software, memory, disk, processors, screen, clock.

Each function examines one thing, changes nothing, and returns what it found.
"""

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import posix_ipc
import psutil

from actors.section import tape
from deploy import paths
from deploy.doctor.findings import MB, PATIENCE_S, Finding, fault, last_line, megabytes, ok, warning
from deploy.doctor.installation import SHM, TMP, session_of
from deploy.ensemble import node
from deploy.session.session import QUIET_RAY
from deploy.session.windows import has_display
from models import package

LEAST_PYTHON = (3, 11)
PAGE = 4096  # each of a tape's semaphores takes one
TAPE_BYTES = tape.SIZE + 2 * tape.SLOTS * PAGE
STYLE_BYTES = 75 * MB  # a style's process without its weights: 76 MB resident with a 1x512
LEAST_DISK, EASY_DISK = 100 * MB, 1000 * MB  # at 15 characters a second a journal grows by 18 MB a day
WRITTEN = {"journals": paths.JOURNALS, "styles": paths.STYLES, "sockets and logs": TMP}
CGROUP = Path("/sys/fs/cgroup")
CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"

ALIKE = "anyascii mido msgspec numpy onnx onnxruntime posix_ipc psutil ray rich safetensors segno websockets zeroconf"
MODULES = {  # what each of our dependencies is called when it is imported
    **{name: name for name in ALIKE.split()},
    **{"pygame-ce": "pygame", "python-osc": "pythonosc", "pyzmq": "zmq", "tomli-w": "tomli_w"},
}
if sys.version_info < (3, 13):  # for newer ones there is none; MIDI then comes over TCP
    MODULES["python-rtmidi"] = "rtmidi"


def python() -> Finding:
    version = platform.python_version()
    if sys.version_info < LEAST_PYTHON:
        return fault(f"Python {version} is too old", "install Python 3.11 or newer, then  make install")
    return ok(f"Python {version}; all machines of a cluster need the same")


def packages() -> Finding:
    """Imports every package in a separate process, which a broken library may kill."""
    code = (
        "import importlib, sys\nfor name in sys.argv[1:]:\n"
        "    try: importlib.import_module(name); print('+', name, flush=True)\n"
        "    except Exception as e: print('-', name, type(e).__name__, str(e).split('\\n')[0], flush=True)"
    )
    ran = _python(code, *MODULES.values())
    lines = [line.split(" ", 2) for line in ran.stdout.splitlines() if line[:2] in ("+ ", "- ")]
    bad = [f"{name} ({why[0] if why else ''})" for mark, name, *why in lines if mark == "-"]
    if len(lines) < len(MODULES):
        bad.append(f"{list(MODULES.values())[len(lines)]} (it ends Python with code {ran.returncode})")
    if bad:
        return fault(f"cannot be imported: {', '.join(bad)}", "make install")
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", CONSTRAINTS.read_text(), re.M)) if CONSTRAINTS.exists() else {}
    have = {name: importlib.metadata.version(name) for name in MODULES}
    other = [
        f"{name} {have[name]} instead of {version}"
        for pin, version in pinned.items()
        if (name := next((n for n in have if _same_name(n, pin)), "")) and have[name] != version
    ]
    if other:
        return warning(f"not the versions that were tested: {', '.join(other)}", "make install")
    return ok(f"{len(MODULES)} packages can be imported, among them ray {have.get('ray', '?')}")


def processors() -> Finding:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    machine = platform.machine()
    says = f"{count} processor{'s' * (count > 1)}, {machine}"
    if machine.lower() not in ("x86_64", "amd64"):
        return warning(f"{says}: Chorus was only ever measured on x86-64", "rehearse before you rely on it")
    if count < 2:
        return warning(f"{says}: window and styles share it", "use a machine with two or more")
    return ok(says)


def memory() -> Finding:
    styles = package.installed(package.roots(), lambda _: None).values()
    needed = sum(STYLE_BYTES + style.architecture.parameters for style in styles)
    machine = psutil.virtual_memory()
    total, free = min(machine.total, _limit("memory.max")), machine.available
    if total < machine.total:
        free = min(free, total - _limit("memory.current"))
    says = f"{len(styles)} styles take about {megabytes(needed)}, Ray its own; {megabytes(free)} of {megabytes(total)} free"
    if needed > total:
        return fault(says, "load fewer:  chorus play --only STYLE,STYLE  or spread them over more machines")
    if needed > free and not any(session_of(process) for process in psutil.process_iter()):
        return warning(says, "close other programs, or load fewer:  chorus play --only STYLE,STYLE")
    return ok(says)


def gpu() -> Finding:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ok("none: styles run on the processor")
    asked = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    ran = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if ran.returncode or not ran.stdout.strip():
        why = last_line(ran.stdout + ran.stderr)
        return warning(f"its driver does not answer: {why}", "start the machine again, or its driver anew")
    return ok("; ".join(ran.stdout.strip().splitlines()))


def shared_memory() -> Finding:
    more = "mount a tmpfs there, or give the container more:  --shm-size=256m"
    if not SHM.is_dir():
        return fault(f"{SHM} is missing: styles and coordinator meet there", more)
    free = _free(SHM)
    if not os.access(SHM, os.W_OK | os.X_OK):
        return fault(f"{SHM} cannot be written", f"chmod 1777 {SHM}")
    if free < TAPE_BYTES:
        return fault(f"{SHM} is full: {megabytes(free)} free, a tape takes {megabytes(TAPE_BYTES)}", more)
    if free < TAPE_BYTES + node.OBJECT_STORE_BYTES:
        return warning(f"{SHM} has {megabytes(free)} free: Ray will put its object store on the disk", more)
    return ok(f"{SHM} has {megabytes(free)} free, {megabytes(TAPE_BYTES + node.OBJECT_STORE_BYTES)} are needed")


def semaphores() -> Finding:
    name = f"/chorus-doctor-{os.getpid()}"
    try:
        posix_ipc.Semaphore(name, posix_ipc.O_CREX, mode=0o600).close()
        posix_ipc.unlink_semaphore(name)
    except (posix_ipc.Error, OSError) as e:
        return fault(f"no POSIX semaphore can be made ({e})", f"{SHM} must be a tmpfs that everyone may write")
    return ok("POSIX semaphores can be made")


def disk() -> Finding:
    """Free space for every kind of file. A folder that does not exist yet is judged by its parent."""
    rooms, do = [], ""
    for what, folder in WRITTEN.items():
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            return fault(f"{what} cannot be written to {folder}", f"give this user the folder {there}")
        free = _free(there)
        rooms.append(f"{megabytes(free)} for {what}")
        if free < LEAST_DISK:
            return fault(f"{there} is full: {megabytes(free)} left for {what}", "make room there")
        if free < EASY_DISK:
            do = f"make room in {there}: a journal grows by 18 MB a day at 15 characters a second"
    return (warning if do else ok)(f"free: {', '.join(rooms)}", do)


def screen() -> Finding:
    if not has_display():
        return warning(
            "none: DISPLAY and WAYLAND_DISPLAY are not set",
            "chorus play --headless  needs none; for a projector see deploy/README.md",
        )
    ran = _python(
        "import pygame; pygame.display.init(); w, h = pygame.display.get_desktop_sizes()[0]; "
        "print(f'{w} x {h} ({pygame.display.get_driver()})')"
    )
    if ran.returncode:
        names = "DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"
        asked = ", ".join(f"{name}={os.environ[name]}" for name in names if name in os.environ)
        return fault(
            f"no window can be opened ({asked}): {last_line(ran.stderr)}",
            "start that screen, or take the variable away if it points to none",
        )
    return ok(last_line(ran.stdout))


def midi() -> Finding:
    """Without a sequencer mido's back end raises SystemError; for some Pythons it has none."""
    try:
        import mido  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ModuleNotFoundError:
        return ok("mido is not installed: MIDI comes over TCP alone (chorus control midi --tcp)")
    try:
        ports = mido.get_input_names()
    except (SystemError, ImportError, OSError) as e:
        return warning(f"its ports cannot be listed: {e}", "load the kernel's sequencer:  modprobe snd-seq")
    return ok(f"ports: {', '.join(ports)}" if ports else "no port")


def clock() -> Finding:
    program = shutil.which("timedatectl")
    asked = [program or "", "show", "-p", "NTPSynchronized", "--value"]
    ran = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE_S, check=False) if program else None
    said = ran.stdout.strip() if ran else ""
    if said == "yes":
        return ok("synchronised")
    if said == "no":
        return warning("not synchronised: OSC bundles with a time come early or late", "timedatectl set-ntp true")
    return warning("timedatectl cannot say whether it is synchronised", "look at this machine's time service")


def _python(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a few lines in a Python like this one; what lies in the current folder is not imported."""
    command = [sys.executable, "-P", "-c", code, *arguments]
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "env": os.environ | QUIET_RAY, "timeout": PATIENCE_S}
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def _same_name(one: str, other: str) -> bool:
    return re.sub(r"[-_.]+", "-", one).lower() == re.sub(r"[-_.]+", "-", other).lower()


def _limit(name: str) -> int:
    """A figure of this container's cgroup; without one, more than any machine has."""
    try:
        return int((CGROUP / name).read_text())
    except (OSError, ValueError):
        return 1 << 62


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
