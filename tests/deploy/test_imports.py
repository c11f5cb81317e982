"""Imports point one way: deploy -> display, controllers -> the wire; actors -> models."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("actors", "controllers", "deploy", "display", "models")
FOR_EVERYONE = {"models/paths", "models/atomic"}  # leaves
# what a folder may import beside itself; a folder with a line of its own is not part of its package's
ALLOWED = {
    "models": set[str](),
    **{leaf: set[str]() for leaf in FOR_EVERYONE},
    "actors": set[str](),
    "actors/wire": {"actors", "models"},
    "actors/section": {"actors", "actors/wire", "models"},
    "actors/mixing": {"actors", "actors/wire", "models"},
    "actors/hands": {"actors", "actors/wire", "actors/mixing", "models"},
    "actors/journal": {"actors", "actors/wire", "actors/section", "actors/mixing", "actors/hands", "models"},
    "actors/coordinator": {
        "actors",
        "actors/wire",
        "actors/section",
        "actors/mixing",
        "actors/hands",
        "actors/journal",
        "models",
    },
    "controllers": {"actors", "actors/wire"},
    "display": {"actors", "actors/wire"},
}
BELOW_DEPLOY = {*ALLOWED}
# the rooms of deploy, and which of them each may import: options at the bottom, verbs at the top
DEPLOY = {
    "options": set[str](),
    "session": {"options"},
    "ensemble": {"options", "session"},
    "evaluation": {"options"},
    "recording": {"options", "session", "ensemble"},
    "training": {"options", "session", "ensemble"},
    "doctor": {"options", "session", "ensemble"},
    "faults": {"options", "session", "ensemble"},
    "bench": {"options", "session", "ensemble", "faults"},
}
DEPLOY["verbs"] = {*DEPLOY}
ALLOWED |= {
    f"deploy/{room}": BELOW_DEPLOY | {"deploy"} | {f"deploy/{one}" for one in may} for room, may in DEPLOY.items()
}
ALLOWED["deploy"] = BELOW_DEPLOY | {f"deploy/{room}" for room in DEPLOY}  # the command; UsageError and paths are leaves


def room(module: str) -> str:
    """The folder with a line of its own in ALLOWED that a module belongs to."""
    first, *rest = module.split(".")
    below = f"{first}/{rest[0]}" if rest else first
    return below if below in ALLOWED else first


def imported(path: Path) -> set[str]:
    """The modules a file imports; of `from package import module` of ours both."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {node.module, *(name for name in below if (ROOT / f"{name.replace('.', '/')}.py").exists())}
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_down_the_picture(package: str) -> None:
    for path in sorted((ROOT / package).rglob("*.py")):
        here = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name in (name for name in imported(path) if name.split(".")[0] in PACKAGES):
            fits = room(name) in ALLOWED[here] | FOR_EVERYONE | {here}
            assert fits, f"{path.relative_to(ROOT)} imports {name}"


def test_no_module_imports_the_command() -> None:
    for package in PACKAGES:
        assert not [path for path in (ROOT / package).rglob("*.py") if "deploy.cli" in imported(path)]


def test_only_training_and_the_gpu_engine_import_torch() -> None:
    allowed = {
        "models/checkpoint.py",
        "models/lstm.py",
        "models/monolith/network.py",
        "models/monolith/training.py",
        "models/training_plan.py",
        "models/training.py",
        "models/engines/torch_engine.py",
        "deploy/training/course.py",
        "deploy/bench/comparison.py",
    }
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if any(name.split(".")[0] == "torch" for name in imported(path)):
                assert str(path.relative_to(ROOT)) in allowed


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        (("display.app", "controllers.osc.bridge"), ("ray", "torch", "onnx", "onnxruntime", "models.package")),
        (("actors.section.style", "models.engines.onnx_engine"), ("torch", "onnx", "ray")),
        (("actors.section.monolith", "models.package"), ("torch", "onnx", "ray")),
        (("deploy.cli",), ("ray", "torch", "onnx", "onnxruntime", "pygame")),
    ],
)
def test_display_controllers_and_styles_load_without_heavy_libraries(
    modules: tuple[str, ...], heavy: tuple[str, ...]
) -> None:
    code = f"import sys, {', '.join(modules)}; print(*[m for m in {heavy!r} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = ran.stdout.split()
    if "deploy.cli" not in modules:
        assert "deploy" not in loaded
    assert loaded == []
