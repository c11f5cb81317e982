"""The path of the paper end to end, without a window: real Ray actors, text on standard output."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from actors.journal import writer
from tests.conftest import random_style
from tests.support.running import client_of, command, hear, output, session_of, traces

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left")]

MIX = "alpha=0.6,beta=0.4"


def play(home: Path, styles: Path, *more: str) -> "subprocess.Popen[bytes]":
    flags = ("--headless", "--styles", str(styles), "--only", "alpha,beta,gamma,delta", "--osc-port", "0")
    return command(home, "play", *flags, *more)


def test_the_same_seed_and_mix_print_the_same_text_and_nothing_else(styles_folder: Path, tmp_path: Path) -> None:
    texts = []
    for mix in (MIX, MIX, "gamma=1"):
        ran = output(play(tmp_path, styles_folder, "--chars", "600", "--mix", mix, "--seed", "7"))
        assert (ran[0], ran[2]) == (0, "")
        texts.append(ran[1])
    assert [len(text) for text in texts] == [600, 600, 600]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("after_s", [0.05, 0.8, 2.0, 3.5, 6.0, 12.0])
def test_ctrl_c_ends_it_cleanly_at_any_moment(styles_folder: Path, tmp_path: Path, after_s: float) -> None:
    process = play(tmp_path, styles_folder, "--rate", "50")
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    code, _, err = output(process, 30)
    assert code in (130, -signal.SIGINT)  # the latter while Python itself was still starting
    assert "Traceback" not in err or after_s < 0.5


def test_the_death_of_whoever_started_it_ends_everything(styles_folder: Path, tmp_path: Path) -> None:
    before = traces()
    process = play(tmp_path, styles_folder, "--rate", "50")
    session_of(process)
    time.sleep(4)
    process.kill()
    process.communicate()
    end = time.monotonic() + 30
    while traces() != before and time.monotonic() < end:
        time.sleep(0.1)


def test_a_killed_style_is_back_and_all_characters_come_out(styles_folder: Path, tmp_path: Path) -> None:
    process = play(tmp_path, styles_folder, "--chars", "1500", "--rate", "100", "--mix", MIX)
    client = client_of(session_of(process))
    hear(client, lambda: client.position > 300 and client.health)
    victim = next(s for s in client.health.styles if s.slug == "alpha")
    os.kill(victim.pid, signal.SIGKILL)

    def back() -> bool:
        style = next(s for s in client.health.styles if s.slug == "alpha")
        return style.state == "ready" and style.pid != victim.pid

    assert hear(client, back) < 10  # alone on two cores it takes two seconds
    assert not process.poll()
    client.close()
    code, out, err = output(process)
    assert (code, len(out), err) == (0, 1500, "")


def test_a_seeded_text_survives_the_death_of_a_style_and_of_the_coordinator(
    styles_folder: Path, tmp_path: Path
) -> None:
    whole = output(play(tmp_path, styles_folder, "--chars", "900", "--mix", MIX, "--seed", "3"))[1]
    record = tmp_path / "journal"
    process = play(
        tmp_path, styles_folder, "--chars", "900", "--mix", MIX, "--seed", "3", "--rate", "100", "--journal", str(record)
    )  # fmt: skip
    client = client_of(session_of(process))
    hear(client, lambda: client.position > 200 and client.health)
    os.kill(next(s.pid for s in client.health.styles if s.slug == "beta"), signal.SIGKILL)
    position = client.position
    hear(client, lambda: client.position > position + 100)
    os.kill(client.health.pid, signal.SIGKILL)
    position = client.position
    hear(client, lambda: client.position > position + 50 and client.frame.epoch == 2)
    client.close()
    code, out, err = output(process)
    assert (code, err) == (0, "")
    assert out == whole
    assert bytes(writer.read(record).text).decode() == whole


def test_an_unknown_style_is_one_line_with_the_nearest_names(styles_folder: Path, tmp_path: Path) -> None:
    code, out, err = output(play(tmp_path, styles_folder, "--mix", "alpah=1"))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "alpha" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--mix", "alpha=nan"), "finite"),
        (("--mix", "alpha=-1"), "zero or more"),
        (("--mix", "alpha=0"), "all weights are zero"),
        (("--mix", "alpha=loud"), "STYLE=WEIGHT"),
        (("--pooling", "geometric"), "pooling is linear, log-linear or hand-over"),
        (("--pooling", "log-linear", "--mix", "alpha=-1"), "all weights are zero"),
        (("--top-p", "0"), "top-p"),
        (("--cross", "2"), "cross is 0 to 1"),
        (("--rate", "fast"), "rate is 0, or 0.01 or more"),
        (("--rate", "0"), "stands still"),
        (("--seed", "-1"), "whole number"),
        (("--chars", "-5"), "above zero"),
        (("--journal", "/proc/nowhere/journal"), "journal"),
    ],
)
def test_a_flag_that_cannot_be_followed_is_said_so(
    styles_folder: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = output(play(tmp_path, styles_folder, *arguments))
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_damaged_style_is_named_and_the_others_play(styles_folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (random_style(mine, "torn").folder / "weights.safetensors").write_bytes(b"torn")
    (random_style(mine, "worn").folder / "style.toml").write_text("figures = [1]")
    ran = output(
        play(
            tmp_path,
            styles_folder,
            "--styles",
            str(mine),
            "--only",
            "alpha,torn",
            "--chars",
            "100",
            "--mix",
            "alpha=1,torn=1",
        )
    )
    assert (ran[0], len(ran[1])) == (0, 100)
    assert "worn" in ran[2]
    code, out, err = output(
        play(tmp_path, styles_folder, "--styles", str(mine), "--only", "alpha,torn", "--mix", "torn=1", "--seed", "1")
    )
    assert (code, out) == (2, "")
    assert "damaged" in err


def test_without_a_display_it_offers_headless(styles_folder: Path, tmp_path: Path) -> None:
    code, out, err = output(command(tmp_path, "play", "--styles", str(styles_folder)))
    assert (code, out) == (2, "")
    assert "--headless" in err


def test_a_reader_that_leaves_ends_it(styles_folder: Path, tmp_path: Path) -> None:
    process = play(tmp_path, styles_folder, "--rate", "100")
    assert process.stdout is not None
    assert process.stdout.read(20)
    process.stdout.close()
    assert process.wait(30) == 0
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert not psutil.pid_exists(process.pid)
