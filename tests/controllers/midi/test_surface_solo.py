"""Solo, hold and mute on a surface, its own and those of other hands."""

from dataclasses import replace

import pytest

from actors.hands.fusion import Fusion
from actors.wire.messages import Hold, SetWeights, Solo
from controllers.midi.local_mix import DELAY_S
from controllers.midi.messages import ControlChange
from tests.support.surface_rig import STYLES, SurfaceRig, seen_solo, weigh, weights_of


def test_solo_adds_and_takes_away() -> None:
    rig = SurfaceRig()
    assert rig.touch(7, 127) == [Solo(slugs=["linux-c"])]
    assert rig.touch(7, 0) == []
    assert rig.touch(6, 127) == [Solo(slugs=["latex", "linux-c"])]
    assert rig.touch(7, 127) == [Solo(slugs=["latex"])]
    rig.seen = replace(rig.seen, styles=STYLES[1:])
    assert rig.touch(7, 127) == [Solo(slugs=["shakespeare"])]  # who was soloed has left


def test_faders_of_styles_that_are_silent_because_of_a_solo_stay_where_they_are() -> None:
    rig = SurfaceRig()
    rig.touch(0, 0, 100)
    rig.touch(1, 0, 50)
    rig.wait()
    rig.lights()
    before = rig.seen
    assert rig.touch(7, 127) == [Solo(slugs=["linux-c"])]
    seen_solo(rig, "linux-c")
    rig.wait()
    assert rig.lights() == [ControlChange(1, 7, 127)]  # and its fader's ring is as it was
    assert rig.touch(0, 98) == weigh(latex=98 / 127)
    assert rig.touch(1, 52) == weigh(linux_c=52 / 127)
    assert rig.touch(7, 127) == [Solo()]
    rig.seen = replace(before, weights={**before.weights, "latex": 98 / 127, "linux-c": 52 / 127})
    rig.wait()
    assert rig.touch(0, 96) == weigh(latex=96 / 127)


def test_a_silent_style_made_solo_is_heard_and_its_fader_is_still_down() -> None:
    rig = SurfaceRig()
    rig.touch(0, 1, 0)
    rig.wait()
    rig.touch(6, 127)
    seen_solo(rig, "latex")
    rig.wait()
    assert rig.touch(0, 3) == weigh(latex=3 / 127)


def test_while_another_hand_has_made_a_style_solo_faders_of_the_others_stay_where_they_are() -> None:
    rig = SurfaceRig()
    rig.touch(0, 0, 100)
    rig.touch(1, 0, 50)
    rig.wait()
    rig.lights()
    before = rig.seen
    seen_solo(rig, "linux-c")
    rig.wait()
    assert rig.lights() == [ControlChange(1, 7, 127)]
    assert rig.touch(0, 98) == weigh(latex=98 / 127)
    rig.seen = replace(before, weights={**before.weights, "latex": 98 / 127})
    rig.now += 0.01
    assert rig.touch(0, 97) == weigh(latex=97 / 127)  # as soon as it is seen that the solo is over


def test_the_button_of_a_style_that_another_hand_made_solo_ends_that_and_of_any_other_adds_to_it() -> None:
    rig = SurfaceRig()
    seen_solo(rig, "latex")
    rig.wait()
    assert rig.touch(6, 127) == [Solo()]
    rig.wait()
    seen_solo(rig, "latex")
    rig.wait()
    assert rig.touch(7, 127) == [Solo(slugs=["latex", "linux-c"])]


def test_a_solo_is_lit_at_once_and_dark_again_when_it_was_not_followed() -> None:
    rig = SurfaceRig()
    rig.lights()
    rig.touch(6, 127)
    assert rig.lights() == [ControlChange(1, 6, 127)]
    assert rig.lights(DELAY_S) == [ControlChange(1, 6, 0)]


def test_a_solo_that_another_hand_ended_is_dark_and_can_be_made_again() -> None:
    rig = SurfaceRig()
    rig.touch(6, 127)
    rig.wait()
    assert ControlChange(1, 6, 127) in rig.lights()
    rig.seen = replace(rig.seen, solo=())
    assert rig.lights() == [ControlChange(1, 6, 0)]
    assert rig.touch(6, 127) == [Solo(slugs=["latex"])]


def test_a_style_that_another_hand_holds_is_let_go_with_its_button() -> None:
    rig = SurfaceRig()
    rig.touch(17, 127)
    rig.lights()
    rig.seen = replace(rig.seen, held=["latex"])
    assert rig.lights() == [ControlChange(1, 6, 127)]
    assert rig.touch(6, 127) == [Hold(slugs=["latex"], held=False)]
    assert rig.lights() == [ControlChange(1, 6, 0)]  # before it is seen
    assert rig.touch(7, 127) == [Hold(slugs=["linux-c"])]


def test_clear_lifts_what_other_hands_made_solo_and_hold() -> None:
    rig = SurfaceRig()
    seen_solo(rig, "sonnets")
    rig.seen = replace(rig.seen, held=["recipes", "latex"])
    rig.wait()
    assert rig.touch(15, 127) == [Solo(), Hold(slugs=["latex", "recipes"], held=False)]
    assert rig.touch(15, 127) == [Solo()]


