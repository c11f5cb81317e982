"""MIDI learn: styles that are named, and styles that another hand touches."""

import pytest

from controllers import ControllerError
from controllers.midi.learn import SETTLED_S, Lesson, MixState, Pairing, lesson, touched
from controllers.midi.touch import Address, Kind, Touch

FADER, KNOB, BUTTON = Address(Kind.CC, 1, 7), Address(Kind.CC, 1, 16), Address(Kind.NOTE, 1, 36)

BEFORE = MixState({"latex": 0.5, "linux-c": 0.0, "sonnets": 0.2})


def silent(*slugs: str) -> MixState:
    return MixState(dict.fromkeys(slugs, 0.0))


def test_controls_are_learnt_one_after_the_other() -> None:
    one = Lesson(["latex", "sonnets"])
    one.look(silent("sonnets", "latex"), 0.0)
    assert one.asks == "move the control for latex"
    assert [one.heard(Touch(FADER, value / 127)) for value in (0, 3, 5, 6)] == ["", "", "", "latex"]
    assert one.asks == "move the control for sonnets"
    assert [one.heard(Touch(BUTTON, value)) for value in (1.0, 0.0)] == ["", "sonnets"]
    assert one.over
    assert one.asks == ""
    assert one.heard(Touch(KNOB, 0.0)) == one.heard(Touch(KNOB, 1.0)) == ""


def test_without_names_all_styles_are_learnt_once_they_are_known() -> None:
    one = Lesson()
    one.look(silent(), 0.0)
    assert not one.over
    assert one.asks == ""
    one.look(silent("latex", "sonnets"), 0.0)
    assert one.asks == "move the control for latex"


def test_a_style_that_is_not_there_cannot_be_learnt() -> None:
    one = Lesson(["latec"])
    one.look(silent(), 0.0)
    with pytest.raises(ControllerError, match=r"no style 'latec' here .* there are latex, sonnets"):
        one.look(silent("latex", "sonnets"), 0.0)


def state(weights: dict[str, float] | None = None, solo: str = "", held: str = "") -> MixState:
    """As before, but for these."""
    return MixState({**BEFORE.weights, **(weights or {})}, frozenset(solo.split()), frozenset(held.split()))


@pytest.mark.parametrize(
    ("before", "now", "slug"),
    [
        (BEFORE, BEFORE, ""),
        (BEFORE, state(solo="latex"), "latex"),
        (state(solo="latex"), state(solo="sonnets"), "sonnets"),
        (state(solo="latex"), state(solo="latex sonnets"), "sonnets"),
        (state(solo="latex"), BEFORE, "latex"),
        (BEFORE, state(solo="latex sonnets"), ""),
        (state(solo="latex sonnets"), BEFORE, ""),
        (BEFORE, state(held="linux-c"), "linux-c"),
        (state(held="linux-c"), BEFORE, "linux-c"),
        (state(held="linux-c"), state({"linux-c": 0.4}), "linux-c"),  # it glides to where a hand wishes it
        (state(solo="latex"), state(solo="latex", held="sonnets"), "sonnets"),
        (BEFORE, state({"linux-c": 0.05}), "linux-c"),
        (BEFORE, state({"latex": 0.0}), "latex"),
        (BEFORE, state({"linux-c": 0.005}), ""),
        (BEFORE, state({"linux-c": 0.4, "latex": 0.4}), ""),  # a mouse that wanders
        (BEFORE, state({"linux-c": 1.0, "latex": 0.0, "sonnets": 0.0}), "linux-c"),  # key 2
        (state(solo="latex", held="latex"), state({"linux-c": 1.0, "latex": 0.0, "sonnets": 0.0}), "linux-c"),
        (state(solo="latex"), state(dict.fromkeys(BEFORE.weights, 1.0)), ""),  # key e
        (MixState(), MixState(), ""),
    ],
)
def test_the_one_style_that_a_hand_touched_is_found(before: MixState, now: MixState, slug: str) -> None:
    assert touched(before, now) == slug


def move(pairing: Pairing, control: Address) -> None:
    assert pairing.heard(Touch(control, 0.2)) == pairing.heard(Touch(control, 0.4)) == ""


