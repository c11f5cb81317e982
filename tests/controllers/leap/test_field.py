"""Hands over a Leap device as a mix, played with lists of frames and a clock of our own."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.wire import plane
from actors.wire.messages import Command, LetGo, SetRate, SetTemperature, SetWeights
from controllers.easing import EASE_S
from controllers.hand import Seen
from controllers.leap.field import LET_GO_S, Box, LeapField
from controllers.leap.frames import Frame, HandShape

STYLES = ("alpha", "beta", "gamma", "delta", "epsilon")
TURN_S = 0.01


class Performance:
    """A field that is asked a hundred times a second, and a mix that becomes what it says."""

    def __init__(self, box: Box | None = None, styles: Sequence[str] = STYLES, start: str = "alpha") -> None:
        self.field = LeapField(box or Box(height="none"))
        self.seen = Seen(styles, {slug: 3.0 * (slug == start) for slug in styles})
        self.now = 100.0
        self.said: list[tuple[float, Command]] = []

    def play(self, seconds: float, hands: Callable[[float], Sequence[HandShape]]) -> list[Command]:
        """One frame a turn; `hands` at each moment from 0 to `seconds`."""
        began = len(self.said)
        for turn in range(round(seconds / TURN_S)):
            self.turn([Frame(round(self.now * 1e6), tuple(hands(turn * TURN_S)))])
        return [command for _, command in self.said[began:]]

    def turn(self, frames: Sequence[Frame]) -> None:
        for command in self.field.play(frames, self.now, self.seen):
            self.said.append((self.now, command))
            if isinstance(command, SetWeights):
                self.seen = replace(self.seen, weights=command.weights)
        self.now += TURN_S

    def mixes(self) -> list[dict[str, float]]:
        return [command.weights for _, command in self.said if isinstance(command, SetWeights)]


def palm(
    x: float = 0.0, z: float = 0.0, y: float = 250.0, id: int = 1, grab: float = 0.0, confidence: float = 1.0
) -> HandShape:
    """A hand at x and z, from -1 to 1 over the field, y mm above it."""
    return HandShape(id, id % 2 == 1, (160.0 * x, y, 160.0 * z), grab=grab, confidence=confidence)


def still(*hands: HandShape) -> Callable[[float], Sequence[HandShape]]:
    return lambda _: hands


def jumps(mixes: Sequence[dict[str, float]]) -> float:
    """The largest change of any share between two mixes that follow one another."""
    pairs = pairwise(mixes)
    return max((abs(a.get(slug, 0.0) - b.get(slug, 0.0)) for a, b in pairs for slug in b), default=0.0)


def near(a: dict[str, float], b: dict[str, float], within: float = 0.01) -> bool:
    return a.keys() == b.keys() and all(abs(a[slug] - b[slug]) < within for slug in a)


def pulled(x: float, z: float) -> dict[str, float]:
    return dict(zip(STYLES, plane.weights((x, z), plane.places(len(STYLES)), {}), strict=True))


def test_a_palm_over_a_style_makes_it_speak() -> None:
    for slug, (x, z) in zip(STYLES, plane.places(len(STYLES)), strict=True):
        performance = Performance()
        performance.play(2.0, still(palm(x, z)))
        mix = performance.mixes()[-1]
        assert max(mix, key=lambda s: mix[s]) == slug
        assert near(mix, pulled(x, z))


def test_the_field_is_the_one_on_which_the_cards_say_that_styles_lie() -> None:
    lie = [(0.5, 0.5), (-0.5, 0.5), (0.5, -0.5), (-0.5, -0.5), (0.0, 0.0)]
    performance = Performance()
    performance.play(1.0, still(palm(-0.5, 0.5)))
    before = performance.mixes()[-1]
    began = len(performance.mixes())
    performance.seen = replace(performance.seen, points=lie)
    performance.play(2.0, still(palm(-0.5, 0.5)))
    mix = performance.mixes()[-1]
    assert near(mix, dict(zip(STYLES, plane.weights((-0.5, 0.5), lie, {}), strict=True)))
    assert max(mix, key=lambda slug: mix[slug]) == "beta"
    assert jumps([before, *performance.mixes()[began:]]) < 0.1  # that the places are known comes gliding


def test_right_is_right_and_towards_the_performer_is_down() -> None:
    performance = Performance()
    (*_, last) = performance.play(1.0, still(palm(0.5, 0.25)))
    assert isinstance(last, SetWeights)
    assert last.at == [pytest.approx((0.5, 0.25))]
    assert last.replace


def test_a_hand_beyond_the_box_stays_at_its_edge() -> None:
    (*_, last) = Performance().play(1.0, still(palm(3.0, -2.0)))
    assert last.at == [(1.0, -1.0)]


def test_a_hand_that_appears_eases_from_the_mix_as_it_is() -> None:
    performance = Performance(start="gamma")
    performance.play(1.5, still(palm(0.0, -0.82)))
    mixes = performance.mixes()
    assert mixes[0]["gamma"] > 0.99
    assert near(mixes[-1], pulled(0.0, -0.82))
    assert jumps(mixes) < 0.05
    reached = next(now for now, c in performance.said if isinstance(c, SetWeights) and near(c.weights, mixes[-1]))
    assert 0.5 * EASE_S < reached - 100.0 <= EASE_S + TURN_S


def test_without_a_mix_before_it_a_hand_sets_one_at_once() -> None:
    performance = Performance(start="nobody")
    performance.play(0.02, still(palm(0.3, 0.3)))
    assert near(performance.mixes()[0], pulled(0.3, 0.3))


def test_a_fist_holds_the_mix_until_it_opens() -> None:
    performance = Performance()
    performance.play(2.0, still(palm(0.0, -0.82)))
    before = performance.mixes()[-1]
    held = performance.play(2.0, lambda t: [palm(0.4 * t, 0.3 * t, grab=0.95)])
    assert all(near(c.weights, before, 1e-9) for c in held if isinstance(c, SetWeights))
    assert len(held) >= 10  # a hand that holds is still there
    trembling = performance.play(1.0, lambda t: [palm(0.8, 0.6, grab=0.7)])
    assert all(near(c.weights, before, 1e-9) for c in trembling if isinstance(c, SetWeights))
    performance.play(1.5, still(palm(0.8, 0.6, grab=0.1)))
    assert near(performance.mixes()[-1], pulled(0.8, 0.6))
    assert jumps(performance.mixes()) < 0.05


def test_a_fist_that_is_drawn_away_leaves_the_mix_behind() -> None:
    performance = Performance()
    performance.play(2.0, still(palm(0.0, -0.82)))
    before = performance.mixes()[-1]
    performance.play(0.5, lambda t: [palm(2 * t, 0.0, grab=1.0)])
    left = performance.play(1.0, still())
    assert [command for command in left if not isinstance(command, SetWeights)] == [LetGo()] == left[-1:]
    assert near(performance.mixes()[-1], before, 1e-9)


def test_a_lost_hand_leaves_the_mix_and_lets_go_once() -> None:
    performance = Performance()
    performance.play(1.0, still(palm(0.5, 0.5)))
    lost_at = performance.now
    after = performance.play(3.0, still())
    assert [c for c in after if not isinstance(c, SetWeights)] == [LetGo()]
    (let_go_at,) = [now for now, c in performance.said if isinstance(c, LetGo)]
    assert LET_GO_S <= let_go_at - lost_at + TURN_S <= LET_GO_S + 3 * TURN_S
    assert jumps(performance.mixes()) < 0.05


def test_a_service_that_falls_silent_is_a_lost_hand() -> None:
    performance = Performance()
    performance.play(1.0, still(palm(0.5, 0.5)))
    for _ in range(100):
        performance.turn([])
    assert performance.said[-1][1] == LetGo()


def test_a_hand_found_under_a_new_id_eases() -> None:
    performance = Performance()
    performance.play(1.5, still(palm(0.0, -0.82, id=5)))
    performance.play(0.3, still())
    performance.play(1.5, still(palm(0.0, 0.82, id=6)))
    assert jumps(performance.mixes()) < 0.05
    assert near(performance.mixes()[-1], pulled(0.0, 0.82))


def test_a_hand_that_comes_back_eases_from_what_others_have_made_meanwhile() -> None:
    performance = Performance()
    performance.play(1.5, still(palm(0.0, -0.82, id=5)))
    performance.play(1.0, still())
    performance.seen = Seen(STYLES, {"delta": 1.0})
    began = len(performance.mixes())
    performance.play(1.0, still(palm(0.0, -0.82, id=6)))
    assert performance.mixes()[began]["delta"] > 0.95


def test_a_hand_missing_for_a_moment_is_still_there() -> None:
    performance = Performance()
    performance.play(1.5, still(palm(0.2, 0.2)))
    before = performance.mixes()[-1]
    performance.play(2.0, lambda t: [palm(0.2, 0.2)] if round(t * 100) % 10 == 0 else [])
    assert all(near(mix, before) for mix in performance.mixes()[-10:])
    assert performance.said[-1][0] > performance.now - 0.2


def test_two_open_hands_pull_alike() -> None:
    performance = Performance()
    performance.play(2.0, still(palm(-0.6, 0.0, id=1), palm(0.6, 0.3, id=2)))
    one, two = pulled(-0.6, 0.0), pulled(0.6, 0.3)
    assert near(performance.mixes()[-1], {slug: (one[slug] + two[slug]) / 2 for slug in STYLES})
    assert len(performance.said[-1][1].at) == 2


def test_a_half_closed_hand_pulls_half_as_much() -> None:
    performance = Performance()
    performance.play(3.0, still(palm(-0.6, 0.0, id=1), palm(0.6, 0.3, id=2, grab=0.5)))
    one, two = pulled(-0.6, 0.0), pulled(0.6, 0.3)
    assert near(performance.mixes()[-1], {slug: (2 * one[slug] + two[slug]) / 3 for slug in STYLES})


def test_closing_one_of_two_hands_leaves_the_mix_to_the_other_without_a_jump() -> None:
    performance = Performance()
    performance.play(2.0, lambda t: [palm(-0.6, 0.0, id=1, grab=min(1.0, t)), palm(0.6, 0.3, id=2)])
    assert near(performance.mixes()[-1], pulled(0.6, 0.3))
    performance.play(1.0, still(palm(-0.6, 0.0, id=1, grab=1.0), palm(0.6, 0.3, id=2, grab=1.0)))
    performance.play(1.0, still(palm(-0.6, 0.5, id=1, grab=1.0), palm(-0.6, 0.3, id=2, grab=1.0)))
    assert near(performance.mixes()[-1], pulled(0.6, 0.3))
    assert jumps(performance.mixes()) < 0.06


def test_a_hand_of_low_confidence_is_ignored() -> None:
    performance = Performance()
    assert performance.play(1.0, still(palm(0.5, 0.5, confidence=0.05))) == []
    performance.play(1.5, still(palm(0.5, 0.5), palm(-0.5, -0.5, id=2, confidence=0.05)))
    assert near(performance.mixes()[-1], pulled(0.5, 0.5))


def test_a_hand_sends_at_most_sixty_and_at_least_five_mixes_a_second() -> None:
    moving = Performance()
    moving.play(4.0, lambda t: [palm(math.sin(5 * t), math.cos(7 * t))])
    times = [now for now, c in moving.said if isinstance(c, SetWeights)]
    assert all(b - a >= 1 / 60 - 1e-9 for a, b in pairwise(times))
    assert len(times) > 100
    resting = Performance()
    resting.play(4.0, still(palm(0.3, 0.3)))
    times = [now for now, _ in resting.said]
    assert all(b - a <= 0.2 for a, b in pairwise(times))
    assert len(resting.play(4.0, still(palm(0.3, 0.3)))) < 40


@pytest.mark.parametrize(
    ("height", "kind", "low", "high"), [("temperature", SetTemperature, 0.4, 1.8), ("rate", SetRate, 2.0, 60.0)]
)
def test_the_height_of_the_palm_is_felt_as_a_ratio(height: str, kind: type, low: float, high: float) -> None:
    for y, expected in ((50.0, low), (100.0, low), (250.0, math.sqrt(low * high)), (400.0, high), (900.0, high)):
        performance = Performance(Box(height=height))
        said = [c for c in performance.play(2.0, still(palm(0.0, 0.0, y=y))) if isinstance(c, kind)]
        values = [c.cps if isinstance(c, SetRate) else c.temperature for c in said]
        assert values[-1] == pytest.approx(expected, rel=0.02)
        assert all(abs(math.log(b / a)) < 0.4 for a, b in pairwise(values))
        assert len(values) <= 2.0 / 0.05


def test_a_fist_holds_the_height_too() -> None:
    performance = Performance(Box())
    performance.play(1.5, still(palm(y=300.0)))
    held = performance.play(1.5, still(palm(y=150.0, grab=1.0)))
    assert not any(isinstance(c, SetTemperature) for c in held)


@pytest.mark.parametrize("rate", [0.0, math.inf])
def test_a_text_that_stands_or_runs_free_is_met_at_the_nearest_rate(rate: float) -> None:
    field = LeapField(Box(height="rate"))
    seen = Seen(STYLES, {"alpha": 1.0}, values={"rate": rate})
    said = field.play([Frame(0, (palm(),))], 0.0, seen)
    assert [c.cps for c in said if isinstance(c, SetRate)] == [pytest.approx(60.0 if rate else 2.0)]


def test_without_styles_no_command_is_sent() -> None:
    performance = Performance(styles=())
    assert performance.play(1.0, still(palm())) == []


def test_styles_that_join_and_leave_while_a_hand_plays_do_not_make_it_jump() -> None:
    performance = Performance(start="alpha")
    performance.play(1.5, still(palm(0.1, -0.7)))
    for styles in (("alpha", "beta", "gamma"), ("zeta", *STYLES, "eta"), ("theta",), ()):
        weights = {slug: w for slug, w in performance.seen.weights.items() if slug in styles}
        performance.seen = Seen(styles, weights)
        began = len(performance.mixes())
        performance.play(1.5, still(palm(0.1, -0.7)))
        mixes = performance.mixes()[began:]
        assert all(set(mix) == set(styles) for mix in mixes)
        assert jumps(mixes) < 0.05
        assert bool(mixes) == bool(styles)


def test_a_frame_that_comes_late_is_not_played() -> None:
    performance = Performance()
    performance.play(1.5, still(palm(0.5, 0.5)))
    before = performance.mixes()[-1]
    for k in range(50):
        at = round(performance.now * 1e6)
        performance.turn([Frame(at, (palm(0.5, 0.5),)), Frame(at - 30_000 - k, (palm(-0.9, -0.9),))])
    assert all(near(mix, before) for mix in performance.mixes()[-10:])


def test_a_service_whose_clock_begins_anew_is_followed_again() -> None:
    performance = Performance()
    performance.play(1.5, still(palm(0.0, -0.82)))
    for k in range(150):
        performance.turn([Frame(k * 10_000, (palm(0.0, 0.82),))])
    assert near(performance.mixes()[-1], pulled(0.0, 0.82))
    assert jumps(performance.mixes()) < 0.05


places = st.floats(-300, 300)
strengths = st.floats(0, 1)
shapes = st.builds(
    HandShape,
    st.integers(1, 4),
    st.booleans(),
    st.tuples(places, places, places),
    grab=strengths,
    pinch=strengths,
    confidence=strengths,
)
moments = st.lists(st.tuples(st.integers(0, 3_000_000), st.lists(shapes, max_size=4), st.integers(0, 5)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(moments, st.integers(0, 5), st.sampled_from(["temperature", "rate", "none"]))
def test_every_command_of_any_hands_is_valid(
    played: list[tuple[int, list[HandShape], int]], n: int, height: str
) -> None:
    performance = Performance(Box(height=height), STYLES[:n])
    for timestamp, hands, waits in played:
        performance.turn([Frame(timestamp, tuple(hands))])
        for _ in range(waits * 10):
            performance.turn([])
    for _, command in performance.said:
        if isinstance(command, SetWeights):
            assert all(math.isfinite(w) and w >= 0 for w in command.weights.values())
            assert sum(command.weights.values()) == pytest.approx(1.0)
            assert all(-1 <= x <= 1 and -1 <= y <= 1 for x, y in command.at)
        elif isinstance(command, SetTemperature):
            assert 0.39 < command.temperature < 1.81
        elif isinstance(command, SetRate):
            assert 1.99 < command.cps < 60.1
