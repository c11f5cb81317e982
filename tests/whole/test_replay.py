"""A recorded performance: played again, and as text with whose every letter was."""

import contextlib
import html
import json
import re
import shutil
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

from actors.journal import format
from actors.journal.timing import seconds
from actors.wire.client import Client
from tests.conftest import tool
from tests.support.running import client_of, command, free_port, hear, output, session_of
from tests.whole.test_window import display, names_of_windows, xdotool

__all__ = ["display"]  # a fixture

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left")]

PLAYED = ("--headless", "--only", "alpha,beta,gamma", "--osc-port", "0", "--chars", "300", "--seed", "3")


@pytest.fixture(scope="module")
def played(styles_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The journal of a short performance, and what was printed."""
    folder = tmp_path_factory.mktemp("played")
    more = ("--styles", str(styles_folder), "--mix", "alpha=1,beta=0.5", "--pooling", "hand-over", "--lookahead", "3x2")
    code, text, err = output(command(folder, "play", *PLAYED, *more, "--journal", str(folder / "journal")))
    assert code == 0, err
    return folder / "journal", text


def test_the_text_is_the_one_that_was_and_every_letter_is_someones(
    played: tuple[Path, str], styles_folder: Path, tmp_path: Path
) -> None:
    journal, text = played
    files = [tmp_path / f"text{suffix}" for suffix in (".txt", ".jsonl", ".html")]
    flags = [word for file in files for word in ("--text", str(file))]
    code, out, err = output(command(tmp_path, "replay", str(journal), "--styles", str(styles_folder), *flags))
    assert (code, out) == (0, ""), err
    assert "would be others" not in err
    assert files[0].read_bytes() == text.encode()
    letters = [json.loads(line) for line in files[1].read_text().splitlines()]
    assert "".join(letter["char"] for letter in letters) == text
    assert [letter["t"] for letter in letters] == list(range(1, 301))
    for letter in letters:
        assert set(letter["styles"]) <= {"alpha", "beta"}
        assert sum(letter["styles"].values()) == pytest.approx(1, abs=0.02)
    page = files[2].read_bytes().decode()
    body = page[page.index("<pre>") + 5 : page.index("</pre>")]
    assert html.unescape(re.sub(r"<[^>]+>", "", body)) == text
    assert 'title="Alpha"' in body
    assert "http" not in page  # it needs nothing else


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--text", "a.txt"), "are not here"),
        (("--headless", "--osc-port", "0"), "are not here"),
        ((), "no display here"),
        (("--text", "a.doc"), "none of .txt"),
        (("--text", "a.txt", "--from", "50%"), "--mix or --score"),
        (("--headless", "--from", "9:00"), "long: name a time in it"),
        (("--headless", "--from", "soon"), "not a time"),
        (("--headless", "--speed", "0"), "not a speed"),
        (("--headless", "--mix", "nobody=1"), "no style 'nobody' in this performance; there were alpha, beta, gamma"),
        (("--headless", "--score", "nowhere.toml"), "cannot be read"),
        (("--video", "a.avi"), "none of .mp4"),
        (("--video", "a.mp4", "--headless"), "one film"),
        (("--video", "a.mp4", "--from", "50%", "--to", "10%"), "--to is later"),
        (("--headless", "--to", "1:00"), "--to is for films"),
    ],
)
def test_what_cannot_be_read_again_is_said_in_a_line(
    played: tuple[Path, str], tmp_path: Path, flags: tuple[str, ...], said: str
) -> None:
    code, _, err = output(command(tmp_path, "replay", str(played[0]), *flags))
    assert code == 2
    assert said in err.splitlines()[-1]
    assert not (tmp_path / "a.txt").exists()


def test_a_film_shows_a_part_of_the_recording_as_long_as_it_took(
    played: tuple[Path, str], styles_folder: Path, tmp_path: Path
) -> None:
    tool("ffmpeg")
    journal, _ = played
    file = tmp_path / "evening.mp4"
    last_s = seconds(format.lines(journal))[-1]
    part = ("--from", "25%", "--to", "75%", "--view", "audience", "--size", "320x240")
    flags = ("--video", str(file), *part, "--styles", str(styles_folder))
    code, out, err = output(command(tmp_path, "replay", str(journal), *flags))
    assert (code, out) == (0, ""), err
    probed = subprocess.run(
        [tool("ffprobe"), "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(file)],
        capture_output=True,
        check=True,
    )
    assert float(probed.stdout) == pytest.approx(last_s / 2, abs=0.05)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".mp4"] == ["evening.mp4"]


def test_no_journal_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("hello\n")
    (tmp_path / "empty").write_text('{"chorus": 1, "seed": 1, "styles": {"a": "b"}}\n')
    for path in (tmp_path / "notes", tmp_path / "nowhere", tmp_path / "empty"):
        for how in (("--text", str(tmp_path / "a.txt")), ("--headless",)):
            code, out, err = output(command(tmp_path, "replay", str(path), *how))
            assert (code, out, err.count("\n")) == (2, "", 1)


def headless(home: Path, journal: Path, styles_folder: Path, *flags: str) -> str:
    """What is printed, as fast as it goes."""
    what = ("--headless", "--osc-port", "0", "--speed", "max", "--styles", str(styles_folder))
    code, out, err = output(command(home, "replay", str(journal), *what, *flags))
    assert (code, err) == (0, ""), err
    return out


def test_a_recording_is_played_again_and_what_is_cut_off_is_left_out(
    played: tuple[Path, str], styles_folder: Path, tmp_path: Path
) -> None:
    journal, text = played
    assert headless(tmp_path, journal, styles_folder) == text
    cut = tmp_path / "cut"
    cut.write_bytes(journal.read_bytes()[:-20])
    printed = headless(tmp_path, cut, styles_folder)
    assert text.startswith(printed)
    assert 290 < len(printed) < 300


def test_other_weights_say_something_else_and_the_same_ones_the_same(
    played: tuple[Path, str], styles_folder: Path, tmp_path: Path
) -> None:
    journal, text = played
    assert headless(tmp_path, journal, styles_folder, "--mix", "alpha=1,beta=0.5") == text
    other = headless(tmp_path, journal, styles_folder, "--mix", "gamma=1")
    assert len(other) == len(text)
    assert other != text
    score = tmp_path / "score.toml"
    score.write_text("[[move]]\nat = 0\nmix = { gamma = 1 }\n")
    assert headless(tmp_path, journal, styles_folder, "--score", str(score)) == other
    flags = ("--mix", "gamma=1", "--text", str(tmp_path / "other.txt"), "--styles", str(styles_folder))
    assert output(command(tmp_path, "replay", str(journal), *flags))[0] == 0
    assert (tmp_path / "other.txt").read_bytes() == other.encode()


def slow(path: Path, journal: Path) -> Path:
    """The same recording, ten characters a second."""
    lines = [line for line in journal.read_text().splitlines(keepends=True) if not line.startswith('{"at"')]
    path.write_text("".join('{"rate":10}\n' if line.startswith('{"rate"') else line for line in lines))
    return path


def test_who_listens_hears_it_as_if_it_were_played_and_ctrl_c_ends_it(
    played: tuple[Path, str], styles_folder: Path, tmp_path: Path
) -> None:
    journal, text = slow(tmp_path / "slow", played[0]), played[1]
    port = free_port()
    what = ("--headless", "--osc-port", str(port), "--styles", str(styles_folder), "--from", "50%")
    process = command(tmp_path, "replay", str(journal), *what)
    session = session_of(process)
    client = client_of(session)
    hear(client, lambda: client.position > 155 and len(client.cards) == 3)
    assert text.startswith(bytes(client.text).decode())
    assert [card.title for card in client.cards] == ["Alpha", "Beta", "Gamma"]
    assert None not in [card.at for card in client.cards]
    client.close()
    code, said, _ = output(command(tmp_path, "status", "--session", session.name))
    assert code == 0
    assert "alpha" in said
    heard = written_by_osc(port)
    assert heard[1] == text[heard[0] - 1]
    process.send_signal(signal.SIGINT)
    code, out, err = output(process, 30)
    assert (code, err) == (130, "")
    assert text.startswith(out)
    assert 150 < len(out) < 300


def written_by_osc(port: int) -> tuple[int, str]:
    """The position of a character that OSC tells of, and the character."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            client.sendto(b"/chorus/subscribe\0\0\0,\0\0\0", ("127.0.0.1", port))
            with contextlib.suppress(OSError):
                while not (packet := client.recv(65536)).startswith(b"/chorus/char\0"):
                    pass
                code, t = struct.unpack(">ii", packet[-8:])
                return t, chr(code)
    raise AssertionError("no character was told of")


def test_a_window_shows_it_and_its_keys_change_the_pace(
    display: str, played: tuple[Path, str], styles_folder: Path, tmp_path: Path
) -> None:
    journal = slow(tmp_path / "slow", played[0])
    what = ("--osc-port", "0", "--styles", str(styles_folder), "--speed", "2")
    process = command(tmp_path, "replay", str(journal), *what, DISPLAY=display)
    client = client_of(session_of(process))
    hear(client, lambda: client.position > 5 and "Chorus" in names_of_windows(display))
    position = client.position
    hear(client, lambda: client.position > position + 30)  # the window hears it, too
    assert client.frame.rate_cps == pytest.approx(20)
    press(display, "space", lambda: client.frame.rate_cps == 0, client)
    press(display, "space", lambda: client.frame.rate_cps == pytest.approx(20), client)
    press(display, "Up", lambda: client.frame.rate_cps == pytest.approx(25), client)
    press(display, "m", lambda: client.ended, client)
    assert bytes(client.text).decode() == played[1]
    client.close()
    xdotool(display, "key", "Escape")
    assert output(process, 30) == (0, "", "")


def press(display: str, key: str, so: object, client: Client) -> None:
    xdotool(display, "key", key)
    hear(client, so, 10)


def test_weights_that_are_missing_later_close_the_window_with_a_line(
    display: str, played: tuple[Path, str], styles_folder: Path, tmp_path: Path
) -> None:
    lines = slow(tmp_path / "slow", played[0]).read_text().splitlines(keepends=True)
    at = next(k for k, line in enumerate(lines) if line.startswith("[40,"))
    lines.insert(at, '{"moves":{"gamma":1.0}}\n')
    (tmp_path / "slow").write_text("".join(lines))
    shutil.copytree(styles_folder / "alpha", tmp_path / "some" / "alpha")
    shutil.copytree(styles_folder / "beta", tmp_path / "some" / "beta")
    what = ("--osc-port", "0", "--styles", str(tmp_path / "some"), "--speed", "4")
    code, out, err = output(command(tmp_path, "replay", str(tmp_path / "slow"), *what, DISPLAY=display))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "the weights that gamma had then" in err
