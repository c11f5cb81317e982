"""Banks, take-over, solo and the rest, on a small device made up here."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.fusion import Fusion
from actors.wire import Command, Hold, Preset, SetRate, SetTemperature, SetWeights, Solo
from controllers.hand import Seen
from controllers.midi import map as midi_map
from controllers.midi.bytes import ControlChange, Message, PitchBend, ProgramChange
from controllers.midi.learn import SETTLED_S, Lesson, Pairing
from controllers.midi.lights import LIGHTS_S, MOST_LIGHTS
from controllers.midi.mix import DELAY_S
from controllers.midi.scales import rate_at, rate_position, temperature_at, temperature_position
from controllers.midi.surface import QUIET_S, Surface
from controllers.midi.together import together
from controllers.midi.touch import Address, Kind

SMALL = midi_map.read(
    """
channel = 1
step = 2
rows = [
    { cc = "0-1", does = "weight", light = { values = "0-127" } },
    { cc = "2-3", does = "mute", light = { values = [0, 127] } },
    { cc = "4-5", does = "hold" },
    { cc = "6-7", does = "solo", shifted = "hold", light = { values = [0, 127] } },
    { cc = 10, does = "bank-up" },
    { cc = 11, does = "bank-down" },
    { cc = 12, does = "rate" },
    { cc = 13, does = "temperature" },
    { cc = 14, does = "still" },
    { cc = 15, does = "clear" },
    { cc = 16, does = "faster" },
    { cc = 17, does = "shift" },
    { cc = 18, does = "weight", fine = true },
    { cc = "20-21", does = "weight", follows = true, light = { values = "0-127" } },
    { cc = 22, does = "level", level = 0.5 },
    { cc = "30-31", does = "preset", preset = 5, shifted = "keep" },
    { nrpn = 300, channel = 2, does = "weight" },
    { bend = true, does = "weight", slot = 1 },
]
""",
    "small",
)
STYLES = ("latex", "linux-c", "shakespeare", "sonnets", "recipes")


class Stage:
    """A performance that follows the surface, or another hand; what is wished is seen a tenth of a second later."""

    def __init__(
        self, pickup: bool = True, lesson: Lesson | Pairing | None = None, device: midi_map.DeviceMap = SMALL
    ) -> None:
        self.surface = Surface(device, pickup=pickup, lesson=lesson)
        self.seen = Seen(styles=STYLES, weights=dict.fromkeys(STYLES, 0.0))
        self.now = 0.0
        self._coming: list[Command] = []

    def wait(self, seconds: float = 10.0) -> None:
        self.surface.look(self.seen, self.now + 0.05)
        self.now += 0.1
        for command in self._coming:
            if isinstance(command, SetWeights):
                self.other_hand(**command.weights)
            elif isinstance(command, SetRate):
                self.seen = replace(self.seen, rate_cps=command.cps)
            elif isinstance(command, SetTemperature):
                self.seen = replace(self.seen, temperature=command.temperature)
            elif isinstance(command, Solo):
                self.seen = replace(self.seen, solo=command.slugs)
            elif isinstance(command, Hold):
                held = set(self.seen.held) - set(command.slugs) | (set(command.slugs) if command.held else set())
                self.seen = replace(self.seen, held=sorted(held))
        self._coming.clear()
        self.surface.look(self.seen, self.now)
        self.now += seconds
        self.surface.look(self.seen, self.now)

    def other_hand(self, **weights: float) -> None:
        self.seen = replace(
            self.seen, weights={**self.seen.weights, **{k.replace("_", "-"): w for k, w in weights.items()}}
        )

    def touch(self, control: int, *values: int) -> list[Command]:
        """What the last of the values wishes."""
        commands: list[Command] = []
        for value in values:
            self.now += 0.01
            self.surface.look(self.seen, self.now)
            commands = self.surface.heard(ControlChange(1, control, value))
            self._coming += commands
        return commands

    def bank(self) -> list[str]:
        self.surface.look(self.seen, self.now)
        return self.surface.bank()

    def lights(self, after: float = 0.1) -> list[Message]:
        self.now += after
        self.surface.look(self.seen, self.now)
        return self.surface.lights()


def weigh(**weights: float) -> list[Command]:
    return [SetWeights(weights={slug.replace("_", "-"): w for slug, w in weights.items()}, replace=False)]


def test_a_fader_that_is_dragged_acts_although_its_weight_is_seen_later() -> None:
    stage = Stage()
    for value in (0, 30, 60, 90, 127):
        assert stage.touch(0, value) == weigh(latex=value / 127)
    stage.wait()
    assert stage.touch(0, 100) == weigh(latex=100 / 127)


def test_a_fader_does_nothing_until_it_meets_what_another_hand_set() -> None:
    stage = Stage()
    stage.touch(0, 0, 30)
    stage.wait()
    stage.other_hand(latex=0.8)
    assert stage.touch(0, 31) == []
    assert stage.touch(0, 60) == []
    assert stage.touch(0, 110) == weigh(latex=110 / 127)


def test_without_pickup_a_fader_always_acts() -> None:
    stage = Stage(pickup=False)
    stage.other_hand(latex=0.8)
    assert stage.touch(0, 20) == weigh(latex=20 / 127)


def test_a_control_that_follows_the_mix_always_acts() -> None:
    stage = Stage()
    stage.other_hand(latex=0.8)
    assert stage.touch(20, 20) == weigh(latex=20 / 127)


def test_banks_bring_the_next_styles_under_the_faders_and_end_with_the_last() -> None:
    stage = Stage()
    assert stage.bank() == ["latex", "linux-c"]
    stage.touch(10, 127, 0)
    assert stage.bank() == ["shakespeare", "sonnets"]
    stage.touch(10, 127, 0, 127, 0, 127)
    assert stage.bank() == ["recipes"]
    assert stage.touch(0, 0, 50) == weigh(recipes=50 / 127)
    assert stage.touch(1, 0, 50) == []
    stage.touch(11, 127, 0, 127, 0, 127, 0)
    assert stage.bank() == ["latex", "linux-c"]


def test_a_fader_switched_to_another_bank_and_back_unmoved_acts_at_once() -> None:
    stage = Stage()
    stage.touch(0, 0, 100)
    stage.wait()
    stage.touch(10, 127, 0)
    assert stage.touch(0, 100) == []
    stage.touch(11, 127, 0)
    assert stage.touch(0, 99) == weigh(latex=99 / 127)


def test_a_fader_moved_in_another_bank_must_meet_its_weight_again() -> None:
    stage = Stage()
    stage.touch(0, 0, 100)
    stage.wait()
    stage.touch(10, 127, 0)
    stage.touch(0, 60)
    stage.touch(11, 127, 0)
    assert stage.touch(0, 61) == []
    assert stage.touch(0, 103) == weigh(latex=103 / 127)


def test_when_a_style_joins_before_the_others_a_fader_does_not_take_its_neighbour_with_it() -> None:
    stage = Stage()
    stage.touch(0, 0, 100)
    stage.wait()
    stage.seen = replace(stage.seen, styles=("bible", *STYLES), weights={**stage.seen.weights, "bible": 0.3})
    assert stage.touch(0, 99) == []
    assert stage.touch(0, 30) == weigh(bible=30 / 127)


def test_the_bank_stays_within_the_styles_when_they_leave() -> None:
    stage = Stage()
    stage.touch(10, 127, 0, 127, 0)
    stage.seen = replace(stage.seen, styles=STYLES[:2])
    stage.wait()
    assert stage.bank() == ["latex", "linux-c"]


def test_before_the_styles_are_known_nothing_is_wished_and_faders_are_where_they_are() -> None:
    stage = Stage()
    known, stage.seen = stage.seen, Seen()
    assert stage.touch(0, 0, 50) == stage.touch(6, 127) == stage.touch(2, 127) == stage.touch(10, 127) == []
    stage.seen = replace(known, weights={**known.weights, "latex": 50 / 127})
    assert stage.touch(0, 60) == weigh(latex=60 / 127)


def test_on_another_scale_a_fader_is_compared_with_the_loudest() -> None:
    stage = Stage()
    stage.other_hand(latex=5.0, linux_c=2.5)
    stage.wait()
    assert stage.touch(1, 20) == []
    assert stage.touch(1, 70) == weigh(linux_c=5 * 70 / 127)
    assert stage.touch(0, 127) == weigh(latex=5.0)
    assert stage.touch(0, 64) == weigh(latex=5 * 64 / 127)
    stage.wait()
    assert stage.touch(0, 63) == weigh(latex=5 * 63 / 127)  # the loudest does not change its own scale
    stage.wait()
    stage.other_hand(latex=0.5, linux_c=0.0)
    stage.wait()
    assert stage.touch(0, 63, 100) == weigh(latex=100 / 127)


def test_solo_adds_and_takes_away() -> None:
    stage = Stage()
    assert stage.touch(7, 127) == [Solo(slugs=["linux-c"])]
    assert stage.touch(7, 0) == []
    assert stage.touch(6, 127) == [Solo(slugs=["latex", "linux-c"])]
    assert stage.touch(7, 127) == [Solo(slugs=["latex"])]
    stage.seen = replace(stage.seen, styles=STYLES[1:])
    assert stage.touch(7, 127) == [Solo(slugs=["shakespeare"])]  # who was soloed has left


def seen_solo(stage: Stage, *slugs: str) -> None:
    """What is seen while these are solo, whoever made them so: the others are silent."""
    weights = {slug: weight if slug in slugs else 0.0 for slug, weight in stage.seen.weights.items()}
    if not any(weights.values()):
        weights |= dict.fromkeys(slugs, 1.0)
    stage.seen = replace(stage.seen, weights=weights, solo=slugs)


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


def weights_of(commands: list[Command]) -> dict[str, float]:
    (command,) = commands
    assert isinstance(command, SetWeights)
    return command.weights


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


def test_stand_still_and_go_on_as_before() -> None:
    stage = Stage()
    stage.seen = replace(stage.seen, rate_cps=33.0)
    assert stage.touch(14, 127) == [SetRate(cps=0.0)]
    assert stage.touch(14, 127) == [SetRate(cps=33.0)]  # at once: it is not waited for until it is seen
    stage.wait()
    stage.touch(14, 127)
    stage.wait()
    assert stage.touch(14, 127) == [SetRate(cps=33.0)]


def test_faster_presses_add_up_before_they_are_seen() -> None:
    stage = Stage()
    stage.seen = replace(stage.seen, rate_cps=16.0)
    assert stage.touch(16, 127, 0, 127) == [SetRate(cps=25.0)]
    assert stage.touch(16, *[127] * 30) == [SetRate(cps=100.0)]


def test_knobs_for_rate_and_temperature_are_taken_over_softly_too() -> None:
    stage = Stage()
    assert stage.touch(13, 20) == []
    assert stage.touch(13, 64) == [SetTemperature(temperature=1.0)]
    assert stage.touch(12, 127) == []
    assert stage.touch(12, 64) == [SetRate(cps=rate_at(64 / 127))]


def test_a_pad_sets_a_level_and_the_fader_must_meet_it() -> None:
    stage = Stage()
    stage.touch(0, 0, 10)
    assert stage.touch(22, 127) == weigh(latex=0.5)
    assert stage.touch(0, 12) == []
    assert stage.touch(0, 70) == weigh(latex=70 / 127)


def test_a_button_recalls_the_preset_of_a_key_and_with_shift_it_keeps_the_mix_there() -> None:
    stage = Stage()
    assert stage.touch(31, 127) == [Preset(name="F6", over_s=2.0, falls="word")]
    assert stage.touch(31, 0) == []
    stage.touch(17, 127)
    assert stage.touch(30, 127) == [Preset(name="F5", what="keep")]


def test_after_a_preset_was_recalled_a_fader_must_meet_its_weight_again() -> None:
    stage = Stage()
    stage.touch(0, 0, 100)
    stage.touch(30, 127)
    stage.wait()
    stage.other_hand(latex=0.2)
    assert stage.touch(0, 99) == []
    assert stage.touch(0, 20) == weigh(latex=20 / 127)


def test_a_program_change_recalls_nothing_while_controls_are_learnt() -> None:
    stage = Stage(lesson=Lesson(["recipes"]))
    assert stage.surface.heard(ProgramChange(1, 0)) == []
    stage.touch(99, 0, 60)
    assert stage.surface.heard(ProgramChange(1, 0)) == [Preset(name="F1", over_s=2.0, falls="word")]


def test_a_fine_fader_moves_in_small_steps() -> None:
    stage = Stage()
    stage.touch(18, 0)
    assert stage.touch(50, 1) == weigh(latex=1 / 16383)


def test_pitch_wheels_and_nrpn_are_faders_too() -> None:
    stage = Stage()
    stage.wait()
    assert stage.surface.heard(PitchBend(1, 0)) == weigh(linux_c=0.0)
    wishes = [stage.surface.heard(ControlChange(2, *pair)) for pair in ((99, 2), (98, 44), (6, 0), (6, 1))]
    assert wishes == [[], [], weigh(latex=0.0), weigh(latex=1 / 127)]


def test_lights_are_sent_when_they_change_and_not_too_often() -> None:
    stage = Stage()
    assert len(stage.lights()) == 8
    assert stage.lights() == []
    stage.other_hand(latex=0.5)
    assert stage.lights() == [ControlChange(1, 0, 64), ControlChange(1, 20, 64)]
    stage.other_hand(latex=0.6)
    assert stage.lights(LIGHTS_S / 2) == []
    assert stage.lights(LIGHTS_S) == [ControlChange(1, 0, 76), ControlChange(1, 20, 76)]


def test_many_lights_are_sent_in_several_turns() -> None:
    stage = Stage(device=midi_map.load("midi_fighter_twister"))
    turns = [len(stage.lights()) for _ in range(5)]
    assert turns == [MOST_LIGHTS, MOST_LIGHTS, MOST_LIGHTS, 126 - 3 * MOST_LIGHTS, 0]


def test_a_motor_does_not_pull_against_the_hand_that_moves_it() -> None:
    stage = Stage()
    stage.lights()
    stage.touch(20, 30, 40, 50)
    assert ControlChange(1, 20, 50) not in stage.lights()
    stage.now += QUIET_S
    assert ControlChange(1, 20, 50) in stage.lights()


def test_after_it_was_plugged_in_again_all_lights_are_sent_and_nobody_knows_where_faders_are() -> None:
    stage = Stage()
    stage.touch(0, 0, 100)
    stage.wait()
    stage.lights()
    stage.surface.plugged_in()
    assert len(stage.lights()) == 8
    assert stage.touch(0, 20) == []


def test_learnt_controls_are_their_styles_and_no_longer_what_the_map_says() -> None:
    stage = Stage(lesson=Lesson(["sonnets", "recipes"]))
    assert stage.surface.lesson is not None
    assert stage.touch(6, 127) == []
    assert stage.touch(0, 60, 61, 60) == []  # a worn fader trembles: it is not meant
    assert stage.touch(6, 0) == []
    assert stage.surface.learnt == {Address(Kind.CC, 1, 6): "sonnets"}
    assert stage.touch(99, 3, 20) == []
    assert stage.surface.lesson.over
    assert stage.touch(99, 0) == weigh(recipes=0.0)
    assert stage.touch(6, 0, 127) == weigh(sonnets=1.0)
    assert stage.touch(7, 127) == [Solo(slugs=["linux-c"])]
    stage.seen = replace(stage.seen, styles=STYLES[:2])
    assert stage.touch(6, 127) == []


def test_a_control_is_learnt_for_the_style_that_another_hand_touches_and_nothing_is_played_meanwhile() -> None:
    stage = Stage(lesson=Pairing())
    stage.surface.learnt = {Address(Kind.CC, 1, 0): "latex"}
    assert stage.touch(0, 0, 60) == stage.touch(6, 127, 0) == stage.touch(99, 0, 60) == []
    assert stage.surface.heard(ProgramChange(1, 0)) == []
    seen_solo(stage, "recipes")
    stage.wait()
    assert stage.surface.learnt == {Address(Kind.CC, 1, 0): "latex", Address(Kind.CC, 1, 99): "recipes"}
    assert stage.touch(0, 0, 60) == []
    stage.other_hand(recipes=0.3)
    stage.wait(SETTLED_S)
    assert stage.surface.learnt == {Address(Kind.CC, 1, 0): "recipes"}


def test_a_control_that_was_learnt_before_can_be_learnt_anew() -> None:
    stage = Stage(lesson=Lesson(["recipes"]))
    stage.surface.learnt = {Address(Kind.CC, 1, 0): "sonnets", Address(Kind.CC, 1, 1): "latex"}
    assert stage.touch(0, 0, 60) == []
    assert stage.surface.learnt == {Address(Kind.CC, 1, 0): "recipes", Address(Kind.CC, 1, 1): "latex"}


def test_where_a_control_was_when_it_was_learnt_is_known() -> None:
    stage = Stage(lesson=Lesson(["recipes"]))
    stage.other_hand(recipes=0.5)
    stage.touch(99, 0, 60)
    assert stage.touch(99, 80) == weigh(recipes=80 / 127)


def test_a_learnt_control_keeps_its_style_when_the_bank_changes() -> None:
    stage = Stage()
    stage.surface.learnt = {Address(Kind.CC, 1, 0): "sonnets"}
    stage.touch(0, 0, 50)
    stage.touch(10, 127)
    assert stage.touch(0, 60) == weigh(sonnets=60 / 127)
    stage.wait()
    assert ControlChange(1, 0, 60) in stage.lights()


def test_of_what_follows_one_another_the_last_is_wished() -> None:
    commands: list[Command] = [
        *weigh(latex=0.1),
        *weigh(latex=0.2, sonnets=0.3),
        SetRate(cps=3),
        SetRate(cps=4),
        Solo(slugs=["latex"]),
        Solo(),
        SetTemperature(temperature=2),
        *weigh(latex=0.4),
    ]
    assert together(commands) == [
        *weigh(latex=0.2, sonnets=0.3),
        SetRate(cps=4),
        Solo(slugs=["latex"]),
        Solo(),
        SetTemperature(temperature=2),
        *weigh(latex=0.4),
    ]


@given(st.floats(0, 1))
def test_rate_and_temperature_are_found_again_at_their_position(position: float) -> None:
    assert rate_position(rate_at(position)) == pytest.approx(position, abs=1e-9)
    assert temperature_position(temperature_at(position)) == pytest.approx(position, abs=1e-9)


def test_what_no_knob_reaches_is_at_its_ends() -> None:
    assert [rate_position(cps) for cps in (0.0, 0.3, 1.0, 100.0, float("inf"))] == [0, 0, 0, 1, 1]
    assert [temperature_position(t) for t in (0.0, 0.1, 4.0, 9.0)] == [0, 0, 1, 1]


things = st.tuples(
    st.sampled_from(sorted(a.number for a in SMALL.controls if a.kind is Kind.CC)),
    st.integers(0, 127),
    st.floats(0, 3),
    st.floats(0, 2 * DELAY_S),
)


@given(st.lists(things, max_size=60))
def test_whatever_is_touched_whatever_others_do_the_wishes_are_such_that_can_be_followed(
    moves: list[tuple[int, int, float, float]],
) -> None:
    stage = Stage()
    for control, value, weight, pause in moves:
        for command in stage.touch(control, value):
            if isinstance(command, SetWeights):
                assert all(slug in STYLES and 0 <= w <= 3 for slug, w in command.weights.items())
            elif isinstance(command, SetTemperature):
                assert 0.1 <= command.temperature <= 4
            elif isinstance(command, SetRate):
                assert 0 <= command.cps <= 100
        stage.other_hand(linux_c=weight)
        stage.lights()
        stage.wait(pause)
