"""A session that another program opens: checked by the address table, its scripts by node if it is there."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from controllers.osc import addresses as osc_addresses
from controllers.osc.open_stage_control import STRIPS, Shown, session, widgets
from controllers.osc.packet import Argument, Message
from deploy import cli
from tests.conftest import tool

STYLES = [Shown(f"style-{k}", f"Style {k}", f"#{k:06x}") for k in range(36)]
SLUGS = [style.slug for style in STYLES]
TARGET = "10.0.0.1:9000"
MADE = session(STYLES, TARGET)


def sent(widget: dict[str, Any]) -> list[tuple[Argument, ...]]:
    """The arguments that a widget may send."""
    if widget["type"] == "fader":
        return [(float(value),) for value in widget["range"].values()]
    sends: dict[str, list[tuple[Argument, ...]]] = {
        "momentary": [()],
        "tap": [(widget.get("on"),)],
        "toggle": [(widget.get("on"),), (widget.get("off"),)],
    }
    return sends[widget["mode"]]


def test_every_message_of_a_widget_is_understood() -> None:
    sending = [widget for widget in widgets(MADE) if not widget["bypass"]]
    assert len(sending) == 3 * len(STYLES) + 3 + 2 + 3 + 16
    for widget in sending:
        assert widget["target"] == [TARGET]
        assert widget["ignoreDefaults"] is True
        for arguments in sent(widget):
            assert osc_addresses.wishes(Message(widget["address"], arguments), SLUGS)


def test_every_message_for_a_widget_is_sent() -> None:
    received = {widget["address"] for widget in widgets(MADE) if widget["bypass"] and "address" in widget}
    assert received == {"/chorus/styles", "/chorus/pi", "/chorus/error", "/chorus/refused"}
    assert received <= osc_addresses.SENT


def test_every_style_has_a_strip_in_its_colour_on_a_page_that_is_not_too_full() -> None:
    by_id = {widget["id"]: widget for widget in widgets(MADE)}
    assert len(by_id) == len(list(widgets(MADE)))
    for style in STYLES:
        assert by_id[f"weight/{style.slug}"]["address"] == f"/chorus/weight/{style.slug}"
        assert by_id[f"strip/{style.slug}"]["colorWidget"] == style.colour
        assert by_id[f"title/{style.slug}"]["default"] == style.title
    pages = [widget for widget in widgets(MADE) if widget["type"] == "tab"]
    assert [len(page["widgets"]) for page in pages] == [STRIPS] * 3
    assert pages[0]["label"] == "Style 0 … Style 11"


@pytest.mark.parametrize("styles", [[], STYLES[:1], STYLES[: STRIPS + 1]])
def test_any_number_of_styles_makes_a_session(styles: list[Shown]) -> None:
    made = session(styles, TARGET)
    assert json.loads(json.dumps(made)) == made
    assert {"createdWith", "version", "type", "content"} == set(made)


def test_the_scripts_do_what_they_are_for() -> None:
    follow = next(widget for widget in widgets(MADE) if widget["id"] == "pi")["onValue"]
    harness = """
        const done = [];
        const get = () => NAMES, set = (id, value, options) => done.push([id, value, options.external]);
        const send = (...message) => done.push(message), setInterval = (id, again, ms) => { done.push(ms); again() };
        const value = VALUE;
        SCRIPT
        console.log(JSON.stringify(done))
    """

    def run(script: str, names: object = None, value: object = None) -> Any:
        program = (
            harness.replace("SCRIPT", script).replace("NAMES", json.dumps(names)).replace("VALUE", json.dumps(value))
        )
        ran = subprocess.run([tool("node"), "-e", program], capture_output=True, text=True, check=True)
        return json.loads(ran.stdout)

    assert run(follow, ["a", "b"], [0.5, 1]) == [["weight/a", 0.5, True], ["weight/b", 1, True]]
    assert run(follow, "a", 0.5) == [["weight/a", 0.5, True]]  # one argument comes without a list
    assert run(follow, "", [0.5, 1]) == []  # the names have not come yet
    ask = [TARGET, "/chorus/subscribe"]
    assert run(MADE["content"]["onCreate"]) == [ask, 60000, ask]


def test_the_command_writes_a_session_of_the_installed_styles(
    tmp_path: Path, styles_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--styles", str(styles_folder), "--only", "alpha,beta"]
    assert cli.main(["osc", "--session", str(tmp_path / "x.json"), "--target", "10.0.0.5:9001", *few]) == 0
    written = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert "2 styles" in capsys.readouterr().err
    assert cli.main(["osc", *few, "--target", "10.0.0.5:9001", "--session"]) == 0
    assert json.loads(capsys.readouterr().out) == written
    faders = [widget["address"] for widget in widgets(written) if widget["id"].startswith("weight/")]
    assert faders == ["/chorus/weight/alpha", "/chorus/weight/beta"]
    assert cli.main(["osc", "--session", str(tmp_path / "no" / "x.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["osc", "--session", "--target", "nowhere"])
