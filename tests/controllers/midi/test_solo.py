"""Solo, hold and mute on a surface, its own and those of other hands."""

from dataclasses import replace

import pytest

from actors.hands.fusion import Fusion
from actors.wire.messages import Hold, SetWeights, Solo
from controllers.midi.local_mix import DELAY_S
from controllers.midi.messages import ControlChange
from tests.support.midi_stage import STYLES, Stage, seen_solo, weigh, weights_of


def test_solo_adds_and_takes_away() -> None:
    stage = Stage()
    assert stage.touch(7, 127) == [Solo(slugs=["linux-c"])]
    assert stage.touch(7, 0) == []
    assert stage.touch(6, 127) == [Solo(slugs=["latex", "linux-c"])]
    assert stage.touch(7, 127) == [Solo(slugs=["latex"])]
    stage.seen = replace(stage.seen, styles=STYLES[1:])
    assert stage.touch(7, 127) == [Solo(slugs=["shakespeare"])]  # who was soloed has left


def test_faders_of_styles_that_are_silent_because_of_a_solo_stay_where_they_are() -> None:
    stage = Stage()
    stage.touch(0, 0, 100)
    stage.touch(1, 0, 50)
    stage.wait()
    stage.lights()
    before = stage.seen
    assert stage.touch(7, 127) == [Solo(slugs=["linux-c"])]
    seen_solo(stage, "linux-c")
    stage.wait()
    assert stage.lights() == [ControlChange(1, 7, 127)]  # and its fader's ring is as it was
    assert stage.touch(0, 98) == weigh(latex=98 / 127)
    assert stage.touch(1, 52) == weigh(linux_c=52 / 127)
    assert stage.touch(7, 127) == [Solo()]
    stage.seen = replace(before, weights={**before.weights, "latex": 98 / 127, "linux-c": 52 / 127})
    stage.wait()
    assert stage.touch(0, 96) == weigh(latex=96 / 127)


def test_a_silent_style_made_solo_is_heard_and_its_fader_is_still_down() -> None:
    stage = Stage()
    stage.touch(0, 1, 0)
    stage.wait()
    stage.touch(6, 127)
    seen_solo(stage, "latex")
    stage.wait()
    assert stage.touch(0, 3) == weigh(latex=3 / 127)


def test_while_another_hand_has_made_a_style_solo_faders_of_the_others_stay_where_they_are() -> None:
    stage = Stage()
    stage.touch(0, 0, 100)
    stage.touch(1, 0, 50)
    stage.wait()
    stage.lights()
    before = stage.seen
    seen_solo(stage, "linux-c")
    stage.wait()
    assert stage.lights() == [ControlChange(1, 7, 127)]
    assert stage.touch(0, 98) == weigh(latex=98 / 127)
    stage.seen = replace(before, weights={**before.weights, "latex": 98 / 127})
    stage.now += 0.01
    assert stage.touch(0, 97) == weigh(latex=97 / 127)  # as soon as it is seen that the solo is over


def test_the_button_of_a_style_that_another_hand_made_solo_ends_that_and_of_any_other_adds_to_it() -> None:
    stage = Stage()
    seen_solo(stage, "latex")
    stage.wait()
    assert stage.touch(6, 127) == [Solo()]
    stage.wait()
    seen_solo(stage, "latex")
    stage.wait()
    assert stage.touch(7, 127) == [Solo(slugs=["latex", "linux-c"])]


def test_a_solo_is_lit_at_once_and_dark_again_when_it_was_not_followed() -> None:
    stage = Stage()
    stage.lights()
    stage.touch(6, 127)
    assert stage.lights() == [ControlChange(1, 6, 127)]
    assert stage.lights(DELAY_S) == [ControlChange(1, 6, 0)]


def test_a_solo_that_another_hand_ended_is_dark_and_can_be_made_again() -> None:
    stage = Stage()
    stage.touch(6, 127)
    stage.wait()
    assert ControlChange(1, 6, 127) in stage.lights()
    stage.seen = replace(stage.seen, solo=())
    assert stage.lights() == [ControlChange(1, 6, 0)]
    assert stage.touch(6, 127) == [Solo(slugs=["latex"])]


def test_a_style_that_another_hand_holds_is_let_go_with_its_button() -> None:
    stage = Stage()
    stage.touch(17, 127)
    stage.lights()
    stage.seen = replace(stage.seen, held=["latex"])
    assert stage.lights() == [ControlChange(1, 6, 127)]
    assert stage.touch(6, 127) == [Hold(slugs=["latex"], held=False)]
    assert stage.lights() == [ControlChange(1, 6, 0)]  # before it is seen
    assert stage.touch(7, 127) == [Hold(slugs=["linux-c"])]


def test_clear_lifts_what_other_hands_made_solo_and_hold() -> None:
    stage = Stage()
    seen_solo(stage, "sonnets")
    stage.seen = replace(stage.seen, held=["recipes", "latex"])
    stage.wait()
    assert stage.touch(15, 127) == [Solo(), Hold(slugs=["latex", "recipes"], held=False)]
    assert stage.touch(15, 127) == [Solo()]