def test_a_control_is_touched_then_a_style_and_so_on() -> None:
    pairing = Pairing()
    assert pairing.asks == "touch a control; Ctrl-C ends"
    assert pairing.look(BEFORE, 0.0) is None
    move(pairing, FADER)
    assert (
        pairing.asks == "cc 7 on channel 1: now make its style solo, hold it or set its weight alone, with another hand"
    )
    assert pairing.look(BEFORE, 0.1) is None
    assert pairing.look(state(solo="latex"), 0.2) == (FADER, "latex")
    assert pairing.asks == "latex is on cc 7 on channel 1 now; touch a control; Ctrl-C ends"
    assert pairing.look(state(solo="latex", held="sonnets"), 0.3) is None
    move(pairing, KNOB)
    assert pairing.look(state(solo="latex", held="sonnets"), 9.0) is None
    assert pairing.look(state(solo="linux-c", held="sonnets"), 9.1) == (KNOB, "linux-c")


def test_a_control_that_trembles_is_not_meant_and_of_two_the_last_is() -> None:
    pairing = Pairing()
    pairing.look(BEFORE, 0.0)
    for step in (60, 61, 60, 62):
        pairing.heard(Touch(FADER, step / 127))
    assert pairing.asks.startswith("touch a control")
    move(pairing, KNOB)
    move(pairing, BUTTON)
    move(pairing, BUTTON)
    assert pairing.look(state(held="latex"), 0.1) == (BUTTON, "latex")


def test_a_weight_counts_once_it_is_still() -> None:
    pairing = Pairing()
    pairing.look(BEFORE, 0.0)
    move(pairing, FADER)
    assert pairing.look(state({"linux-c": 0.3}), 1.0) is None
    assert pairing.look(state({"linux-c": 0.6}), 1.2) is None
    assert pairing.look(state({"linux-c": 0.6}), 1.4) is None
    assert pairing.look(state({"linux-c": 0.6}), 1.2 + SETTLED_S) == (FADER, "linux-c")


def test_a_key_that_ends_a_solo_and_sets_all_weights_touches_the_style_that_is_heard_then() -> None:
    pairing = Pairing()
    pairing.look(state(solo="latex", held="sonnets"), 0.0)
    move(pairing, FADER)
    assert pairing.look(state(solo="latex"), 1.0) is None
    assert pairing.look(BEFORE, 1.05) is None
    key = state({"linux-c": 1.0, "latex": 0.0, "sonnets": 0.0})
    assert pairing.look(key, 1.1) is None
    assert pairing.look(key, 1.1 + SETTLED_S) == (FADER, "linux-c")


def test_a_style_touched_before_the_control_or_with_others_is_not_its_style() -> None:
    pairing = Pairing()
    pairing.look(state(solo="latex"), 0.0)
    move(pairing, FADER)
    wandered = state({"latex": 0.1, "sonnets": 0.7}, solo="latex")
    assert pairing.look(wandered, 1.0) is pairing.look(wandered, 2.0) is None
    one_more = state({"latex": 0.1, "sonnets": 0.8}, solo="latex")
    assert pairing.look(one_more, 3.0) is None
    assert pairing.look(one_more, 4.0) == (FADER, "sonnets")


def test_a_style_that_joins_or_leaves_was_not_touched() -> None:
    pairing = Pairing()
    pairing.look(silent(), 0.0)
    move(pairing, FADER)
    for slugs in (("latex",), ("latex", "sonnets"), ("sonnets",)):
        joined = MixState(dict.fromkeys(slugs, 1.0), solo=frozenset(slugs[:1]))
        assert pairing.look(joined, 1.0) is pairing.look(joined, 9.0) is None


def test_a_command_line_asks_for_styles_for_all_or_for_a_touch() -> None:
    assert isinstance(lesson(""), Pairing)
    everyone = lesson("all")
    everyone.look(silent("sonnets", "latex"), 0.0)
    assert everyone.asks == "move the control for sonnets"
    assert lesson("latex, sonnets").asks == "move the control for latex"
