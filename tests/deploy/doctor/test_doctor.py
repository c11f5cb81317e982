"""`chorus doctor`: every fault it knows is provoked, and told with what to do about it."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import posix_ipc
import psutil
import pytest

from actors.wire import keys
from deploy import cli, doctor, paths
from deploy.doctor import installation, machine
from deploy.doctor.findings import Finding
from deploy.options.play import PlayConfig
from deploy.session.session import MARK
from models import package
from tests.conftest import random_style

ROOT = Path(__file__).parents[3]


def is_fault(finding: Finding, *words: str) -> None:
    """A fault says what it is, and what to do."""
    assert finding.level == "fault", finding
    assert finding.do
    assert all(word in f"{finding.says} {finding.do}" for word in words), finding


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a shell script in front of everything on the PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def write(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    return write


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    """A TCP port where whoever knocks gets this reply."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(100)
                peer.sendall(reply)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(2.0)


@contextmanager
def another_process(code: str, **environment: str) -> Iterator[str]:
    """A Python that runs until the end of the block; its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}\nimport sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def run_with(monkeypatch: pytest.MonkeyPatch, **checks: Callable[[], Finding]) -> None:
    monkeypatch.setattr(doctor, "CHECKS", checks)


def crash() -> Finding:
    raise RuntimeError("the driver is haunted")


def test_a_crash_inside_one_check_is_a_finding_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_with(monkeypatch, first=crash, second=lambda: Finding("ok", "all is well"))
    assert cli.main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "the driver is haunted" in told
    assert "test_doctor.py" in told
    assert "all is well" in told


def test_warnings_alone_are_no_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run_with(monkeypatch, one=lambda: Finding("warning", "a [bold]draught", "shut the door"))
    assert cli.main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "[bold]draught" in told
    assert "→ shut the door" in told
    assert "1 warning" in told


def test_json_holds_every_check_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "MODULES", {"rich": "rich"})  # Ray takes its time
    code = cli.main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert [finding["check"] for finding in told] == list(doctor.CHECKS)
    assert all(finding["says"] and finding["level"] in ("ok", "warning", "fault") for finding in told)
    assert all(finding["do"] for finding in told if finding["level"] != "ok")
    assert not [finding for finding in told if "crashed" in finding["says"]]
    assert code == any(finding["level"] == "fault" for finding in told)


def test_all_our_dependencies_are_examined() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {line.split(";")[0].split(">")[0].strip() for line in project["dependencies"]}
    assert named == set(machine.MODULES)


def test_an_old_python_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.python().level == "ok"
    monkeypatch.setattr(machine, "LEAST_PYTHON", (4, 0))
    is_fault(machine.python(), "too old")


def test_a_package_that_is_missing_and_one_that_kills_its_process_are_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deadly_module.py").write_text("import os; os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(
        machine, "MODULES", {"rich": "rich", "nothing": "no_such_module", "deadly": "deadly_module", "last": "msgspec"}
    )
    is_fault(machine.packages(), "no_such_module (ModuleNotFoundError", "deadly_module (it ends Python with", "make")


def test_another_version_than_the_tested_one_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "MODULES", {"rich": "rich", "tomli-w": "tomli_w"})
    monkeypatch.setattr(machine, "CONSTRAINTS", tmp_path / "constraints.txt")
    assert machine.packages().level == "ok"
    (tmp_path / "constraints.txt").write_text("rich==0.0.1\ntomli_w==0.0.2\n")
    finding = machine.packages()
    assert finding.level == "warning"
    assert "0.0.1" in finding.says
    assert "0.0.2" in finding.says


def test_a_taken_osc_port_is_a_fault_that_names_who_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert PlayConfig().osc_port == installation.OSC_PORT
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        monkeypatch.setattr(installation, "OSC_PORT", udp.getsockname()[1])
        is_fault(installation.osc_port(), f"process {os.getpid()}", "--osc-port")
    assert installation.osc_port().level == "ok"


def test_an_osc_port_that_a_session_of_ours_has_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0));"
        "print(s.getsockname()[1], flush=True)"
    )
    with another_process(code, **{MARK: "chorus-test"}) as port:
        monkeypatch.setattr(installation, "OSC_PORT", int(port))
        assert installation.osc_port().level == "ok"


def test_redis_at_the_port_of_ray_is_a_fault_and_a_head_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b"-ERR unknown command 'PRI'\r\n") as port:
        monkeypatch.setattr("deploy.ensemble.node.PORT", port)
        is_fault(installation.ray_port(), f"process {os.getpid()}", "Redis", "--port")
    assert installation.ray_port().level == "ok"
    with answering(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])) as port:
        monkeypatch.setattr("deploy.ensemble.node.PORT", port)
        assert "a head answers" in installation.ray_port().says


def test_missing_or_full_shared_memory_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SHM", tmp_path / "shm")
    is_fault(machine.shared_memory(), "missing", "--shm-size")
    (tmp_path / "shm").mkdir()
    monkeypatch.setattr(machine, "TAPE_BYTES", 1 << 60)
    is_fault(machine.shared_memory(), "full")
    monkeypatch.setattr(machine, "TAPE_BYTES", 0)
    monkeypatch.setattr("deploy.ensemble.node.OBJECT_STORE_BYTES", 1 << 60)
    assert machine.shared_memory().level == "warning"


def test_semaphores_that_cannot_be_made_are_a_fault_and_none_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.semaphores().level == "ok"
    with pytest.raises(posix_ipc.ExistentialError):
        posix_ipc.unlink_semaphore(f"/chorus-doctor-{os.getpid()}")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no permission to make this semaphore")

    monkeypatch.setattr(posix_ipc, "Semaphore", refuse)
    is_fault(machine.semaphores(), "no permission", "tmpfs")


def test_a_full_disk_and_a_folder_that_is_none_are_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "WRITTEN", {"journals": tmp_path / "not" / "yet"})
    monkeypatch.setattr(machine, "EASY_DISK", 0)
    monkeypatch.setattr(machine, "LEAST_DISK", 0)
    assert machine.disk().level == "ok"
    monkeypatch.setattr(machine, "EASY_DISK", 1 << 60)
    assert machine.disk().level == "warning"
    monkeypatch.setattr(machine, "LEAST_DISK", 1 << 60)
    is_fault(machine.disk(), "full", "make room")
    (tmp_path / "not").write_text("a file where a folder should be")
    is_fault(machine.disk(), "journals cannot be written")


def test_more_styles_than_memory_are_a_fault_also_when_only_a_container_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory.max").write_text("100000000\n")
    (tmp_path / "memory.current").write_text("50000000\n")
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    is_fault(machine.memory(), "50 MB of 100 MB free", "--only")
    (tmp_path / "memory.max").write_text("max\n")
    monkeypatch.setattr(machine, "STYLE_BYTES", 0)
    assert machine.memory().level == "ok"


def test_a_single_processor_and_an_unmeasured_kind_are_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert "share" in machine.processors().says
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert machine.processors().level == "warning"
    assert "x86-64" in machine.processors().says


def test_a_gpu_is_named_and_one_whose_driver_is_silent_is_a_warning(program: Callable[[str, str], None]) -> None:
    program("nvidia-smi", "echo 'A Card, 24576 MiB'")
    assert machine.gpu() == Finding("ok", "A Card, 24576 MiB")
    program("nvidia-smi", "echo 'cannot talk to the driver'; exit 9")
    assert machine.gpu().level == "warning"
    assert "cannot talk" in machine.gpu().says


def test_no_gpu_is_said_and_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.gpu() == Finding("ok", "none: styles run on the processor")


def test_a_screen_that_cannot_be_opened_is_a_fault_and_none_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    assert machine.screen().level == "warning"
    assert "--headless" in machine.screen().do
    monkeypatch.setenv("SDL_VIDEODRIVER", "x11")
    monkeypatch.setenv("DISPLAY", ":4711")
    is_fault(machine.screen(), "DISPLAY=:4711", "SDL_VIDEODRIVER=x11")


def test_midi_ports_are_listed_and_a_missing_sequencer_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mido", SimpleNamespace(get_input_names=lambda: ["nanoKONTROL2"]))
    assert "nanoKONTROL2" in machine.midi().says

    def no_sequencer() -> list[str]:
        raise SystemError("error creating ALSA sequencer client object")

    monkeypatch.setitem(sys.modules, "mido", SimpleNamespace(get_input_names=no_sequencer))
    assert machine.midi().level == "warning"
    assert "snd-seq" in machine.midi().do
    monkeypatch.setitem(sys.modules, "mido", None)
    assert "not installed" in machine.midi().says


def test_a_token_that_others_may_read_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = tmp_path / "cluster-token"
    monkeypatch.setattr(paths, "TOKEN", where)
    assert "plays alone" in installation.token().says
    where.write_text("")
    is_fault(installation.token(), "empty")
    where.write_text("secret")
    where.chmod(0o644)
    is_fault(installation.token(), "0644", f"chmod 600 {where}")
    where.chmod(0o600)
    assert installation.token().level == "ok"
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    is_fault(installation.token(), "another user", "chown")


def test_keys_that_others_may_read_or_nobody_can_are_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "keys"
    monkeypatch.setattr(paths, "KEYS", folder)
    assert "none" in installation.client_keys().says
    assert not folder.exists()
    keys.new(folder, "projector", tmp_path / "projector.key")
    assert "projector" in installation.client_keys().says
    (folder / "server.toml").chmod(0o640)
    is_fault(installation.client_keys(), "0640", f"chmod 600 {folder}/server.toml")
    (folder / "server.toml").write_text("no key")
    is_fault(installation.client_keys(), "server.toml", "chorus keys new")


@pytest.mark.parametrize(("said", "level"), [("yes", "ok"), ("no", "warning"), ("", "warning")])
def test_a_clock_that_runs_by_itself_is_a_warning(program: Callable[[str, str], None], said: str, level: str) -> None:
    program("timedatectl", f"echo {said}")
    assert machine.clock().level == level


def test_broken_styles_are_faults_whether_the_card_or_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "roots", lambda: [tmp_path])
    is_fault(installation.styles(), "none is installed")
    for slug in ("whole", "torn", "blank"):
        random_style(tmp_path, slug, "1x8")
    assert installation.styles() == Finding("ok", "3 can be loaded")
    (tmp_path / "torn" / "weights.safetensors").write_bytes(b"torn")
    (tmp_path / "blank" / "style.toml").write_text("format = 1")
    is_fault(installation.styles(), "2 cannot be played", "torn/weights.safetensors", "blank/style.toml")


def test_what_a_killed_session_left_is_named_but_not_removed_and_the_living_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp, shm = tmp_path / "tmp", tmp_path / "shm"
    tmp.mkdir()
    shm.mkdir()
    monkeypatch.setattr(installation, "TMP", tmp)
    monkeypatch.setattr(installation, "SHM", shm)
    (tmp / "chorus-node-dead").mkdir()
    for name in ("chorus-dead", "chorus-dead-n2", "sem.chorus-dead.wake0", "sem.chorus-dead-n2.done63", "chorus-lives"):
        (shm / name).write_text("")
    (tmp / "chorus-works").mkdir()
    assert installation.left_behind() == Finding("ok", "nothing")  # all of it may be of a session that is just starting
    long_ago = time.time() - 100
    for path in [*tmp.iterdir(), *shm.iterdir()]:
        os.utime(path, (long_ago, long_ago))
    code = f"import os; chorus = {str(tmp / 'chorus-works')!r}; print('up', flush=True)"
    with another_process(code, **{MARK: "chorus-lives"}):
        finding = installation.left_behind()
    assert finding.level == "warning"
    assert finding.do.split()[:2] == ["rm", "-r"]
    assert set(finding.do.split()[2:]) == {
        str(tmp / "chorus-node-dead"),
        str(shm / "chorus-dead"),
        str(shm / "chorus-dead-n2"),
        f"{shm}/sem.chorus-dead*",
    }
    assert (shm / "chorus-dead").exists()
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    assert installation.left_behind().level == "ok"  # another user's are not ours to judge


def test_a_tape_that_is_mapped_is_not_left_behind() -> None:
    """Styles on the nodes of a cluster carry no session's name: they are known by the memory they hold."""
    name = f"chorus-doctor-test-{os.getpid()}"
    shared = posix_ipc.SharedMemory(f"/{name}", posix_ipc.O_CREX, mode=0o600, size=4096)
    try:
        shared.close_fd()
        assert name not in set(installation._living())
        code = (
            "import mmap, os; file = open('/dev/shm/' + os.environ['TAPE'], 'r+b');"
            "memory = mmap.mmap(file.fileno(), 4096); print('mapped', flush=True)"
        )
        with another_process(code, TAPE=name):
            assert name in set(installation._living())
    finally:
        shared.unlink()


def test_what_of_ours_listens_beyond_this_machine_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import socket, os; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('{}', 0));"
        "print(os.getpid(), s.getsockname()[1], flush=True)"
    )
    for host, open_to_all in (("0.0.0.0", True), ("127.0.0.1", False)):
        with another_process(code.format(host), **{MARK: "chorus-test"}) as said:
            pid, port = map(int, said.split())
            monkeypatch.setattr(psutil, "process_iter", lambda pid=pid: [psutil.Process(pid)])
            finding = installation.listening()
        assert (f"0.0.0.0:{port}" in finding.says) is open_to_all
        assert finding.level == ("warning" if open_to_all else "ok")
