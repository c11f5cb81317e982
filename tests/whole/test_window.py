"""The window on a real X server, driven by a mouse that is not ours."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import tool
from tests.support.running import client_of, command, hear, output, session_of, traces

pytestmark = pytest.mark.slow

SIZE = (1280, 800)
FEW = ("--only", "alpha,beta,gamma,delta")


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of the test's own."""
    read, write = os.pipe()
    server = subprocess.Popen(
        [tool("Xvfb"), "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


def xdotool(display: str, *arguments: str) -> str:
    ran = subprocess.run(
        [tool("xdotool"), *arguments], env=os.environ | {"DISPLAY": display}, capture_output=True, text=True
    )
    return ran.stdout.strip()


def names_of_windows(display: str) -> list[str]:
    """xdotool's own search by name overlooks windows that have only the newer name property."""
    return [xdotool(display, "getwindowname", window) for window in xdotool(display, "search", "--class", ".*").split()]


def test_a_mouse_dragged_from_style_to_style_moves_the_mix(display: str, styles_folder: Path, tmp_path: Path) -> None:
    before = traces()
    began = time.monotonic()
    process = command(
        tmp_path, "play", *FEW, "--styles", str(styles_folder), "--osc-port", "0", "--rate", "30", DISPLAY=display
    )
    while "Chorus" not in names_of_windows(display):
        assert time.monotonic() - began < 20
        time.sleep(0.1)
    client = client_of(session_of(process))
    hear(client, lambda: client.frame and len(client.text) > 10)
    hear(client, lambda: client.health and all(s.state == "ready" for s in client.health.styles))

    # the display's own geometry says where styles lie
    import pygame

    from actors.wire.plane import places
    from display.performer import Performer

    pygame.font.init()
    plane, points = Performer(SIZE).plane, places(len(client.styles))
    first, second = plane.to_screen(points[0]), plane.to_screen(points[2])
    xdotool(display, "mousemove", str(first[0]), str(first[1]), "mousedown", "1")
    hear(client, lambda: client.frame.active == [0])
    steps = [
        word
        for k in range(1, 11)
        for word in (
            "mousemove",
            str(first[0] + (second[0] - first[0]) * k // 10),
            str(first[1] + (second[1] - first[1]) * k // 10),
            "sleep",
            "0.03",
        )
    ]
    xdotool(display, *steps, "mouseup", "1")
    hear(client, lambda: client.frame.active == [2])
    assert max(client.frame.pi) == client.frame.pi[2]
    xdotool(display, "key", "space")
    hear(client, lambda: client.frame.rate_cps == 0)
    xdotool(display, "key", "space")
    hear(client, lambda: client.frame.rate_cps == 30)
    client.close()
    xdotool(display, "key", "Escape")
    assert output(process, 30)[0] == 0
    assert traces() == before


def windows(display: str) -> dict[str, str]:
    """The windows by their names."""
    found = xdotool(display, "search", "--class", ".*").split()
    return {
        name: window for window in found if (name := xdotool(display, "getwindowname", window)).startswith("Chorus")
    }


def test_two_windows_of_different_kinds_show_one_performance_and_the_first_ends_it(
    display: str, styles_folder: Path, tmp_path: Path
) -> None:
    before = traces()
    flags = ("--styles", str(styles_folder), "--osc-port", "0", "--size", "640x400")
    process = command(tmp_path, "play", *FEW, *flags, "--view", "performer", "--view", "audience", DISPLAY=display)
    client = client_of(session_of(process))
    hear(client, lambda: client.frame and len(client.text) > 10)
    hear(client, lambda: len(windows(display)) == 2)
    there = windows(display)
    xdotool(display, "windowfocus", there["Chorus: audience"], "sleep", "0.3", "key", "Escape")
    hear(client, lambda: list(windows(display)) == ["Chorus"])
    position = client.position
    hear(client, lambda: client.position > position + 10)
    client.close()
    xdotool(display, "windowfocus", there["Chorus"], "sleep", "0.3", "key", "Escape")
    assert output(process, 30)[0] == 0
    assert traces() == before


def test_another_command_opens_a_window_onto_what_is_playing(display: str, styles_folder: Path, tmp_path: Path) -> None:
    before = traces()
    process = command(tmp_path, "play", *FEW, "--styles", str(styles_folder), "--osc-port", "0", "--headless")
    client = client_of(session_of(process))
    hear(client, lambda: client.frame and len(client.text) > 1000)
    watching = command(tmp_path, "window", "--view", "operator", DISPLAY=display)
    hear(client, lambda: "Chorus: operator" in windows(display))
    client.close()
    xdotool(display, "mousemove", "300", "300", "sleep", "0.3", "key", "Escape")
    assert output(watching, 30)[0] == 0
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert output(process, 30)[0] == 130
    assert traces() == before


def test_ctrl_c_in_the_terminal_closes_the_window(display: str, styles_folder: Path, tmp_path: Path) -> None:
    before = traces()
    process = command(tmp_path, "play", *FEW, "--styles", str(styles_folder), "--osc-port", "0", DISPLAY=display)
    session_of(process)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    assert output(process, 30)[0] == 130
    assert traces() == before
