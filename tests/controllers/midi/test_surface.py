"""Banks, take-over, buttons and presets, on a small device made up here."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from actors.wire.messages import Preset, SetPooling, SetRate, SetTemperature, SetWeights
from actors.wire.parameters import RATE
from controllers.hand import Seen
from controllers.midi.local_mix import DELAY_S
from controllers.midi.messages import ControlChange, PitchBend
from controllers.midi.scales import value_at
from controllers.midi.touch import Kind
from tests.support.surface_rig import SMALL, STYLES, SurfaceRig, weigh


def test_a_fader_that_is_dragged_acts_although_its_weight_is_seen_later() -> None:
    rig = SurfaceRig()
    for value in (0, 30, 60, 90, 127):
        assert rig.touch(0, value) == weigh(latex=value / 127)
    rig.wait()
    assert rig.touch(0, 100) == weigh(latex=100 / 127)


def test_a_fader_does_nothing_until_it_meets_what_another_hand_set() -> None:
    rig = SurfaceRig()
    rig.touch(0, 0, 30)
    rig.wait()
    rig.other_hand(latex=0.8)
    assert rig.touch(0, 31) == []
    assert rig.touch(0, 60) == []
    assert rig.touch(0, 110) == weigh(latex=110 / 127)


def test_without_pickup_a_fader_always_acts() -> None:
    rig = SurfaceRig(pickup=False)
    rig.other_hand(latex=0.8)
    assert rig.touch(0, 20) == weigh(latex=20 / 127)


def test_a_control_that_follows_the_mix_always_acts() -> None:
    rig = SurfaceRig()
    rig.other_hand(latex=0.8)
    assert rig.touch(20, 20) == weigh(latex=20 / 127)


def test_banks_bring_the_next_styles_under_the_faders_and_end_with_the_last() -> None:
    rig = SurfaceRig()
    assert rig.bank() == ["latex", "linux-c"]
    rig.touch(10, 127, 0)
    assert rig.bank() == ["shakespeare", "sonnets"]
    rig.touch(10, 127, 0, 127, 0, 127)
    assert rig.bank() == ["recipes"]
    assert rig.touch(0, 0, 50) == weigh(recipes=50 / 127)
    assert rig.touch(1, 0, 50) == []
    rig.touch(11, 127, 0, 127, 0, 127, 0)
    assert rig.bank() == ["latex", "linux-c"]


def test_a_fader_switched_to_another_bank_and_back_unmoved_acts_at_once() -> None:
    rig = SurfaceRig()
    rig.touch(0, 0, 100)
    rig.wait()
    rig.touch(10, 127, 0)
    assert rig.touch(0, 100) == []
    rig.touch(11, 127, 0)
    assert rig.touch(0, 99) == weigh(latex=99 / 127)


def test_a_fader_moved_in_another_bank_must_meet_its_weight_again() -> None:
    rig = SurfaceRig()
    rig.touch(0, 0, 100)
    rig.wait()
    rig.touch(10, 127, 0)
    rig.touch(0, 60)
    rig.touch(11, 127, 0)
    assert rig.touch(0, 61) == []
    assert rig.touch(0, 103) == weigh(latex=103 / 127)


def test_a_fader_does_not_jump_to_its_neighbours_weight_when_a_style_joins_before_them() -> None:
    rig = SurfaceRig()
    rig.touch(0, 0, 100)
    rig.wait()
    rig.seen = replace(rig.seen, styles=("bible", *STYLES), weights={**rig.seen.weights, "bible": 0.3})
    assert rig.touch(0, 99) == []
    assert rig.touch(0, 30) == weigh(bible=30 / 127)


def test_the_bank_stays_within_the_styles_when_they_leave() -> None:
    rig = SurfaceRig()
    rig.touch(10, 127, 0, 127, 0)
    rig.seen = replace(rig.seen, styles=STYLES[:2])
    rig.wait()
    assert rig.bank() == ["latex", "linux-c"]


def test_before_the_styles_are_known_no_command_is_sent_and_positions_are_remembered() -> None:
    rig = SurfaceRig()
    known, rig.seen = rig.seen, Seen()
    assert rig.touch(0, 0, 50) == rig.touch(6, 127) == rig.touch(2, 127) == rig.touch(10, 127) == []
    rig.seen = replace(known, weights={**known.weights, "latex": 50 / 127})
    assert rig.touch(0, 60) == weigh(latex=60 / 127)


def test_on_another_scale_a_fader_is_compared_with_the_loudest() -> None:
    rig = SurfaceRig()
    rig.other_hand(latex=5.0, linux_c=2.5)
    rig.wait()
    assert rig.touch(1, 20) == []
    assert rig.touch(1, 70) == weigh(linux_c=5 * 70 / 127)
    assert rig.touch(0, 127) == weigh(latex=5.0)
    assert rig.touch(0, 64) == weigh(latex=5 * 64 / 127)
    rig.wait()
    assert rig.touch(0, 63) == weigh(latex=5 * 63 / 127)  # the loudest does not change its own scale
    rig.wait()
    rig.other_hand(latex=0.5, linux_c=0.0)
    rig.wait()
    assert rig.touch(0, 63, 100) == weigh(latex=100 / 127)


def test_stand_still_and_go_on_as_before() -> None:
    rig = SurfaceRig()
    rig.seen = replace(rig.seen, values={"rate": 33.0})
    assert rig.touch(14, 127) == [SetRate(cps=0.0)]
    assert rig.touch(14, 127) == [SetRate(cps=33.0)]  # at once: it is not waited for until it is seen
    rig.wait()
    rig.touch(14, 127)
    rig.wait()
    assert rig.touch(14, 127) == [SetRate(cps=33.0)]


def test_faster_presses_add_up_before_they_are_seen() -> None:
    rig = SurfaceRig()
    rig.seen = replace(rig.seen, values={"rate": 16.0})
    assert rig.touch(16, 127, 0, 127) == [SetRate(cps=25.0)]
    assert rig.touch(16, *[127] * 30) == [SetRate(cps=100.0)]


def test_knobs_for_rate_and_temperature_are_taken_over_softly_too() -> None:
    rig = SurfaceRig()
    assert rig.touch(13, 20) == []
    assert rig.touch(13, 64) == [SetTemperature(temperature=1.0)]
    assert rig.touch(12, 127) == []
    assert rig.touch(12, 64) == [SetRate(cps=value_at(RATE, 64 / 127))]


def test_a_pad_sets_a_level_and_the_fader_must_meet_it() -> None:
    rig = SurfaceRig()
    rig.touch(0, 0, 10)
    assert rig.touch(22, 127) == weigh(latex=0.5)
    assert rig.touch(0, 12) == []
    assert rig.touch(0, 70) == weigh(latex=70 / 127)


def test_a_button_recalls_the_preset_of_a_key_and_with_shift_it_keeps_the_mix_there() -> None:
    rig = SurfaceRig()
    assert rig.touch(31, 127) == [Preset(name="F6", over_s=2.0, falls="word")]
    assert rig.touch(31, 0) == []
    rig.touch(17, 127)
    assert rig.touch(30, 127) == [Preset(name="F5", what="keep")]


def test_after_a_preset_was_recalled_a_fader_must_meet_its_weight_again() -> None:
    rig = SurfaceRig()
    rig.touch(0, 0, 100)
    rig.touch(30, 127)
    rig.wait()
    rig.other_hand(latex=0.2)
    assert rig.touch(0, 99) == []
    assert rig.touch(0, 20) == weigh(latex=20 / 127)


def test_a_fine_fader_moves_in_small_steps() -> None:
    rig = SurfaceRig()
    rig.touch(18, 0)
    assert rig.touch(50, 1) == weigh(latex=1 / 16383)


def test_pitch_wheels_and_nrpn_are_faders_too() -> None:
    rig = SurfaceRig()
    rig.wait()
    assert rig.surface.heard(PitchBend(1, 0)) == weigh(linux_c=0.0)
    wishes = [rig.surface.heard(ControlChange(2, *pair)) for pair in ((99, 2), (98, 44), (6, 0), (6, 1))]
    assert wishes == [[], [], weigh(latex=0.0), weigh(latex=1 / 127)]


things = st.tuples(
    st.sampled_from(sorted(a.number for a in SMALL.controls if a.kind is Kind.CC)),
    st.integers(0, 127),
    st.floats(0, 3),
    st.floats(0, 2 * DELAY_S),
)


@given(st.lists(things, max_size=60))
def test_every_command_is_valid_whatever_this_and_other_hands_touch(
    moves: list[tuple[int, int, float, float]],
) -> None:
    rig = SurfaceRig()
    for control, value, weight, pause in moves:
        for command in rig.touch(control, value):
            if isinstance(command, SetWeights):
                assert all(slug in STYLES and 0 <= w <= 3 for slug, w in command.weights.items())
            elif isinstance(command, SetTemperature):
                assert 0.1 <= command.temperature <= 4
            elif isinstance(command, SetRate):
                assert 0 <= command.cps <= 100
        rig.other_hand(linux_c=weight)
        rig.lights()
        rig.wait(pause)


def test_a_fader_crosses_to_the_monolith_with_soft_takeover() -> None:
    rig = SurfaceRig()
    assert rig.touch(23, 0, 64, 127) == [SetPooling(cross=1.0)]
    rig.wait()
    rig.seen = replace(rig.seen, values={"cross": 0.25})  # another hand goes back
    rig.wait()
    assert rig.touch(23, 120, 100) == []
    assert rig.touch(23, 20) == [SetPooling(cross=20 / 127)]


def test_a_map_row_may_name_any_live_parameter_that_is_a_number() -> None:
    rig = SurfaceRig()
    assert rig.touch(24, 0, 64) == [SetPooling(evenness=64 / 127)]
    rig.wait()
    rig.set(evenness=1.0)  # by another hand
    rig.wait()
    assert rig.touch(24, 70) == []
