"""The page in a browser that is not ours, and behind it the instrument as a user runs it."""

import http.client
import math
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from actors.wire import plane
from actors.wire.client import Client
from actors.wire.messages import Admit
from display.page.crowd import PER_VISITOR
from tests.conftest import tool
from tests.support.browser import Browser
from tests.support.running import client_of, command, free_port, hear, output, session_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left")]

ADMITTED = 0.5
FINGER = 60.0  # pixels: what a fingertip is wide
WHERE = "(box => [box.left, box.top, box.width, box.height])(document.getElementById('field').getBoundingClientRect())"
LETTERS = "document.getElementById('paper').textContent.length"


class Instrument:
    """`chorus play --headless` with a page, alpha alone in the performer's mix."""

    def __init__(self, home: Path, styles: Path, *flags: str) -> None:
        self.port = free_port(socket.SOCK_STREAM)
        fixed = ("--headless", "--only", "alpha,beta,gamma,delta", "--styles", str(styles), "--osc-port", "0")
        played = ("--rate", "30", "--mix", "alpha=1", "--page", str(self.port), *flags)
        self.process = command(home, "play", *fixed, *played)
        self.client: Client = client_of(session_of(self.process))
        hear(self.client, lambda: len(self.client.text) > 20 and self.up())
        end = time.monotonic() + 30
        while self.get()[0] != 200:
            assert time.monotonic() < end
            time.sleep(0.1)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def get(self) -> tuple[int, bytes]:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asked.request("GET", "/")
            answer = asked.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""

    def up(self) -> bool:
        health = self.client.health
        return health is not None and all(style.state == "ready" for style in health.styles)

    def shares(self) -> dict[str, float]:
        """π of 1, as the coordinator has it now."""
        self.client.listen()
        pi = dict(zip(self.client.frame.styles, self.client.frame.pi, strict=True))
        return {slug: weight / sum(pi.values()) for slug, weight in pi.items()}

    def hear(self, true: Callable[[], object], patience_s: float = 30.0) -> float:
        return hear(self.client, true, patience_s)

    def end(self) -> str:
        self.client.close()
        self.process.send_signal(signal.SIGINT)
        return output(self.process)[2]


@pytest.fixture
def instrument(styles_folder: Path, tmp_path: Path) -> Iterator[Instrument]:
    made = Instrument(tmp_path, styles_folder, "--visitors", f"{ADMITTED}")
    yield made
    assert made.end() == ""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tool("chromium"), tmp_path / "profile") as made:
        yield made


def on_screen(browser: Browser, at: tuple[float, float]) -> tuple[float, float]:
    """Where a place on the plane is, in pixels of the window."""
    left, top, _, _ = browser.ask(WHERE)
    x, y = browser.ask(f"onScreen([{at[0]}, {at[1]}])")
    return (left + x, top + y)


def test_a_finger_on_the_field_pulls_the_text_until_the_performer_admits_nobody(
    instrument: Instrument, browser: Browser
) -> None:
    browser.go(instrument.address)
    browser.wait(f"{LETTERS} > 20")
    before = browser.ask(LETTERS)
    browser.wait(f"{LETTERS} > {before} + 20")
    colours = browser.ask("[...new Set([...document.querySelectorAll('#paper span')].map(s => s.style.color))]")
    assert any(colour.startswith("rgb") for colour in colours)
    shown = browser.ask("document.getElementById('paper').firstChild.textContent")
    instrument.hear(lambda: shown in instrument.client.text.decode())
    assert browser.wait("document.fonts.check('12px \"JetBrains Mono\"')")
    instrument.hear(lambda: instrument.client.health.page == instrument.address)

    cards = instrument.client.cards
    places = plane.lying_at([card.at for card in cards])
    beta = [card.slug for card in cards].index("beta")
    x, y = on_screen(browser, places[beta])
    assert instrument.shares()["alpha"] == 1.0
    browser.touch("Start", (x + FINGER, y))
    for k in range(20):
        browser.touch("Move", (x + FINGER * (1 - k / 19), y))
        time.sleep(0.05)
    alone = ADMITTED * PER_VISITOR  # of what all visitors together may have
    wished = plane.pull(places[beta], places)[beta]
    instrument.hear(lambda: instrument.shares()["beta"] > 0.95 * alone * wished)
    assert instrument.shares()["alpha"] >= 1 - alone - 1e-3
    assert instrument.client.frame.pulled == pytest.approx(alone, abs=0.01)
    assert math.dist(instrument.client.frame.pulls[0], places[beta]) < 0.05
    browser.wait("document.getElementById('crowd').textContent.startsWith('1 of 1 pulls')")
    time.sleep(4)  # a finger that rests pulls on
    instrument.hear(lambda: instrument.shares()["beta"] > 0.95 * alone * wished, 1.0)
    picture = browser.picture()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000

    instrument.client.send(Admit(share=0.0))
    instrument.hear(lambda: instrument.shares() == {"alpha": 1.0, "beta": 0.0, "gamma": 0.0, "delta": 0.0})
    browser.wait("document.getElementById('hint').textContent.includes('nobody is admitted')")
    browser.touch("Move", (x, y - FINGER))
    browser.touch("End")
    time.sleep(1)
    assert instrument.shares()["alpha"] == 1.0


def test_keys_pull_too_and_to_let_go_gives_all_back(instrument: Instrument, browser: Browser) -> None:
    browser.go(instrument.address)
    browser.wait("told.admitted > 0 && told.styles.length == 4")
    browser.ask("document.getElementById('field').focus()")
    for _ in range(14):
        browser.key("ArrowRight")
    instrument.hear(lambda: instrument.client.frame.pulls == [(pytest.approx(0.84), 0.0)])
    instrument.hear(lambda: instrument.shares()["alpha"] < 0.95)
    assert browser.ask("document.getElementById('near').textContent").startswith("near ")
    browser.key("Escape")
    instrument.hear(lambda: instrument.shares()["alpha"] == 1.0)


def test_a_page_that_was_cut_off_comes_back_by_itself_with_what_it_missed(
    instrument: Instrument, browser: Browser
) -> None:
    browser.go(instrument.address)
    browser.wait(f"{LETTERS} > 40")
    children = psutil.Process(instrument.process.pid).children(recursive=True)
    server = next(child for child in children if child.cmdline()[-1:] == ["display.page.server"])
    server.kill()
    browser.wait("document.getElementById('state').classList.contains('shown')")
    browser.wait("connection.socket && connection.socket.readyState == 1 && connection.tries == 0", 40)
    at = browser.ask("told.t")
    browser.wait(f"told.t > {at} + 20")
    shown = browser.ask("[...document.querySelectorAll('#paper > div')].map(line => line.textContent).join('\\n')")
    instrument.hear(lambda: instrument.client.position > browser.ask("told.t"))
    assert shown in instrument.client.text.decode()
    assert len(shown) > 60
    instrument_said = instrument.end()
    assert "page has ended by itself" in instrument_said
    instrument.end = lambda: ""  # type: ignore[method-assign]


def test_a_page_that_cannot_be_served_is_said_before_anything_starts(styles_folder: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        flags = ("--headless", "--styles", str(styles_folder), "--page", str(port))
        code, _, said = output(command(tmp_path, "play", *flags))
    assert code == 2
    assert f"--page 127.0.0.1:{port}" in said
    assert said.count("\n") == 1
    code, _, said = output(command(tmp_path, "play", "--headless", "--styles", str(styles_folder), "--visitors", "0.5"))
    assert code == 2
    assert "--page 8080" in said