def test_a_surface_that_comes_during_a_solo_takes_the_mix_as_it_is_seen() -> None:
    rig = SurfaceRig()
    rig.other_hand(latex=0.6)
    seen_solo(rig, "latex")
    assert rig.touch(0, 70) == []
    assert rig.touch(0, 80) == weigh(latex=80 / 127)
    assert rig.touch(1, 0, 10) == weigh(linux_c=10 / 127)


def test_a_silent_style_that_another_hand_made_solo_and_then_raised_is_met_where_it_is() -> None:
    rig = SurfaceRig()
    rig.touch(0, 1, 0)
    rig.wait()
    seen_solo(rig, "latex")
    rig.wait()
    rig.other_hand(latex=0.5)
    rig.wait()
    assert rig.touch(0, 3) == []
    assert rig.touch(0, 70) == weigh(latex=70 / 127)


def test_a_solo_of_another_hand_moves_no_fader_by_the_coordinators_fusion() -> None:
    rig, fusion = SurfaceRig(), Fusion()
    fusion.stand({slug: k / 10 for k, slug in enumerate(STYLES)})
    for solo in ([], ["linux-c"], ["latex"], ["latex", "sonnets"], []):
        fusion.solo = solo
        rig.seen = replace(rig.seen, weights=fusion.mix(rig.now), solo=solo)
        rig.wait(0.1)
        relative = [rig.surface._mix.relative(slug) for slug in STYLES]
        assert relative == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_a_pad_pressed_again_takes_its_style_back_from_another_hand() -> None:
    """To the coordinator a hand that repeats itself has touched nothing."""
    rig = SurfaceRig()
    rig.touch(22, 127, 0)
    rig.wait()
    assert rig.touch(22, 127) == weigh(latex=0.5)  # it is there already: nothing to take back
    rig.wait()
    rig.other_hand(latex=0.1)
    (again,) = rig.touch(22, 127)
    assert isinstance(again, SetWeights)
    assert again.weights["latex"] != 0.5
    assert again.weights["latex"] == pytest.approx(0.5, rel=0.01)


def test_a_repeated_pad_takes_its_style_back_also_by_the_coordinators_fusion() -> None:
    rig, fusion = SurfaceRig(), Fusion()
    fusion.stand(dict.fromkeys(STYLES, 0.0))

    def say(hand: str, weights: dict[str, float]) -> None:
        fusion.wish(hand, weights, rig.now)
        rig.seen = replace(rig.seen, weights=fusion.mix(rig.now))
        rig.now += 10
        rig.surface.look(rig.seen, rig.now)

    for _ in range(5):
        say("midi", weights_of(rig.touch(22, 127)))
        assert rig.seen.weights["latex"] == pytest.approx(0.5, rel=0.01)
        say("another", {"latex": 0.1})
        assert rig.seen.weights["latex"] == 0.1
        say("another", {"latex": 0.2})


def test_muted_again_after_another_hand_raised_it_it_is_silent() -> None:
    rig = SurfaceRig()
    rig.other_hand(latex=0.7)
    for _ in range(2):
        rig.wait()
        assert weights_of(rig.touch(2, 127)) == pytest.approx({"latex": 0.0}, abs=1e-5)
        rig.wait()
        assert ControlChange(1, 2, 127) in rig.lights()
        rig.other_hand(latex=0.7)
        rig.wait()
        assert ControlChange(1, 2, 0) in rig.lights()


def test_hold_and_let_go() -> None:
    rig = SurfaceRig()
    assert rig.touch(4, 127) == [Hold(slugs=["latex"])]
    assert rig.touch(4, 0, 127) == [Hold(slugs=["latex"], held=False)]
    rig.touch(17, 127)
    assert rig.touch(6, 127) == [Hold(slugs=["latex"])]
    rig.touch(17, 0)
    assert rig.touch(6, 127) == [Solo(slugs=["latex"])]


def test_mute_silences_and_gives_the_weight_back() -> None:
    rig = SurfaceRig()
    rig.other_hand(latex=0.7)
    rig.wait()
    assert rig.touch(2, 127, 0, 0) == []
    rig.wait()
    assert rig.seen.weights["latex"] == 0.0
    assert ControlChange(1, 2, 127) in rig.lights()
    assert rig.touch(2, 127) == weigh(latex=0.7)
    assert ControlChange(1, 2, 0) in rig.lights()


def test_a_muted_style_that_another_hand_raised_is_not_muted_any_more() -> None:
    rig = SurfaceRig()
    rig.other_hand(latex=0.7)
    rig.wait()
    rig.touch(2, 127, 0)
    rig.wait()
    rig.other_hand(latex=0.2)
    rig.wait()
    assert ControlChange(1, 2, 0) in rig.lights()
    assert rig.surface.muted == {}


def test_muting_a_silent_style_sends_nothing() -> None:
    assert SurfaceRig().touch(2, 127) == []


def test_clear_lifts_solo_hold_and_mute() -> None:
    rig = SurfaceRig()
    rig.other_hand(linux_c=0.7)
    rig.wait()
    rig.touch(6, 127)
    rig.touch(4, 127)
    rig.touch(3, 127)
    assert rig.touch(15, 127) == [Solo(), Hold(slugs=["latex"], held=False), *weigh(linux_c=0.7)]
    assert rig.touch(15, 127) == [Solo()]
