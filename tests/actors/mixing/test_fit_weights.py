import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.mixing.fit_weights import mix, nats

sizes = st.tuples(st.integers(1, 60), st.integers(1, 8), st.integers(0, 10_000))


def likelihoods(size: tuple[int, int, int]) -> np.ndarray:
    return np.random.default_rng(size[2]).random(size[:2]) ** 4


@given(sizes)
def test_no_other_mix_would_more_likely_have_said_it(size: tuple[int, int, int]) -> None:
    p = likelihoods(size)
    pi = mix(p)
    assert pi.sum() == pytest.approx(1)
    assert pi.min() >= 0
    best = nats(p, pi)
    others = np.vstack([np.eye(size[1]), np.random.default_rng(1).dirichlet(np.ones(size[1]), 20)])
    assert all(best <= nats(p, other) + 1e-4 for other in others)


def test_the_weights_of_a_mixture_are_found_again_from_its_text() -> None:
    rng = np.random.default_rng(0)
    styles = rng.dirichlet(np.full(128, 0.05), 3)  # (n, 128)
    pi = np.array([0.6, 0.3, 0.1])
    text = rng.choice(128, 20_000, p=pi @ styles)
    assert mix(styles[:, text].T) == pytest.approx(pi, abs=0.02)


def test_the_order_of_the_styles_does_not_matter() -> None:
    p = likelihoods((40, 5, 3))
    order = [3, 1, 4, 0, 2]
    assert mix(p)[order] == pytest.approx(mix(p[:, order]), abs=1e-6)


def test_a_character_that_is_impossible_for_everyone_is_survived() -> None:
    p = likelihoods((10, 3, 1))
    p[4] = 0
    assert np.isfinite(mix(p)).all()
