"""A new live parameter needs no edit in controllers or display: a row of the table is enough."""

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import msgspec
import pytest

from actors.wire import parameters
from actors.wire.messages import Command, Frame, SetPooling
from actors.wire.parameters import PARAMETERS, Number
from actors.wire.transcript import Transcript
from controllers.osc.packet import Message
from tests.support.scenes import cards, heard


class Grain(Number):
    """Three times the evenness, as the wire has no field for a parameter that is made up."""

    def command(self, value: float) -> Command:
        return SetPooling(evenness=value / 3)

    def now(self, frame: Frame) -> float:
        return 3 * frame.evenness


GRAIN = Grain("grain", "made up here", 0.5, SetPooling, "grain {v:.2g}", low=0.0, high=3.0)


def playing() -> Transcript:
    """A performance with a grain of 1.5."""
    transcript = heard(1, b"text", 1)
    assert transcript.frame
    transcript.frame = msgspec.structs.replace(transcript.frame, evenness=0.5)
    return transcript


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """`importlib` in a program whose table has one row more."""
    monkeypatch.setattr(parameters, "PARAMETERS", (*PARAMETERS, GRAIN))
    for name in ours():
        monkeypatch.delitem(sys.modules, name)
    yield importlib
    for name in ours():
        del sys.modules[name]


def ours() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] in ("controllers", "display")]


def test_it_has_an_osc_address(fresh: ModuleType) -> None:
    addresses = fresh.import_module("controllers.osc.addresses")
    assert addresses.wishes(Message("/chorus/grain", (1.5,)), ["a"]) == [SetPooling(evenness=0.5)]
    assert "| `/chorus/grain` | to Chorus | f | made up here (0 to 3) |" in addresses.markdown()


def test_it_has_type_range_and_value_in_oscquery(fresh: ModuleType) -> None:
    query = fresh.import_module("controllers.osc.query")
    transcript = playing()
    node = query.tree(query.Present(frame=transcript.frame))["CONTENTS"]["chorus"]["CONTENTS"]["grain"]
    assert (node["TYPE"], node["RANGE"], node["VALUE"]) == ("f", [{"MIN": 0, "MAX": 3}], [1.5])


def test_it_may_stand_in_a_score(fresh: ModuleType) -> None:
    (cue,) = fresh.import_module("controllers.score").read("[[move]]\nat = 1\ngrain = 3", "piece")
    assert cue.commands == (SetPooling(evenness=1.0),)


def test_a_midi_control_may_set_it_and_meets_its_present_value(fresh: ModuleType) -> None:
    device = fresh.import_module("controllers.midi.map").read('rows = [{ cc = 1, does = "grain" }]', "made up")
    surface = fresh.import_module("controllers.midi.surface").Surface(device)
    control_change = fresh.import_module("controllers.midi.messages").ControlChange
    surface.look(fresh.import_module("controllers.hand").Seen(["a"], values={"grain": 3.0}), 0.0)
    assert surface.heard(control_change(1, 1, 60)) == []
    assert surface.heard(control_change(1, 1, 127)) == [SetPooling(evenness=1.0)]


def test_its_words_stand_on_the_screen(fresh: ModuleType) -> None:
    transcript = playing()
    presenter = fresh.import_module("display.presenter").Presenter(transcript, cards(1))
    assert presenter.scene(1.0).settings[-1] == "grain 1.5"
