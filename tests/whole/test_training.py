"""From a text to a style that plays."""

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from models import ModelsError, corpus, package, training
from models.architecture import Architecture
from models.engines.graph import build
from models.engines.onnx_engine import OnnxEngine
from models.engines.torch_engine import TorchEngine
from models.training import Recipe, Training
from tests.conftest import made_up_text
from tests.whole.running import command, output

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "made-up.txt"
    path.write_text(made_up_text(80_000))
    return path


def test_a_text_becomes_a_style_that_is_listed_and_predicts_it(text: Path, tmp_path: Path) -> None:
    flags = ("train", str(text), "--name", "Made Up", "--arch", "1x64", "--epochs", "12", "--rate", "0.01")
    code, _, err = output(command(tmp_path, *flags))
    assert code == 0, err
    assert "nats/char" in err
    folder = tmp_path / ".local/share/chorus/styles/made-up"
    assert sorted(p.name for p in folder.iterdir()) == ["curve.png", "style.toml", "weights.safetensors"]
    code, out, _ = output(command(tmp_path, "styles", "--json"))
    listed = {style["slug"]: style for style in json.loads(out)}
    assert {"slug", "architecture", "parameters", "heldout_nats"} <= listed["made-up"].keys()
    assert listed["made-up"]["heldout_nats"] < 1.5  # a uniform guess is 4.85
    code, _, err = output(command(tmp_path, *flags))
    assert (code, err.count("\n")) == (2, 1)
    assert "already" in err

    # what is played scores the held-out text as the training said
    style = package.load(folder)
    engine = OnnxEngine(build(style.architecture, style.weights()))
    gpu = TorchEngine(style.architecture, style.weights())
    heldout = corpus.read(text).heldout[:3000]
    nats, apart = 0.0, 0.0
    for code, following in zip(heldout[:-1].tolist(), heldout[1:].tolist(), strict=True):
        row = engine.step((0,), (code,))[0]
        apart = max(apart, float(np.abs(row - gpu.step((0,), (code,))[0]).max()))
        nats -= float(np.log(row[following])) / (len(heldout) - 1)
    assert nats == pytest.approx(style.heldout_nats, abs=0.05)
    assert apart < 5e-3


def test_ctrl_c_keeps_what_was_learnt_and_the_same_command_goes_on(text: Path, tmp_path: Path) -> None:
    flags = ("train", str(text), "--name", "Long", "--arch", "1x128", "--epochs", "400")
    process = command(tmp_path, *flags)
    checkpoint = tmp_path / ".local/share/chorus/styles/.training/long/checkpoint.safetensors"
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    code, _, err = output(process)
    assert code == 130, err
    assert "goes on from there" in err
    assert checkpoint.exists()
    process = command(tmp_path, *flags)
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    assert "going on from update" in output(process)[2]


def course(text: Path, checkpoint: Path, **changes: object) -> Training:
    fields: dict[str, object] = {"epochs": 4.0, "batch": 8, "length": 40, "dropout": 0.1, "dropout_input": 0.0}
    return Training(corpus.read(text), Architecture(1, 32), Recipe(**(fields | changes)), checkpoint)  # type: ignore[arg-type]


def test_a_resumed_training_continues_where_it_stopped(text: Path, tmp_path: Path) -> None:
    first = course(text, tmp_path / "a")
    for report in first.run():
        if report.heldout_nats is not None:
            break
    first.save_checkpoint()
    second = course(text, tmp_path / "a")
    assert second.resumed
    assert (second.update, second.curve) == (first.update, first.curve)
    for one, other in zip(first.network.parameters(), second.network.parameters(), strict=True):
        assert bool((one == other).all())
    assert first.optimiser.state_dict()["state"][0]["step"] == second.optimiser.state_dict()["state"][0]["step"]
    list(second.run())
    assert second.finished
    assert second.outcome().heldout_nats < first.best + 0.2


def test_a_checkpoint_of_another_recipe_is_not_continued(text: Path, tmp_path: Path) -> None:
    course(text, tmp_path / "a").save_checkpoint()
    assert not course(text, tmp_path / "a", rate=1e-4).resumed


def test_a_training_that_diverges_stops_with_what_to_do(text: Path, tmp_path: Path) -> None:
    made = course(text, tmp_path / "a")
    made.network.output.weight.data.fill_(float("nan"))
    with pytest.raises(ModelsError, match=r"diverged.*lower --rate"):
        list(made.run())


def test_it_stops_early_when_nothing_gets_better(text: Path, tmp_path: Path) -> None:
    made = course(text, tmp_path / "a", epochs=50.0, patience=2, rate=1e-12, evaluate_every=0.1)
    list(made.run())
    assert made.update < made.updates / 10


def test_the_held_out_text_is_never_trained_on(text: Path, tmp_path: Path) -> None:
    made = course(text, tmp_path / "a")
    seen = {bytes(window) for window in _windows(made._streams(0).numpy().T)}
    heldout = made.corpus.heldout
    marked = heldout.copy()
    assert len(marked) == len(heldout)
    assert made._streams(0).shape[0] * made.recipe.batch <= len(made.corpus.train) + 2 * made.recipe.batch
    train = bytes(made.corpus.train) + bytes(made.corpus.train[:100])
    assert all(window in train for window in list(seen)[:200])


def _windows(streams: np.ndarray) -> list[np.ndarray]:
    return [row[at : at + 30].astype(np.uint8) for row in streams for at in range(0, len(row) - 30, 97)]


def test_the_recipe_follows_the_size_of_the_text() -> None:
    small, large = training.Recipe.for_corpus(500_000), training.Recipe.for_corpus(4_000_000)
    assert small.epochs > large.epochs
    assert small.dropout > large.dropout
