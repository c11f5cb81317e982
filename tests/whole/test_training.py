"""From a text to a style that plays."""

import json
import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from deploy.training import batch
from models import ModelsError, corpus, package, training
from models.architecture import Architecture
from models.engines.graph import build
from models.engines.onnx_engine import OnnxEngine
from models.engines.torch_engine import TorchEngine
from models.training import Recipe, Training
from tests.conftest import made_up_text
from tests.support.running import command, output

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
    wait_for(checkpoint)
    process.send_signal(signal.SIGINT)
    code, _, err = output(process)
    assert code == 130, err
    assert "goes on from there" in err
    assert checkpoint.exists()
    process = command(tmp_path, *flags)
    assert process.stderr is not None
    assert b"going on from update" in process.stderr.readline()


def wait_for(checkpoint: Path) -> None:
    """Until a training has begun and made some updates."""
    end = time.monotonic() + 90
    while not checkpoint.exists():
        assert time.monotonic() < end
        time.sleep(0.1)
    time.sleep(2)


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


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, text: Path) -> Path:
    """A home in which the style `made-up` was trained."""
    home = tmp_path_factory.mktemp("home")
    flags = ("--name", "Made Up", "--arch", "1x64", "--epochs", "12", "--rate", "0.01")
    code, _, err = output(command(home, "train", str(text), *flags))
    assert code == 0, err
    return home


def test_going_on_from_a_style_beats_training_from_nothing_in_the_same_time(grown: Path, tmp_path: Path) -> None:
    letters = tmp_path / "letters.txt"
    letters.write_text(made_up_text(24_000, seed=5).replace("night", "garden"))
    folder = grown / ".local/share/chorus/styles"
    for name, more in (("Letters", ("--from", "made-up")), ("Alone", ("--arch", "1x64"))):
        code, _, err = output(command(grown, "train", str(letters), "--name", name, "--epochs", "2", *more))
        assert code == 0, err
        assert "about 0:0" in err  # how long it will take
    child, alone = package.load(folder / "letters"), package.load(folder / "alone")
    assert child.heldout_nats < alone.heldout_nats - 0.3
    assert child.training["from"] == "made-up"
    assert child.training["from_sha256"] == package.load(folder / "made-up").content_hash()
    code, out, _ = output(command(grown, "styles", "letters", "--seed", "1", "--chars", "80"))
    assert code == 0
    assert "trained from" in out
    assert out.count("temperature") == 3


def test_a_training_from_nowhere_is_refused_in_one_line(text: Path, tmp_path: Path) -> None:
    for flags, said in (
        (("--name", "X", "--from", "jane-austin"), "did you mean jane-austen"),
        (("--name", "X", "--from", "jane-austen", "--arch", "2x64"), "1x512 like it"),
        (("--name", "???"), "no usable short name"),
        (("--name", "X", "--colour", "red"), "colour like"),
        (("--name", "X", "--epochs", "-1"), "above zero"),
        ((), "--name"),
    ):
        code, _, err = output(command(tmp_path, "train", str(text), *flags))
        assert (code, err.count("\n")) == (2, 1), err
        assert said in err


def test_a_folder_of_texts_becomes_styles_smallest_first_and_what_cannot_is_named(tmp_path: Path) -> None:
    texts, out = tmp_path / "texts", tmp_path / "out"
    texts.mkdir()
    for name, characters in (("long-one", 40_000), ("short-one", 24_000)):
        (texts / f"{name}.txt").write_text(made_up_text(characters))
    (texts / "broken.txt").write_bytes(b"\0" * 30_000)
    (texts / "cards.toml").write_text('[short-one]\ntitle = "The Short One"\nworks = "made up"\n')
    flags = ("train", "--all", str(texts), "--out", str(out), "--arch", "1x32", "--epochs", "1", "--jobs", "1")
    code, _, err = output(command(tmp_path, *flags))
    assert code == 2, err
    assert err.index("The Short One is ready") < err.index("Long One is ready")
    assert "broken.txt: chorus: " in err
    assert "2 of 3 texts are styles" in err
    style = package.load(out / "short-one")
    assert (style.title, style.corpus["works"]) == ("The Short One", "made up")
    assert style.colour != package.load(out / "long-one").colour
    (texts / "broken.txt").unlink()
    code, _, err = output(command(tmp_path, *flags))
    assert code == 0
    assert "every text" in err


