"""The poolings of section 2 and beyond, as properties of any rows and weights."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actors import EnsembleError
from actors.mixing import mixture
from actors.mixing.mixture import Floats
from actors.mixing.pooling import even, hear, in_word, log_linear, pool, top_p
from actors.wire.parameters import HAND_OVER, LINEAR, LOG_LINEAR, POOLINGS, MixSettings

CODES = 128


def rows(seed: int, k: int, spread: float = 3.0) -> np.ndarray:
    logits = spread * np.random.default_rng(seed).normal(size=(k, CODES))
    y = np.exp(logits - logits.max(axis=1, keepdims=True))
    made: np.ndarray = (y / y.sum(axis=1, keepdims=True)).astype(np.float32)
    return made


seeds = st.integers(0, 10_000)
weights = st.lists(st.floats(0.01, 5.0), min_size=1, max_size=6).map(np.array)
manners = st.builds(
    MixSettings,
    pooling=st.sampled_from(POOLINGS),
    evenness=st.sampled_from([0.0, 0.5, 1.0]),
    top_p=st.floats(0.05, 1.0),
    temperature=st.sampled_from([0.5, 1.0, 2.0]),
)


def pooled(
    settings: MixSettings, omega: np.ndarray, pi: Floats, evidence: Floats | None = None
) -> tuple[Floats, Floats]:
    return pool(settings, omega, pi, np.zeros(len(pi)) if evidence is None else evidence)


@given(seeds, weights, manners)
def test_whatever_the_manner_rho_is_a_distribution(seed: int, pi: Floats, settings: MixSettings) -> None:
    rho, heard = pooled(settings, rows(seed, len(pi)), pi, np.random.default_rng(seed).normal(size=len(pi)) * 5)
    assert rho.sum() == pytest.approx(1)
    assert (rho >= 0).all()
    assert (heard >= 0).all()
    assert heard.any()


@given(seeds, weights, manners)
def test_the_order_of_the_styles_does_not_matter(seed: int, pi: Floats, settings: MixSettings) -> None:
    omega, order = rows(seed, len(pi)), np.random.default_rng(seed).permutation(len(pi))
    rho, _ = pooled(settings, omega, pi)
    other, _ = pooled(settings, omega[order], pi[order])
    assert other == pytest.approx(rho, abs=1e-9)


@given(seeds, st.sampled_from(POOLINGS), st.floats(0.01, 9.0))
def test_one_style_alone_is_itself_in_every_pooling(seed: int, pooling: str, weight: float) -> None:
    omega = rows(seed, 1)
    rho, _ = pooled(MixSettings(pooling, evenness=1.0), omega, np.array([weight]))
    assert rho == pytest.approx(omega[0] / omega[0].sum(), rel=1e-5, abs=1e-9)


@given(seeds, weights, st.sampled_from(POOLINGS), st.floats(0.1, 10))
def test_only_the_proportions_of_the_weights_matter(seed: int, pi: Floats, pooling: str, scale: float) -> None:
    omega = rows(seed, len(pi))
    rho, _ = pooled(MixSettings(pooling), omega, pi)
    assert pooled(MixSettings(pooling), omega, scale * pi)[0] == pytest.approx(rho, abs=1e-9)


@given(seeds, weights)
def test_plain_settings_are_the_papers_mix_to_the_last_bit(seed: int, pi: Floats) -> None:
    omega = rows(seed, len(pi))
    assert (pooled(MixSettings(), omega, pi)[0] == mixture.mix(omega, pi)).all()


@given(seeds, weights)
def test_log_linear_pooling_of_equals_changes_nothing(seed: int, pi: Floats) -> None:
    omega = np.repeat(rows(seed, 1), len(pi), axis=0)
    assert log_linear(omega, pi) == pytest.approx(omega[0] / omega[0].sum(), rel=1e-4, abs=1e-9)


@given(seeds, st.floats(0.05, 1.0))
def test_a_style_below_zero_is_avoided(seed: int, avoided: float) -> None:
    omega = rows(seed, 2)
    rho = log_linear(omega, np.array([1.0, -avoided]))
    assert rho.sum() == pytest.approx(1)
    own = omega[0] / omega[0].sum()
    assert rho @ np.log(omega[1] + 1e-9) <= own @ np.log(omega[1] + 1e-9) + 1e-6


def test_in_its_absence_an_avoided_style_does_not_choose() -> None:
    omega = np.full((2, CODES), 1 / CODES, np.float32)
    omega[1] = 0
    omega[1, :64] = 1 / 64
    assert log_linear(omega, np.array([1.0, -1.0]))[64:].max() < 0.1


@given(seeds, st.integers(2, 6), st.floats(0, 1))
def test_evenness_draws_entropies_together_and_changes_no_order(seed: int, k: int, evenness: float) -> None:
    omega = np.concatenate([rows(seed, 1, 5.0), rows(seed + 1, k - 1, 1.0)])
    made = even(omega, np.ones(k), evenness)
    assert made.sum(axis=1) == pytest.approx(1)
    assert _spread(made) <= (1 - evenness) * _spread(omega) + 0.01
    for before, after in zip(omega, made, strict=True):
        assert (np.argsort(before, kind="stable")[-5:] == np.argsort(after, kind="stable")[-5:]).all()


def _spread(y: np.ndarray) -> float:
    entropies = -(y * np.log(np.maximum(y, 1e-30))).sum(axis=1)
    return float(entropies.max() - entropies.min())


@given(seeds, st.floats(0.05, 1.0))
def test_top_p_keeps_the_likeliest_that_reach_it_and_no_more(seed: int, share: float) -> None:
    rho = rows(seed, 1)[0].astype(np.float64)
    rho /= rho.sum()
    cut = top_p(rho, share)
    kept = cut > 0
    assert rho[kept].sum() >= share - 1e-9
    assert rho[kept].sum() - rho[kept].min() < share or share == 1
    if not kept.all():
        assert rho[kept].min() >= rho[~kept].max()
    assert cut[kept] == pytest.approx(rho[kept] / rho[kept].sum())


class Bigrams:
    """Styles whose rows depend on the last letter alone: words can be counted through."""

    def __init__(self, seed: int, k: int) -> None:
        self.y = rows(seed, k * CODES).reshape(CODES, k, CODES)

    def after(self, char: int) -> np.ndarray:
        omega: np.ndarray = self.y[char]
        return omega

    def word(self, said: bytes) -> Floats:
        """Pr(word | style) after a space, for every style."""
        steps = itertools.pairwise(b" " + said)
        probability: Floats = np.prod([self.y[a][:, b].astype(np.float64) for a, b in steps], axis=0)
        return probability


@given(seeds, st.integers(2, 5), st.text("abcdxyz'", min_size=1, max_size=8))
def test_hand_over_is_the_linear_pool_of_words(seed: int, k: int, said: str) -> None:
    """The chance of a whole word, drawn letter by letter, is Σ π_i y_i(word)."""
    styles, pi = Bigrams(seed, k), np.random.default_rng(seed).random(k) + 0.01
    evidence, before, chance = np.zeros(k), ord(" "), 1.0
    for char in said.encode():
        omega = styles.after(before)
        rho, _ = pool(MixSettings(HAND_OVER), omega, pi, evidence)
        evidence = hear(evidence, char, omega, np.arange(k), rho)
        chance *= rho[char]
        before = char
    assert chance == pytest.approx(pi @ styles.word(said.encode()) / pi.sum(), rel=1e-4)


@given(seeds, st.integers(2, 5))
def test_between_words_the_weights_decide_again(seed: int, k: int) -> None:
    styles, evidence, before = Bigrams(seed, k), np.zeros(k), ord(" ")
    for char in b"tea ":
        omega = styles.after(before)
        rho, _ = pool(MixSettings(HAND_OVER), omega, np.ones(k), evidence)
        evidence = hear(evidence, char, omega, np.arange(k), rho)
        before = char
    assert not evidence.any()
    omega, pi = styles.after(before), np.arange(1, k + 1) / k
    assert (pooled(MixSettings(HAND_OVER), omega, pi)[0] == mixture.mix(omega, pi)).all()


def test_who_was_silent_in_a_word_neither_gains_nor_loses() -> None:
    omega, heard = rows(0, 2), np.array([0, 2])
    rho, _ = pool(MixSettings(HAND_OVER), omega, np.ones(2), np.zeros(2))
    evidence = hear(np.zeros(3), ord("t"), omega, heard, rho)
    silent = evidence - evidence[1]
    assert silent[0] == pytest.approx(np.log(omega[0, ord("t")] / rho[ord("t")]), rel=1e-5)


def test_a_word_without_end_neither_overflows_nor_locks_anyone_out() -> None:
    evidence, omega = np.zeros(2), np.full((2, CODES), 1e-9, np.float32)
    omega[0, ord("a")], omega[1, ord("b")] = 1, 1
    for _ in range(5000):
        rho, weighed = pool(MixSettings(HAND_OVER), omega, np.ones(2), evidence)
        assert np.isfinite(rho).all()
        assert np.isfinite(weighed).all()
        evidence = hear(evidence, ord("a"), omega, [0, 1], rho)
    evidence = hear(evidence, ord(" "), omega, [0, 1], rho)
    assert pool(MixSettings(HAND_OVER), omega, np.ones(2), evidence)[0][ord("b")] == pytest.approx(0.5, rel=1e-5)


def test_the_one_left_of_a_word_that_others_began_goes_on_with_it() -> None:
    """The hand moves in the middle of a word to a style that would never have begun it."""
    omega = rows(1, 2)
    rho, weighed = pool(MixSettings(HAND_OVER), omega[1:], np.ones(1), np.array([-5000.0]))
    assert rho == pytest.approx(omega[1] / omega[1].sum(), rel=1e-5)
    assert weighed.any()


@given(st.integers(0, 127))
def test_words_are_made_of_letters_and_apostrophes(char: int) -> None:
    assert in_word(char) == (chr(char).isalpha() or chr(char) == "'")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (MixSettings("geometric"), "linear, log-linear or hand-over"),
        (MixSettings(LINEAR, evenness=1.5), "evenness"),
        (MixSettings(LINEAR, evenness=float("nan")), "evenness"),
        (MixSettings(LINEAR, top_p=0.0), "top_p"),
        (MixSettings(LOG_LINEAR, temperature=9.0), "temperature"),
    ],
)
def test_settings_out_of_range_are_refused_in_one_line(settings: MixSettings, says: str) -> None:
    with pytest.raises(EnsembleError, match=says):
        settings.check()


@given(manners)
def test_settings_in_range_are_accepted(settings: MixSettings) -> None:
    assume(settings.top_p >= 0.05)
    settings.check()
