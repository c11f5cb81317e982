"""Styles come and go while the text runs: the commands as a performer's assistant types them, real Ray actors."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from actors.journal import writer
from actors.wire.client import Client
from actors.wire.messages import SetWeights
from deploy.session.session import MARK
from models import package
from tests.conftest import made_up_text, random_style
from tests.support.running import client_of, command, hear, output, session_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left")]


@pytest.fixture
def played(styles_folder: Path, tmp_path: Path) -> Iterator[tuple[str, Client]]:
    """`alpha` and `beta` play, 60 characters a second, and the folder `watched` is watched: session and listener."""
    flags = ("--styles", str(styles_folder), "--only", "alpha,beta", "--osc-port", "0", "--rate", "60")
    more = ("--mix", "alpha=1", "--watch", str(tmp_path / "watched"), "--journal", str(tmp_path / "journal"))
    process = command(tmp_path, "play", "--headless", *flags, *more)
    session = session_of(process)
    client = client_of(session)
    hear(client, lambda: client.position > 20 and client.health and len(client.health.styles) == 2)
    try:
        yield session.name, client
    finally:
        client.close()
        process.terminate()
        process.communicate(timeout=60)


def chorus(home: Path, *arguments: str) -> tuple[int, str, str]:
    return output(command(home, *arguments))


def states(client: Client) -> dict[str, str]:
    return {style.slug: style.state for style in client.health.styles}


def test_a_style_joins_speaks_and_leaves_while_the_text_runs(
    played: tuple[str, Client], styles_folder: Path, tmp_path: Path
) -> None:
    session, client = played
    before = {card.slug: card.at for card in client.cards}
    package_folder = str(styles_folder / "gamma")
    code, said, err = chorus(tmp_path, "add", package_folder, "--session", session)
    assert (code, err) == (0, "")
    assert "Gamma has read the text" in said
    client.send(SetWeights(weights={"gamma": 1.0}))
    hear(client, lambda: client.frame.styles == ["alpha", "beta", "gamma"] and client.frame.active == [2])
    assert [card.slug for card in client.cards] == ["alpha", "beta", "gamma"]
    lie = {card.slug: card.at for card in client.cards}
    assert None not in lie.values()
    assert {slug: lie[slug] for slug in before} == before
    assert lie["gamma"] not in before.values()
    assert chorus(tmp_path, "remove", "gamma", "--session", session)[::2] == (
        2,
        "chorus: gamma alone speaks: give another style weight before it leaves\n",
    )
    assert chorus(tmp_path, "remove", "alpha", "--session", session)[0] == 0
    code, said, _ = chorus(tmp_path, "status", "--session", session, "--json")
    told = json.loads(said)
    assert [(style["slug"], style["speaks"]) for style in told["styles"]] == [("beta", False), ("gamma", True)]
    assert told["event"] == "Alpha has left"
    position = client.position
    hear(client, lambda: client.position > position + 30 and set(states(client).values()) == {"ready"})
    past = writer.read(tmp_path / "journal")
    assert bytes(past.text[: len(client.text)]).startswith(bytes(client.text)[:-5])


def test_a_package_in_a_watched_folder_joins_and_its_newer_weights_take_over(
    played: tuple[str, Client], styles_folder: Path, tmp_path: Path
) -> None:
    _, client = played
    watched = tmp_path / "watched"
    broken = random_style(watched, "broken")
    broken.weights_path.write_bytes(b"no weights")
    shutil.copytree(styles_folder / "delta", watched / "delta")
    hear(client, lambda: states(client).get("delta") == "ready")
    assert "broken" not in states(client)
    before = client.health.roster[2]
    random_style(watched, "delta", seed=77)
    hear(client, lambda: client.health.event == "Delta has learnt more")
    after = client.health.roster[2]
    assert (after.slug, after.card.weights_sha256) == ("delta", package.load(watched / "delta").content_hash())
    assert after.slot_id != before.slot_id
    position = client.position
    hear(client, lambda: client.position > position + 30)


def test_a_style_in_training_is_heard_and_gets_better(played: tuple[str, Client], tmp_path: Path) -> None:
    session, client = played
    text = tmp_path / "letters.txt"
    text.write_text(made_up_text(40_000))
    out = tmp_path / "out"
    what = ("train", str(text), "--name", "Letters", "--arch", "1x96", "--epochs", "12", "--rate", "0.01")
    training = command(tmp_path, *what, "--out", str(out), "--threads", "1", "--join", "0.5", "--session", session)
    hear(client, lambda: client.frame.styles == ["alpha", "beta", "letters"] and client.frame.pi[2] == 0.5)
    first = client.health.roster[2].card.weights_sha256
    code, _, err = output(training)
    assert code == 0, err
    finished = package.load(out / "letters").content_hash()
    hear(client, lambda: client.health.roster[2].card.weights_sha256 == finished)
    assert first != finished
    assert client.frame.pi == [1.0, 0.0, 0.5]
    assert not (out / ".training" / "letters" / "joined").exists()


def test_a_training_that_has_nothing_to_join_says_so_before_it_begins(tmp_path: Path) -> None:
    text = tmp_path / "letters.txt"
    text.write_text(made_up_text(20_000))
    code, _, err = chorus(tmp_path, "train", str(text), "--name", "L", "--join", "--session", "chorus-none")
    assert (code, err) == (2, "chorus: no session chorus-none is playing here\n")


def test_what_cannot_join_or_leave_is_refused_in_one_line(
    played: tuple[str, Client], styles_folder: Path, tmp_path: Path
) -> None:
    session, _ = played
    broken = random_style(tmp_path, "broken")
    broken.weights_path.write_bytes(b"no weights")
    for arguments, reason in (
        (("add", str(broken.folder)), "is damaged"),
        (("add", str(styles_folder / "alpha")), "plays these weights already"),
        (("add", "nobody"), "there is no style 'nobody'"),
        (("remove", "nobody"), "there is no style 'nobody'"),
    ):
        code, out, err = chorus(tmp_path, *arguments, "--session", session)
        assert (code, out) == (2, "")
        assert reason in err
        assert err.count("\n") == 1


def test_a_served_ensemble_says_nothing_is_recorded_and_can_be_asked(styles_folder: Path, tmp_path: Path) -> None:
    flags = (
        "--styles",
        str(styles_folder),
        "--only",
        "alpha,beta",
        "--osc-port",
        "0",
        "--mix",
        "alpha=1",
        "--rate",
        "50",
    )
    process = command(tmp_path, "serve", *flags)
    session = session_of(process)
    client = client_of(session)
    hear(client, lambda: client.position > 40 and client.health)
    client.close()
    assert "alpha" in chorus(tmp_path, "status", "--session", session.name)[1]
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert (out, err) == (b"", b"")
    [record] = (tmp_path / ".local/state/chorus/journals").glob("*.journal")
    assert len(writer.read(record).text) >= 39


def test_without_a_session_the_commands_say_how_to_start_one(styles_folder: Path, tmp_path: Path) -> None:
    for arguments in (("add", str(styles_folder / "alpha")), ("remove", "alpha"), ("status",)):
        code, _, err = chorus(tmp_path, *arguments, "--session", "chorus-none")
        assert (code, err) == (2, "chorus: no session chorus-none is playing here\n")


def test_a_style_being_added_again_and_again_leaves_no_process_behind(
    played: tuple[str, Client], styles_folder: Path, tmp_path: Path
) -> None:
    session, client = played
    for seed in range(3):
        newer = random_style(tmp_path / str(seed), "gamma", seed=seed)
        assert chorus(tmp_path, "add", str(newer.folder), "--session", session)[0] == 0
    hear(client, lambda: {style.pid for style in client.health.styles} == styles_of(session), 30)


def styles_of(session: str) -> set[int]:
    """The processes of style actors that are alive."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == session and process.cmdline()[:1] == ["ray::StyleActor"]:
                found.add(process.pid)
    return found