def test_who_comes_while_a_style_is_solo_takes_the_mix_as_it_is_seen() -> None:
    stage = Stage()
    stage.other_hand(latex=0.6)
    seen_solo(stage, "latex")
    assert stage.touch(0, 70) == []
    assert stage.touch(0, 80) == weigh(latex=80 / 127)
    assert stage.touch(1, 0, 10) == weigh(linux_c=10 / 127)


def test_a_silent_style_that_another_hand_made_solo_and_then_raised_is_met_where_it_is() -> None:
    stage = Stage()
    stage.touch(0, 1, 0)
    stage.wait()
    seen_solo(stage, "latex")
    stage.wait()
    stage.other_hand(latex=0.5)
    stage.wait()
    assert stage.touch(0, 3) == []
    assert stage.touch(0, 70) == weigh(latex=70 / 127)


def test_with_the_rule_by_which_hands_are_fused_a_solo_of_another_hand_moves_no_fader() -> None:
    stage, fusion = Stage(), Fusion()
    fusion.stand({slug: k / 10 for k, slug in enumerate(STYLES)})
    for solo in ([], ["linux-c"], ["latex"], ["latex", "sonnets"], []):
        fusion.solo = solo
        stage.seen = replace(stage.seen, weights=fusion.mix(stage.now), solo=solo)
        stage.wait(0.1)
        relative = [stage.surface._mix.relative(slug) for slug in STYLES]
        assert relative == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_a_pad_pressed_again_takes_its_style_back_from_another_hand() -> None:
    """To the coordinator a hand that repeats itself has touched nothing."""
    stage = Stage()
    stage.touch(22, 127, 0)
    stage.wait()
    assert stage.touch(22, 127) == weigh(latex=0.5)  # it is there already: nothing to take back
    stage.wait()
    stage.other_hand(latex=0.1)
    (again,) = stage.touch(22, 127)
    assert isinstance(again, SetWeights)
    assert again.weights["latex"] != 0.5
    assert again.weights["latex"] == pytest.approx(0.5, rel=0.01)


def test_with_the_rule_by_which_hands_are_fused_it_is_so() -> None:
    stage, fusion = Stage(), Fusion()
    fusion.stand(dict.fromkeys(STYLES, 0.0))

    def say(hand: str, weights: dict[str, float]) -> None:
        fusion.wish(hand, weights, stage.now)
        stage.seen = replace(stage.seen, weights=fusion.mix(stage.now))
        stage.now += 10
        stage.surface.look(stage.seen, stage.now)

    for _ in range(5):
        say("midi", weights_of(stage.touch(22, 127)))
        assert stage.seen.weights["latex"] == pytest.approx(0.5, rel=0.01)
        say("another", {"latex": 0.1})
        assert stage.seen.weights["latex"] == 0.1
        say("another", {"latex": 0.2})


def test_muted_again_after_another_hand_raised_it_it_is_silent() -> None:
    stage = Stage()
    stage.other_hand(latex=0.7)
    for _ in range(2):
        stage.wait()
        assert weights_of(stage.touch(2, 127)) == pytest.approx({"latex": 0.0}, abs=1e-5)
        stage.wait()
        assert ControlChange(1, 2, 127) in stage.lights()
        stage.other_hand(latex=0.7)
        stage.wait()
        assert ControlChange(1, 2, 0) in stage.lights()


def test_hold_and_let_go() -> None:
    stage = Stage()
    assert stage.touch(4, 127) == [Hold(slugs=["latex"])]
    assert stage.touch(4, 0, 127) == [Hold(slugs=["latex"], held=False)]
    stage.touch(17, 127)
    assert stage.touch(6, 127) == [Hold(slugs=["latex"])]
    stage.touch(17, 0)
    assert stage.touch(6, 127) == [Solo(slugs=["latex"])]


def test_mute_silences_and_gives_the_weight_back() -> None:
    stage = Stage()
    stage.other_hand(latex=0.7)
    stage.wait()
    assert stage.touch(2, 127, 0, 0) == []
    stage.wait()
    assert stage.seen.weights["latex"] == 0.0
    assert ControlChange(1, 2, 127) in stage.lights()
    assert stage.touch(2, 127) == weigh(latex=0.7)
    assert ControlChange(1, 2, 0) in stage.lights()


def test_a_muted_style_that_another_hand_raised_is_not_muted_any_more() -> None:
    stage = Stage()
    stage.other_hand(latex=0.7)
    stage.wait()
    stage.touch(2, 127, 0)
    stage.wait()
    stage.other_hand(latex=0.2)
    stage.wait()
    assert ControlChange(1, 2, 0) in stage.lights()
    assert stage.surface.muted == {}


def test_muting_silence_is_nothing() -> None:
    assert Stage().touch(2, 127) == []


def test_clear_lifts_solo_hold_and_mute() -> None:
    stage = Stage()
    stage.other_hand(linux_c=0.7)
    stage.wait()
    stage.touch(6, 127)
    stage.touch(4, 127)
    stage.touch(3, 127)
    assert stage.touch(15, 127) == [Solo(), Hold(slugs=["latex"], held=False), *weigh(linux_c=0.7)]
    assert stage.touch(15, 127) == [Solo()]
