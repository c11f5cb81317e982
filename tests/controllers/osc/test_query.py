"""OSCQuery as the proposal has it: a tree of the addresses with types, ranges and present values."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from actors.wire.messages import Frame
from actors.wire.parameters import PARAMETERS
from controllers.osc.addresses import ADDRESSES, Direction, path, wishes
from controllers.osc.packet import Message
from controllers.osc.query import About, Present, answer, encoded, tree

STYLES = ["latex", "linux-c", "shakespeare"]
ROW = np.linspace(0, 1, 128, dtype="<f4").tobytes()
ABOUT = About("Chorus on stage", 9000)
EARLY = Present()
PLAYING = Present(
    styles=STYLES,
    titles={"latex": "LaTeX"},
    frame=Frame(
        epoch=1,
        t=41,
        chars=b"ab",
        voices=bytes(6),
        styles=STYLES,
        pi=[0.5, 0.0, math.inf],
        active=[0],
        omega=ROW,
        rho=ROW,
        rate_cps=math.inf,
        measured_cps=20.0,
        temperature=0.8,
        held=["latex"],
    ),
    presets=["dark forest"],
    refused=3,
)


def ask(target: str, now: Present = PLAYING) -> tuple[int, Any]:
    return answer(target, now, ABOUT, "10.0.0.1")


def methods(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "TYPE" in node:
        yield node
    for below in node.get("CONTENTS", {}).values():
        yield from methods(below)


@pytest.mark.parametrize("now", [EARLY, PLAYING])
def test_every_address_of_the_table_is_in_the_tree(now: Present) -> None:
    made = {node["FULL_PATH"]: node for node in methods(tree(now))}
    paths = {path(a, slug) for a in ADDRESSES for slug in now.styles} | {a.path for a in ADDRESSES}
    assert set(made) == {where for where in paths if "STYLE" not in where}
    for node in made.values():
        assert node["DESCRIPTION"]
        assert len(node.get("VALUE", node["TYPE"])) == len(node["TYPE"])
        assert len(node.get("RANGE", node["TYPE"])) == len(node["TYPE"])
        assert ("VALUE" in node) <= bool(node["ACCESS"] & 1)
    for address in ADDRESSES:
        if address.direction is Direction.OUT and "STYLE" not in address.path:
            assert made[address.path]["ACCESS"] in (0, 1)


def test_values_that_can_be_read_and_written_may_be_sent_back() -> None:
    both = [node for node in methods(tree(PLAYING)) if node["ACCESS"] == 3 and "VALUE" in node]
    assert len(both) == 1 + len(PARAMETERS) + 2 * len(STYLES)  # all weights, and each style's weight and hold
    for node in both:
        assert wishes(Message(node["FULL_PATH"], tuple(node["VALUE"])), STYLES)


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("/chorus/weight/latex?VALUE", {"VALUE": [0.5]}),
        ("/chorus/weight/latex?TYPE", {"TYPE": "f"}),
        ("/chorus/weight/latex?RANGE", {"RANGE": [{"MIN": 0, "MAX": 1}]}),
        ("/chorus/weight/latex?ACCESS", {"ACCESS": 3}),
        ("/chorus/weight/latex?FULL_PATH", {"FULL_PATH": "/chorus/weight/latex"}),
        ("/chorus/weight/shakespeare?VALUE", {"VALUE": [3.4e38]}),  # JSON has no infinity
        ("/chorus/rate?VALUE", {"VALUE": [3.4e38]}),
        ("/chorus/temperature?VALUE", {"VALUE": [0.8]}),
        ("/chorus/hold/latex?VALUE", {"VALUE": [1]}),
        ("/chorus/hold/linux-c?VALUE", {"VALUE": [0]}),
        ("/chorus/char?VALUE", {"VALUE": [98, 42]}),
        ("/chorus/styles?VALUE", {"VALUE": STYLES}),
        ("/chorus/preset?RANGE", {"RANGE": [{"VALS": ["dark forest"]}]}),
        ("/chorus/refused?VALUE", {"VALUE": [3]}),
        ("/chorus/%70i/?TYPE", {"TYPE": "fff"}),
    ],
)
def test_an_attribute_alone(target: str, value: object) -> None:
    assert ask(target) == (200, value)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 200),
        ("/chorus", 200),
        ("/chorus/preset/keep", 200),
        ("/chorus?VALUE", 204),
        ("/chorus/preset?VALUE", 204),
        ("/chorus/solo?VALUE", 204),  # nobody is alone
        ("/chorus/y/linux-c?VALUE", 204),  # not active
        ("/chorus/rate?CONTENTS", 204),
        ("/chorus/rate?UNIT", 204),
        ("/chorus/nothing", 404),
        ("/chorus/weight/nobody?VALUE", 404),
        ("/chorus/weight/STYLE", 404),
        ("/chorus//rate", 404),
        ("/chorus/rate?LOUDNESS", 400),
        ("/chorus/rate?VALUE&TYPE", 400),
        ("chorus", 400),
        ("*", 400),
        ("//[", 400),
    ],
)
def test_the_statuses_of_the_proposal(target: str, status: int) -> None:
    got, node = ask(target)
    assert got == status
    assert (node is not None) == (status == 200)


def test_the_host_says_where_osc_goes_and_what_it_does_not_do() -> None:
    for target in ("/?HOST_INFO", "/chorus?HOST_INFO"):
        status, node = ask(target, EARLY)
        assert status == 200
        assert {k: v for k, v in node.items() if k != "EXTENSIONS"} == {
            "NAME": "Chorus on stage",
            "OSC_IP": "10.0.0.1",
            "OSC_PORT": 9000,
            "OSC_TRANSPORT": "UDP",
        }
        assert {name for name, has in node["EXTENSIONS"].items() if has} == {"ACCESS", "VALUE", "RANGE", "DESCRIPTION"}


def test_the_tree_is_json_for_any_values() -> None:
    assert json.loads(encoded(tree(PLAYING))) == tree(PLAYING)
    assert (
        "LaTeX: this style's weight"
        in tree(PLAYING)["CONTENTS"]["chorus"]["CONTENTS"]["weight"]["CONTENTS"]["latex"]["DESCRIPTION"]
    )
