"""From a folder of texts to one network that plays all their styles, beside the ensemble and in its place."""

import json
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.evaluation.mixes import WAYS
from models import package as styles
from models.corpus import read
from models.monolith import package
from tests.conftest import made_up_text
from tests.support.running import client_of, command, hear, output, session_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left")]

SLUGS = ("alpha", "beta", "gamma")  # as of the ensemble's random styles
TRAINING = ("--arch", "1x32", "--chars", "300000", "--threads", "1")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    for seed, slug in enumerate(SLUGS):
        (folder / f"{slug}.txt").write_text(made_up_text(30_000, seed))
    return folder


@pytest.fixture(scope="module")
def home(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whose monolith has the three styles."""
    folder = tmp_path_factory.mktemp("home")
    code, _, err = output(command(folder, "monolith", "train", str(texts), *TRAINING))
    assert code == 0, err
    assert "nats/char" in err
    return folder


def own(home: Path) -> Path:
    return home / ".local/share/chorus/monolith"


def play(home: Path, styles: Path, *more: str) -> "subprocess.Popen[bytes]":
    flags = ("--headless", "--styles", str(styles), "--only", "alpha,beta,delta", "--osc-port", "0")
    return command(home, "play", *flags, "--mix", "alpha=1,beta=0.7", *more)


def test_a_folder_of_texts_becomes_a_monolith_and_one_more_style_joins(home: Path, texts: Path, tmp_path: Path) -> None:
    trained = package.load(own(home))
    assert trained.styles == list(SLUGS)
    assert all(nats < 3 for nats in trained.heldout_nats.values())  # a uniform guess is 4.85
    code, _, err = output(command(home, "monolith", "train", str(texts), *TRAINING))
    assert (code, err.count("\n")) == (2, 1)
    assert "already" in err

    (tmp_path / "new.txt").write_text(made_up_text(30_000, 7))
    out = tmp_path / "with-new"
    add = ("monolith", "add", str(tmp_path / "new.txt"), "--chars", "30000", "--out", str(out), "--threads", "1")
    code, _, err = output(command(home, *add))
    assert code == 0, err
    wider = package.load(out)
    assert wider.styles == [*SLUGS, "new"]
    assert wider.joined["new"]["characters"] == 30_000
    for name, w in trained.weights().items():  # nothing of what was there has changed
        assert (wider.weights()[name][: len(w)] == w).all()
    code, _, err = output(command(home, "monolith", "train", str(texts), "--from", str(out)))
    assert (code, err.count("\n")) == (2, 1)
    assert "lacks texts of the monolith's styles: new" in err
    (texts / "new.txt").write_text((tmp_path / "new.txt").read_text())
    further = tmp_path / "further"
    more = ("--from", str(out), "--chars", "100000", "--out", str(further), "--threads", "1")
    code, _, err = output(command(home, "monolith", "train", str(texts), *more))
    (texts / "new.txt").unlink()
    assert code == 0, err
    assert package.load(further).styles == wider.styles
    assert package.load(further).heldout_nats["new"] < wider.heldout_nats["new"]
    code, shown, _ = output(command(home, "monolith", "show", "--monolith", str(out)))
    assert code == 0
    assert [line.split()[0] for line in shown.splitlines()[2:]] == wider.styles


def test_a_training_that_was_interrupted_goes_on(texts: Path, tmp_path: Path) -> None:
    flags = ("monolith", "train", str(texts), "--arch", "1x32", "--chars", "3000000", "--threads", "1")
    first = command(tmp_path, *flags)
    checkpoint = own(tmp_path) / ".training/checkpoint.safetensors"
    while not checkpoint.exists():
        assert first.poll() is None, output(first)
    first.send_signal(signal.SIGINT)
    code, _, err = output(first)
    assert code == 130, err
    assert "goes on from there" in err
    second = command(tmp_path, *flags)
    assert second.stderr is not None
    said = second.stderr.readline() + second.stderr.readline()
    second.send_signal(signal.SIGINT)
    output(second)
    assert b"going on from update" in said


def test_across_the_same_seed_gives_the_same_text_whoever_dies(home: Path, styles_folder: Path, tmp_path: Path) -> None:
    def text(*more: str) -> str:
        code, out, err = output(play(home, styles_folder, "--chars", "400", "--seed", "7", *more))
        assert (code, err) == (0, "")
        return out

    across = text("--cross", "1")
    assert across == text("--cross", "1")
    assert across != text("--cross", "0.5")
    assert text() == text("--no-monolith")

    journal = str(tmp_path / "journal")
    process = play(
        home, styles_folder, "--chars", "400", "--seed", "7", "--cross", "1", "--rate", "80", "--journal", journal
    )
    client = client_of(session_of(process))
    hear(client, lambda: client.position > 100 and client.health and client.health.monolith)
    victim = client.health.monolith
    assert victim.state == "ready"
    os.kill(victim.pid, signal.SIGKILL)
    hear(client, lambda: client.health.monolith.pid not in (0, victim.pid))
    assert client.frame.cross == 1
    client.close()
    assert output(process)[1] == across


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--cross", "0.5", "--no-monolith"), "does without"),
        (("--cross", "0.5", "--only", "beta,delta", "--mix", "beta=1"), "chorus monolith train"),
        (("--monolith", "/nowhere"), "no monolith"),
    ],
)
def test_what_cannot_be_crossed_to_is_said_in_a_line(
    home: Path, styles_folder: Path, flags: tuple[str, ...], said: str
) -> None:
    code, _, err = output(play(home, styles_folder, *flags))
    assert (code, err.count("\n")) == (2, 1), err
    assert said in err


def test_the_report_on_many_voices_compares_the_monolith_with_every_pooling(
    home: Path, texts: Path, styles_folder: Path, tmp_path: Path
) -> None:
    for slug in ("alpha", "beta"):
        style = styles.load(styles_folder / slug)
        of_text = replace(style, corpus={"file": f"{slug}.txt", "sha256": read(texts / f"{slug}.txt").sha256})
        styles.save(of_text, style.weights(), tmp_path / "styles" / slug)
    flags = ("--mix", "--quick", "--styles", str(tmp_path / "styles"), "--only", "alpha,beta", "--corpora", str(texts))
    code, printed, err = output(command(home, "evaluate", *flags, "--out", str(tmp_path)))
    assert code == 0, err
    rows = [line.split(" | ")[:2] for line in printed.splitlines() if "%" in line]
    assert {name.removeprefix("| ") for name, _ in rows} == set(WAYS)
    assert {voices for _, voices in rows} == {"1", "2"}
    found = json.loads((tmp_path / "mixes.json").read_text())
    across = found["monolith"]["2"]
    assert len(across) == 10
    assert all(0 < text["everyone"] < 6 and text["sample"] for text in across)
    # a monolith that has learnt their words writes more of them than random weights do
    known = {way: sum(text["known"] for text in found[way]["2"]) for way in ("linear", "monolith")}
    assert known["monolith"] > known["linear"]
    without = ("--monolith", str(tmp_path / "nowhere"))
    code, _, err = output(command(home, "evaluate", *flags, *without, "--out", str(tmp_path)))
    assert (code, err.count("\n")) == (2, 1)
