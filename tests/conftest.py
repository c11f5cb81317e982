"""Small texts and small styles that tests share; slow tests run last."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from models import ModelsError, package
from models.architecture import Architecture
from models.package import Style

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
hypothesis.settings.register_profile("chorus", deadline=None)  # a busy machine is slow, not wrong
hypothesis.settings.load_profile("chorus")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # started in the background of a script: every process that a test sends Ctrl-C to would ignore it, too
    signal.signal(signal.SIGINT, signal.default_int_handler)

EVERYTHING = os.environ.get("CHORUS_TEST_EVERYTHING") == "1"

WORDS = ("the", "a", "our", "night", "sea", "hand", "voice", "light", "of", "over", "sings", "calls", "waits", "and")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


def tool(name: str) -> str:
    """The path of a system program. Without it the test is skipped, and fails where everything is to be tested."""
    path = shutil.which(name)
    if path is None:
        if EVERYTHING:
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed here; .ci/run installs it")
    return path


def refuse(complaint: ModelsError) -> None:
    """Where every package is whole, nothing is complained of."""
    raise complaint


def made_up_text(characters: int, seed: int = 0) -> str:
    """Sentences of a few words, enough of a pattern to be learnt."""
    rng = np.random.default_rng(seed)
    sentences: list[str] = []
    while sum(map(len, sentences)) < characters:
        sentences.append(" ".join(rng.choice(WORDS, rng.integers(3, 9))).capitalize() + ".\n")
    return "".join(sentences)[:characters]


def random_style(folder: Path, slug: str, architecture: str = "1x64", seed: int = 0, sharpness: float = 6.0) -> Style:
    """A package of random weights, sharp enough that its rows differ."""
    net = Architecture.parse(architecture)
    weights = package.random_weights(net, seed)
    for name in weights:
        if name.endswith(".scale"):
            weights[name] = weights[name] * np.float32(sharpness)
    return package.save(Style(slug, slug.title(), "#88aaff", net), weights, folder / slug)


@pytest.fixture(scope="session")
def styles_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four random styles: alpha, beta, gamma, delta."""
    folder = tmp_path_factory.mktemp("styles")
    for seed, slug in enumerate(("alpha", "beta", "gamma", "delta")):
        random_style(folder, slug, seed=seed)
    return folder


@pytest.fixture
def nothing_is_left() -> Iterator[None]:
    """What a test starts it also ends: no process, no shared memory, no folder of a session is left behind."""
    from tests.support.running import traces

    before = traces()
    yield
    assert traces() == before
