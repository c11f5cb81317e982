import math
from pathlib import Path

import pytest

from actors.wire.messages import (
    Admit,
    Hold,
    Preset,
    SetLookahead,
    SetPooling,
    SetRate,
    SetTemperature,
    SetTempo,
    SetWeights,
    Solo,
)
from controllers import ControllerError
from controllers.osc import addresses as osc_addresses
from controllers.osc.addresses import Subscription, wishes
from controllers.osc.packet import Message

STYLES = ("shakespeare", "linux-c", "latex")


@pytest.mark.parametrize(
    ("address", "arguments", "wish"),
    [
        ("/chorus/weight/latex", (0.5,), SetWeights(weights={"latex": 0.5}, replace=False)),
        ("/chorus/weight/l*", (0,), SetWeights(weights={"linux-c": 0.0, "latex": 0.0}, replace=False)),
        (
            "/chorus/weight/{latex,shakespeare}",
            (1,),
            SetWeights(weights={"shakespeare": 1.0, "latex": 1.0}, replace=False),
        ),
        ("/chorus/weights", (1, 0.5, 0), SetWeights(weights={"shakespeare": 1.0, "linux-c": 0.5, "latex": 0.0})),
        ("/chorus/weights", ("latex", 2.0, "linux-c", 1), SetWeights(weights={"latex": 2.0, "linux-c": 1.0})),
        ("/chorus/rate", (20,), SetRate(cps=20.0)),
        ("/chorus/rate", ("max",), SetRate(cps=math.inf)),
        ("/chorus/temperature", (0.8,), SetTemperature(temperature=0.8)),
        (
            "/chorus/weight/latex",
            (-0.5,),
            SetWeights(weights={"latex": -0.5}, replace=False),
        ),  # the desk knows if it may
        ("/chorus/pooling", ("hand-over",), SetPooling(pooling="hand-over")),
        ("/chorus/evenness", (0.5,), SetPooling(evenness=0.5)),
        ("/chorus/lookahead", (8, 4.0), SetLookahead(width=8, depth=4)),
        ("/chorus/lookahead", ("auto",), SetLookahead(auto=True)),
        ("/chorus/lookahead", ("8x4",), SetLookahead(width=8, depth=4)),
        ("/chorus/lookahead", (8, 4, 0.5), SetLookahead(width=8, depth=4, boldness=0.5)),
        ("/chorus/lookahead", (8, 4, 0.25), SetLookahead(width=8, depth=4, boldness=0.25)),
        ("/chorus/boldness", (0.5,), SetLookahead(boldness=0.5)),
        ("/chorus/top_p", (0.9,), SetPooling(top_p=0.9)),
        ("/chorus/cross", (0.5,), SetPooling(cross=0.5)),
        ("/chorus/solo", ("latex", "linux-c"), Solo(slugs=["latex", "linux-c"])),
        ("/chorus/solo", (), Solo()),
        ("/chorus/hold/latex", (1,), Hold(slugs=["latex"])),
        ("/chorus/hold/l*", (0,), Hold(slugs=["linux-c", "latex"], held=False)),
        ("/chorus/preset", ("dark forest",), Preset(name="dark forest")),
        ("/chorus/preset", ("x", 4, "line"), Preset(name="x", over_s=4.0, falls="line")),
        ("/chorus/preset/keep", ("x",), Preset(name="x", what="keep")),
        ("/chorus/tempo", (90.0,), SetTempo(bpm=90.0)),
        ("/chorus/tempo", (90.0, "line"), SetTempo(bpm=90.0, unit="line")),
        ("/chorus/visitors", (0.5,), Admit(share=0.5)),
        ("/chorus/subscribe", (), Subscription(True, 0)),
        ("/chorus/subscribe", (9001,), Subscription(True, 9001)),
        ("/chorus/subscribe", (9001.0,), Subscription(True, 9001)),
        ("/chorus/subscribe", (0, 30), Subscription(True, 0, 30.0)),
        ("/chorus/unsubscribe", (9001,), Subscription(False, 9001)),
    ],
)
def test_a_message_means_its_commands(address: str, arguments: tuple[object, ...], wish: object) -> None:
    assert wishes(Message(address, arguments), STYLES) == [wish]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "arguments", "said"),
    [
        ("/chorus/weight/latex", (float("nan"),), "not nan"),
        ("/chorus/temperature", (-0.5,), "temperature is 0.1 to 4"),
        ("/chorus/pooling", (), "linear, log-linear or hand-over"),
        ("/chorus/pooling", (1,), "linear, log-linear or hand-over"),
        ("/chorus/top_p", ("all",), "0.05 to 1; not 'all'"),
        ("/chorus/cross", (), "cross is 0 to 1"),
        ("/chorus/lookahead", (8,), "WIDTHxDEPTH up to 16x16"),
        ("/chorus/lookahead", (8, 4.5), "WIDTHxDEPTH"),
        ("/chorus/lookahead", (8, 4, 9.0), "boldness is 0 to 2"),
        ("/chorus/lookahead", (math.inf, 4), "WIDTHxDEPTH"),
        ("/chorus/evenness", (float("nan"),), "not nan"),
        ("/chorus/weight/latex", ("loud",), "one number"),
        ("/chorus/weight/latex", (), "one number"),
        ("/chorus/weight/nobody", (1.0,), "no style 'nobody'"),
        ("/chorus/weights", (1.0,), "3 numbers"),
        ("/chorus/weights", ("latex",), "in turn"),
        ("/chorus/weights", ("latex", 1.0, 2.0, 3.0), "in turn"),
        ("/chorus/rate", (None,), '0, or 0.01 or more, or "max"'),
        ("/chorus/temperature", ("hot",), "not 'hot'"),
        ("/chorus/solo", (1,), "takes a word there"),
        ("/chorus/hold/nobody", (1,), "no address"),
        ("/chorus/preset", (), "takes a name"),
        ("/chorus/preset", ("x", "slowly"), "one number"),
        ("/chorus/preset", ("x", 1, 2), "takes a word there"),
        ("/chorus/preset/keep", (), "one name"),
        ("/chorus/tempo", (), "tempo is 0, or 20 to 400"),
        ("/chorus/tempo", (90, 4), "takes a word there"),
        ("/chorus/visitors", ("all",), "visitors is 0 to 0.8"),
        ("/chorus/visitors", (-0.1,), "visitors is 0 to 0.8"),
        ("/chorus/subscribe", (9000.5,), "port"),
        ("/chorus/subscribe", (float("inf"),), "port"),
        ("/chorus/subscribe", (True, 0.5), "seconds from 1"),
        ("/chorus/subscribe", (9001, 90000), "seconds from 1"),
        ("/chorus/subscribe", (9001, 30, 1), "seconds from 1"),
        ("/chorus/subscribe", (70000,), "port"),
        ("/chorus/nothing", (), "no address"),
        ("/chorus/[z-a]", (), "not an address pattern"),
        ("/chorus/weight/" + "*" * 30 + "!", (1.0,), "no style|no address"),
        ("/chorus/weight/" + "*a" * 20, (1.0,), "wildcards"),
    ],
)
def test_an_invalid_message_is_answered_with_the_reason(address: str, arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(ControllerError, match=said):
        wishes(Message(address, arguments), STYLES)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address", ["/chorus/char", "/chorus/pi", "/chorus/y/latex", "/chorus/error", "/chorus/refused"]
)
def test_our_own_messages_echoed_by_a_surface_ask_for_nothing(address: str) -> None:
    assert wishes(Message(address, (1,)), STYLES) == []


def test_before_the_styles_are_known_a_sender_is_asked_to_wait() -> None:
    with pytest.raises(ControllerError, match="still starting"):
        wishes(Message("/chorus/weight/latex", (1.0,)), ())
    assert wishes(Message("/chorus/subscribe", ()), ()) == [Subscription(True, 0)]


def test_the_readme_shows_the_table() -> None:
    readme = Path(osc_addresses.__file__).with_name("README.md")
    assert osc_addresses.markdown() in readme.read_text()
