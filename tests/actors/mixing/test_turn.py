"""One turn is what the paper's section 2 says, and the same for everyone who takes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actors.mixing import mixture, turn
from actors.mixing.combine import MonolithAnswer
from actors.mixing.dice import Dice
from actors.wire.parameters import HAND_OVER, POOLINGS, Lookahead, MixSettings

K = 3
SLOTS = [1, 4, 6]
N = 8
PLAIN = Lookahead()

rows = arrays(np.float32, (K, 128), elements=st.floats(0.0009765625, 1, width=32)).map(
    lambda y: (y / y.sum(axis=1, keepdims=True)).astype(np.float32)
)
weights = arrays(np.float64, N, elements=st.floats(0.01, 10))


@given(rows, weights)
def test_linear_mixing_is_the_papers_formula(omega: np.ndarray, pi: np.ndarray) -> None:
    mixed = turn.mix(MixSettings(), SLOTS, omega, pi, np.zeros(N))
    product = omega.T.astype(np.float64) @ pi[SLOTS]
    assert mixed.rho == pytest.approx(product / np.abs(product).sum())
    assert mixed.slot_ids == SLOTS
    assert mixed.whose(97) == pytest.approx(mixture.responsibilities(omega, pi[SLOTS], 97))


@given(rows, weights, st.sampled_from(POOLINGS), st.floats(0.5, 2), st.floats(0.1, 1))
def test_rho_is_a_distribution_and_each_letter_has_an_author_whatever_the_settings(
    omega: np.ndarray, pi: np.ndarray, pooling: str, temperature: float, top_p: float
) -> None:
    settings = MixSettings(pooling, 0.3, top_p, temperature)
    mixed = turn.mix(settings, SLOTS, omega, pi, np.zeros(N))
    assert mixed.rho.sum() == pytest.approx(1)
    assert (mixed.rho >= 0).all()
    assert mixed.whose(int(mixed.rho.argmax())).sum() == pytest.approx(1)


@given(rows)
def test_styles_that_stand_in_without_weight_speak_alike(omega: np.ndarray) -> None:
    mixed = turn.mix(MixSettings(), SLOTS, omega, np.zeros(N), np.zeros(N))
    assert mixed.rho == pytest.approx(omega.mean(axis=0) / omega.mean(axis=0).sum(), rel=1e-5)


@given(rows, weights, st.integers(0, 2**64 - 1), st.integers(1, 10**6))
def test_without_lookahead_the_dice_of_the_position_draw(omega: np.ndarray, pi: np.ndarray, seed: int, t: int) -> None:
    mixed = turn.mix(MixSettings(), SLOTS, omega, pi, np.zeros(N))
    drawn = turn.draw(MixSettings(), PLAIN, mixed, np.zeros(N), Dice(seed), t)
    assert drawn.char == mixture.sample(mixed.rho, Dice(seed).at(t))
    assert drawn == turn.draw(MixSettings(), Lookahead(8, 8), mixed, np.zeros(N), Dice(seed), t, explore=None)


@given(rows, weights, st.integers(0, 127))
def test_only_hand_over_remembers_the_word(omega: np.ndarray, pi: np.ndarray, char: int) -> None:
    evidence = np.linspace(-3, 0, N)
    for pooling in POOLINGS:
        settings = MixSettings(pooling)
        mixed = turn.mix(settings, SLOTS, omega, pi, evidence)
        after = turn.after(settings, evidence, mixed, char)
        if pooling != HAND_OVER:
            assert after is evidence
        elif not (chr(char).isalpha() or char == ord("'")):
            assert not after.any()


@given(rows, weights)
def test_crossed_to_the_monolith_for_good_it_alone_speaks(omega: np.ndarray, pi: np.ndarray) -> None:
    rho_m = omega[0].astype(np.float64) / omega[0].astype(np.float64).sum()
    answer = MonolithAnswer(SLOTS, omega, rho_m)
    none = np.zeros((0, 128), np.float32)
    mixed = turn.mix(MixSettings(cross=1.0), [], none, pi, np.zeros(N), answer)
    assert mixed.rho == pytest.approx(rho_m)
    assert mixed.slot_ids == SLOTS