def test_in_the_queue_a_style_waits_for_the_one_it_goes_on_from(tmp_path: Path) -> None:
    for name, characters in (("child", 24_000), ("parent", 40_000)):
        (tmp_path / f"{name}.txt").write_text(made_up_text(characters))
    (tmp_path / "cards.toml").write_text('[child]\nfrom = "parent"\n')
    jobs = batch.jobs_of(tmp_path, None, tmp_path / "out")
    assert [job.title for job in jobs] == ["Child", "Parent"]
    assert batch._next(jobs, jobs).title == "Parent"
    assert batch._next(jobs[:1], jobs[:1]).title == "Child"


def test_ctrl_c_on_the_queue_stops_every_training_and_all_of_them_go_on(tmp_path: Path) -> None:
    texts, out = tmp_path / "texts", tmp_path / "out"
    texts.mkdir()
    for name in ("one", "two"):
        (texts / f"{name}.txt").write_text(made_up_text(30_000, seed=len(name)) + name)
    flags = ("train", "--all", str(texts), "--out", str(out), "--arch", "1x96", "--epochs", "300", "--jobs", "2")
    process = command(tmp_path, *flags)
    for name in ("one", "two"):
        wait_for(out / ".training" / name / "checkpoint.safetensors")
    before = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    code, _, err = output(process)
    assert code == 130, err
    assert len(before) == 2
    assert not any(child.is_running() for child in before)
    checkpoints = sorted(out.glob(".training/*/checkpoint.safetensors"))
    assert [path.parent.name for path in checkpoints] == ["one", "two"]
    for path in checkpoints:
        text = corpus.read(texts / f"{path.parent.name}.txt")
        begun = training.begun(path, text)
        assert begun is not None
        assert Training(text, *begun, path).update > 0


def test_trainings_whose_queue_was_killed_write_their_checkpoint_and_end(tmp_path: Path) -> None:
    texts, out = tmp_path / "texts", tmp_path / "out"
    texts.mkdir()
    (texts / "one.txt").write_text(made_up_text(30_000))
    process = command(tmp_path, "train", "--all", str(texts), "--out", str(out), "--arch", "1x96", "--epochs", "300")
    wait_for(out / ".training/one/checkpoint.safetensors")
    (child,) = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    child.wait(20)
    assert (out / ".training/one/checkpoint.safetensors").exists()


def test_a_broken_cards_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(made_up_text(30_000))
    for cards, said in (("[one]\ntilte = 'x'\n", "nothing else"), ("[one", "cannot read the cards")):
        (tmp_path / "cards.toml").write_text(cards)
        code, _, err = output(command(tmp_path, "train", "--all", str(tmp_path)))
        assert (code, err.count("\n")) == (2, 1)
        assert said in err


def test_a_damaged_checkpoint_is_named_with_what_to_do(text: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"not tensors at all")
    with pytest.raises(ModelsError, match="delete it to start anew"):
        course(text, tmp_path / "a")


def test_an_interrupted_training_keeps_its_plan_whatever_the_machine_does_now(text: Path, tmp_path: Path) -> None:
    first = course(text, tmp_path / "a", epochs=1.2345)
    first.save_checkpoint()
    assert training.begun(tmp_path / "a", first.corpus) == (Architecture(1, 32), first.recipe)
    other = tmp_path / "other.txt"
    other.write_text(made_up_text(60_000, seed=8))
    assert training.begun(tmp_path / "a", corpus.read(other)) is None
    assert training.begun(tmp_path / "nowhere", first.corpus) is None


def test_the_report_says_who_is_recognised_and_who_copies(tmp_path: Path, grown: Path, text: Path) -> None:
    out = tmp_path / "report"
    flags = ("evaluate", "--quick", "--only", "made-up,linux-c", "--corpora", str(text.parent), "--out", str(out))
    code, printed, err = output(command(grown, *flags))
    assert code == 0, err
    assert "100.0%" in printed
    assert {p.name for p in out.iterdir()} >= {
        "report.md",
        "confusion.png",
        "heldout.png",
        "findings.json",
        "kinship.json",
    }
    found = json.loads((out / "findings.json").read_text())
    assert found["right"] == [1.0, 1.0]
    assert found["corpora"] == ["made-up"]
    assert found["words"]["made-up"]["known"][0] > 0.9
    assert package.load(grown / ".local/share/chorus/styles/made-up").heldout_nats == pytest.approx(
        found["heldout"][found["styles"].index("made-up")][0], abs=0.1
    )
    assert (out / "texts/made-up-0.7.txt").read_text()[:2000].count(" ") > 100


def test_an_evaluation_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    for flags, said in (
        (("--only", "linux-c"), "two styles"),
        (("--only", "linux-c,linux-d"), "did you mean"),
        (("--corpora", str(tmp_path)), "no training text"),
    ):
        code, _, err = output(command(tmp_path, "evaluate", *flags))
        assert (code, err.count("\n")) == (2, 1), err
        assert said in err
