"""What a technician is given: every command in it exists, every file parses, every setting is the one `chorus node` has."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from actors.section.tape import MOST_NODES
from deploy import cli
from deploy.ensemble import node
from deploy.options import play
from tests.conftest import tool

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
CHORUS_UNITS = [unit for unit in UNITS if unit.stem != "chorus-screen"]
PAGES = {
    DEPLOY / "README.md": 15,
    DEPLOY / "bench" / "README.md": 12,
    DEPLOY / "Containerfile": 1,
    DEPLOY / "ray-cluster.yaml": 1,
    DEPLOY / "kuberay.yaml": 4,
    **dict.fromkeys(CHORUS_UNITS, 1),
}  # and how many command lines are in them at least


def settings(path: Path = DEPLOY / "systemd" / "chorus.env") -> dict[str, str]:
    """What the units read from their environment file."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def commands(text: str) -> Iterator[list[str]]:
    """The words after `chorus` of every command line: indented or started by a unit, in backticks, at a command's end."""
    variables = settings() | {"POD_IP": "10.0.0.1", "FQ_RAY_IP": "head", "RAY_AUTH_TOKEN_PATH": "/etc/chorus/token"}
    lines = re.findall(r"^(?:#? {4,}|\s+- |ExecStart=)(.*)", text, re.M)
    for line in [*lines, *re.findall(r"`(chorus [^`]+)`", text)]:
        found = re.search(r"(?:^|/bin/|^exec |-- |--shm-size=\S+ )chorus ([a-z].*)", line)
        if found:
            said = re.sub(r"\$\{?(\w+)\}?", lambda name: variables[name[1]], found[1])
            yield shlex.split(re.split(r"\s[&>|]", said)[0], comments=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DEPLOY)))
def test_every_command_that_is_written_down_exists(page: Path) -> None:
    found = list(commands(page.read_text()))
    assert len(found) >= PAGES[page], found
    for words in found:
        try:
            cli.parser().parse_args(words if len(words) > 1 else [*words, "--help"])  # where a verb alone is spoken of
        except SystemExit as end:
            if end.code:
                pytest.fail(f"{page.name}: chorus {' '.join(words)}")


def test_a_command_that_does_not_exist_would_be_found() -> None:
    assert list(commands("text `chorus dance` text\n    sudo /opt/chorus/.venv/bin/chorus play --loud # so\n")) == [
        ["play", "--loud"],
        ["dance"],
    ]


def test_the_configuration_that_the_page_shows_can_be_read(tmp_path: Path) -> None:
    block = re.search(r"^    mix = \{.*?\n\n", (DEPLOY / "README.md").read_text(), re.M | re.S)
    assert block is not None
    (tmp_path / "shown.toml").write_text(block[0])
    config, found = play.read({"config": tmp_path / "shown.toml"}, {})
    assert (len(found), config.rate, config.control[1]) == (7, 20.0, ["autopilot"])


def test_the_files_that_the_page_names_are_there() -> None:
    text = (DEPLOY / "README.md").read_text()
    for name in [*re.findall(r"\]\(([\w.-]+)\)", text), *re.findall(r"/opt/chorus/deploy/([\w./-]+\w)", text)]:
        assert (DEPLOY / name).exists() or "*" in name or list(DEPLOY.glob(f"{name}*")), name
    for name in re.findall(r"(?:enable|restart|stop)(?: --now)? (chorus-\w+)", text):
        assert (DEPLOY / "systemd" / f"{name}.service").exists()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_understands_the_units(unit: Path, tmp_path: Path) -> None:
    program = tool("systemd-analyze")
    for other in UNITS:  # what is started is not installed here
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", other.read_text(), flags=re.M)
        text = re.sub(r"^Documentation=.*\n", "", text, flags=re.M)
        (tmp_path / other.name).write_text(text)
    ran = subprocess.run([program, "verify", "--man=no", tmp_path / unit.name], capture_output=True, text=True)
    said = [line for line in ran.stderr.splitlines() if unit.stem in line]
    newer = ("RestartSteps", "RestartMaxDelaySec")  # of systemd 254
    assert [line for line in said if not any(name in line for name in newer)] == []


@pytest.mark.parametrize("unit", CHORUS_UNITS, ids=lambda unit: unit.stem)
def test_the_units_come_back_and_keep_what_the_instrument_lives_on(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    assert {"Restart=always", "StartLimitIntervalSec=0", "WantedBy=multi-user.target", "User=chorus"} <= set(lines)
    assert {"RemoveIPC=no", "OOMPolicy=continue", "KillMode=mixed", "ReadWritePaths=/tmp"} <= set(lines)
    names = {line.split("=")[0] for line in lines}
    assert not names & {"PrivateTmp", "PrivateDevices", "PrivateIPC", "DynamicUser", "ProtectClock"}


def test_the_units_harden_alike() -> None:
    hardened = [unit.read_text().split("RemoveIPC=no")[1] for unit in CHORUS_UNITS]
    assert len(set(hardened)) == 1


def test_rays_launcher_starts_what_chorus_node_starts() -> None:
    cluster: dict[str, Any] = yaml.safe_load((DEPLOY / "ray-cluster.yaml").read_text())
    for role in ("head", "worker"):
        words = cluster[f"{role}_start_ray_commands"][1].split()
        token = Path("$HOME/.local/state/chorus/cluster-token")
        assert {f"{name}={value}" for name, value in node.environment(token).items()} <= set(words)
        assert {f"--object-store-memory={node.OBJECT_STORE_BYTES}", "--disable-usage-stats"} <= set(words)
    assert f"--port={node.PORT}" in cluster["head_start_ray_commands"][1]


def test_rays_launcher_knows_every_field() -> None:
    from importlib.util import find_spec

    import jsonschema  # type: ignore[import-untyped, unused-ignore]

    ray = find_spec("ray")
    assert ray is not None
    assert ray.origin is not None
    schema = json.loads((Path(ray.origin).parent / "autoscaler" / "ray-schema.json").read_text())
    jsonschema.validate(yaml.safe_load((DEPLOY / "ray-cluster.yaml").read_text()), schema)


def test_on_kubernetes_every_pod_has_memory_to_share_and_the_token() -> None:
    cluster: dict[str, Any] = yaml.safe_load((DEPLOY / "kuberay.yaml").read_text())
    spec = cluster["spec"]
    assert f"ray=={spec['rayVersion']}\n" in (DEPLOY / "constraints.txt").read_text()
    assert all(group["maxReplicas"] < MOST_NODES for group in spec["workerGroupSpecs"])
    for group in [spec["headGroupSpec"], *spec["workerGroupSpecs"]]:
        pod = group["template"]["spec"]
        [container] = pod["containers"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounted = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}
        assert mounted["/dev/shm"]["emptyDir"]["medium"] == "Memory"
        assert mounted["/etc/chorus"]["secret"]["defaultMode"] == 0o440
        told = {variable["name"]: variable.get("value") for variable in container["env"]}
        assert told["RAY_AUTH_MODE"] == "token"
        assert Path(told["RAY_AUTH_TOKEN_PATH"]).parent == Path("/etc/chorus")
        assert {"livenessProbe", "readinessProbe"} <= set(container)


def test_what_the_container_runs_parses() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    [entry], command = (json.loads(re.findall(rf"^{what} (.*)", text, re.M)[-1]) for what in ("ENTRYPOINT", "CMD"))
    assert entry == "chorus"
    cli.parser().parse_args(command)
    for source in re.findall(r"^COPY ([\w. ]+) /src", text, re.M):
        assert all((ROOT / name).exists() for name in source.split())
