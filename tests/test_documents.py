"""The documents speak of what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part in ("build", "styles") for part in path.relative_to(ROOT).parts)
)
FILE = re.compile(r"`([\w./-]+\.(?:py|md|toml|js|css|html|service|env))`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[\w-]*)?\)")
NAME = re.compile(r"`([\w./-]+\.py)` `([A-Za-z_]\w*(?:\.\w+)?)`")
MADE = {"style.toml", "cards.toml", "server.toml", "presets.toml", "chorus.toml", "piece.toml"}  # by a user


def found(document: Path, name: str) -> Path | None:
    """The file that a document names, beside it, below it or from the top."""
    for base in (document.parent, ROOT, ROOT / "actors"):
        if (base / name).exists():
            return base / name
    return next(document.parent.rglob(name), None) if "/" not in name else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_links_in_a_document_are_there(document: Path) -> None:
    text = document.read_text()
    for name in FILE.findall(text):
        assert name in MADE or name.startswith(("~", "/")) or found(document, name), name
    for link in LINK.findall(text):
        assert (document.parent / link).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_name_after_a_file_is_defined_in_it(document: Path) -> None:
    for name, definition in NAME.findall(document.read_text()):
        path = found(document, name)
        assert path is not None, name
        for part in definition.split("."):
            assert re.search(rf"(def|class) {part}\b", path.read_text()), f"{name} {definition}"


def test_the_readme_is_a_door() -> None:
    assert (ROOT / "README.md").stat().st_size < 7000
