"""Section 2 of the paper as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actors import EnsembleError
from actors.mixing.dice import Dice
from actors.mixing.mixture import active, check_weights, mix, responsibilities, sample

KNOWN = ("alpha", "beta", "gamma")


@st.composite
def mixtures(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 8))
    raw = draw(arrays(np.float32, (n, 128), elements=st.floats(0, 1, width=32)))
    raw[:, draw(st.integers(0, 127))] += 0.5
    pi = np.array(draw(st.lists(st.floats(1e-6, 1e6), min_size=n, max_size=n)))
    return raw / raw.sum(axis=1, keepdims=True), pi


@given(mixtures())
def test_rho_is_a_distribution(mixture: tuple[np.ndarray, np.ndarray]) -> None:
    rho = mix(*mixture)
    assert rho.min() >= 0
    assert abs(rho.sum() - 1) < 1e-9


@given(mixtures(), st.floats(1e-3, 1e3))
def test_rho_does_not_depend_on_the_scale_of_the_weights(mixture: tuple[np.ndarray, np.ndarray], k: float) -> None:
    omega, pi = mixture
    assert np.allclose(mix(omega, pi * k), mix(omega, pi), atol=1e-12)


@given(mixtures(), st.randoms(use_true_random=False))
def test_rho_does_not_depend_on_the_order_of_the_styles(mixture: tuple[np.ndarray, np.ndarray], random: object) -> None:
    omega, pi = mixture
    order = np.random.default_rng(len(pi)).permutation(len(pi))
    assert np.allclose(mix(omega[order], pi[order]), mix(omega, pi), atol=1e-9)


@given(mixtures())
def test_one_style_alone_speaks_unchanged(mixture: tuple[np.ndarray, np.ndarray]) -> None:
    omega, pi = mixture
    assert np.allclose(mix(omega[:1], pi[:1]), omega[0] / omega[0].sum(dtype=float), atol=1e-7)


@given(mixtures(), st.floats(0, 1, exclude_max=True))
def test_responsibilities_of_a_sampled_letter_sum_to_one(mixture: tuple[np.ndarray, np.ndarray], u: float) -> None:
    omega, pi = mixture
    r = responsibilities(omega, pi, sample(mix(omega, pi), u))
    assert r.min() >= 0
    assert abs(r.sum() - 1) < 1e-9


@given(mixtures(), st.floats(0, 1, exclude_max=True))
def test_a_letter_of_probability_zero_is_never_sampled(mixture: tuple[np.ndarray, np.ndarray], u: float) -> None:
    rho = mix(*mixture)
    assert rho[sample(rho, u)] > 0


def test_sampling_follows_rho() -> None:
    rho = np.zeros(128)
    rho[[65, 66, 67]] = 0.2, 0.5, 0.3
    dice = Dice(3)
    counts = np.bincount([sample(rho, dice.at(t)) for t in range(20_000)], minlength=128) / 20_000
    assert np.abs(counts - rho).max() < 0.015


def test_a_style_of_at_most_five_percent_of_the_loudest_is_silent() -> None:
    assert active(np.array([1.0, 0.05, 0.0501, 0.0])).tolist() == [0, 2]
    assert active(np.array([20.0, 1.0, 1.002, 0.0])).tolist() == [0, 2]


def test_twenty_four_equal_styles_all_speak() -> None:
    assert len(active(np.full(24, 1 / 24))) == 24


def test_no_weight_no_voice() -> None:
    assert len(active(np.zeros(5))) == 0
    assert len(active(np.zeros(0))) == 0


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"alpha": float("nan")}, "finite"),
        ({"alpha": float("inf")}, "finite"),
        ({"alpha": -0.1}, "zero or more"),
        ({"omega": 1.0}, "no style 'omega'"),
        ({"alpha": 0.0, "beta": 0.0}, "all weights are zero"),
        ({}, "all weights are zero"),
    ],
)
def test_weights_that_cannot_be_played_are_refused(weights: dict[str, float], said: str) -> None:
    with pytest.raises(EnsembleError, match=said):
        check_weights(weights, KNOWN)


@given(st.dictionaries(st.sampled_from(KNOWN), st.floats(0, 1e300), min_size=1).filter(lambda w: any(w.values())))
def test_any_non_negative_vector_is_accepted(weights: dict[str, float]) -> None:
    check_weights(weights, KNOWN)


@given(st.integers(0, 2**32), st.integers(0, 10**7))
def test_the_dice_depend_on_seed_and_position_alone(seed: int, position: int) -> None:
    dice = Dice(seed)
    dice.at(position + 5000)
    assert dice.at(position) == Dice(seed).at(position)
    assert 0 <= dice.at(position) < 1


def test_different_seeds_throw_differently() -> None:
    assert [Dice(1).at(t) for t in range(5)] != [Dice(2).at(t) for t in range(5)]
