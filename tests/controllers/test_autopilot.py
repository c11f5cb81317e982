import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from actors.wire.messages import HandSeen, LetGo, Move
from controllers.autopilot import Autopilot, next_phrase
from controllers.hand import Seen

STYLES = [f"style-{k}" for k in range(12)]


@given(st.integers(1, 40), st.integers(0, 1000))
def test_a_phrase_is_of_styles_that_are_there_and_never_silent(count: int, seed: int) -> None:
    styles = STYLES[:count]
    phrase = next_phrase(styles, "nobody", random.Random(seed), 12.0)
    assert 1 <= len(phrase.weights) <= 3
    assert set(phrase.weights) <= set(styles)
    assert max(phrase.weights.values()) == 1.0
    assert phrase.lasts_s > phrase.over_s


def test_it_goes_mostly_to_kindred_styles_and_sometimes_far_away() -> None:
    dice, lead, steps = random.Random(1), STYLES[0], []
    for _ in range(400):
        phrase = next_phrase(STYLES, lead, dice, 12.0)
        after = max(phrase.weights, key=lambda slug: phrase.weights[slug])
        apart = abs(STYLES.index(after) - STYLES.index(lead))
        steps.append(min(apart, len(STYLES) - apart))
        lead = after
    near = sum(step <= 3 for step in steps) / len(steps)
    assert 0.7 < near < 0.95


def seen(*hands: HandSeen) -> Seen:
    return Seen(STYLES, dict.fromkeys(STYLES, 0.0) | {STYLES[3]: 1.0}, hands=hands)


def test_it_begins_after_so_much_quiet_and_gives_way_at_the_first_touch() -> None:
    pilot = Autopilot(30.0, 12.0, random.Random(1), "autopilot")
    assert pilot.play(100.0, seen()) == []
    assert pilot.play(129.9, seen()) == []
    assert isinstance(pilot.play(130.1, seen())[0], Move)
    own = HandSeen("autopilot", 0.5, 3)
    assert pilot.play(130.2, seen(own)) == []  # its own touches are none
    assert pilot.play(131.0, seen(own, HandSeen("mouse", 0.1, 1))) == [LetGo()]
    assert pilot.play(131.1, seen(own)) == []
    assert pilot.play(160.0, seen(own)) == []
    assert isinstance(pilot.play(161.0, seen(own))[0], Move)


def test_a_palm_that_rests_over_the_sensor_is_a_touch() -> None:
    pilot = Autopilot(10.0, 12.0, random.Random(1), "autopilot")
    for second in range(100):
        assert pilot.play(float(second), seen(HandSeen("leap", 60.0, 1, [(0.0, 0.0)]))) == []


def test_phrases_follow_one_another_in_their_time() -> None:
    pilot = Autopilot(0.0, 10.0, random.Random(2), "autopilot")
    moves = [k / 10 for k in range(6000) if pilot.play(k / 10, seen())]
    gaps = [later - earlier for earlier, later in pairwise(moves)]
    assert min(gaps) >= 6.0
    assert max(gaps) <= 21.1
