"""Lookahead over a toy ensemble whose every path can be counted through."""

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import EnsembleError
from actors.mixing import mixture, pooling, turn
from actors.mixing.lookahead import Drawn, choose, draw
from actors.mixing.mixture import Floats
from actors.wire.parameters import DEEPEST, HAND_OVER, LINEAR, LOG_LINEAR, WIDEST, Lookahead, MixSettings

CODES = 128
ABC = [ord(c) for c in "ab "]  # what the toy styles say


class Toy:
    """Styles whose rows are a function of the text: made up anew for every ending of three characters."""

    def __init__(self, seed: int, k: int, codes: Sequence[int] = range(CODES)) -> None:
        self.seed, self.k, self.codes = seed, k, list(codes)
        self.calls = 0

    def rows(self, text: bytes) -> np.ndarray:
        dice = np.random.default_rng([self.seed, *text[-3:]])
        y = np.zeros((self.k, CODES))
        y[:, self.codes] = dice.dirichlet(np.full(len(self.codes), 0.3), self.k)
        return y.astype(np.float32)

    def explorer(self, text: bytes) -> "Explorer":
        return Explorer(self, text)


class Explorer:
    """Hypotheses beyond a text, each written on by one call for all; what an ensemble does."""

    def __init__(self, toy: Toy, text: bytes) -> None:
        self.toy, self.paths = toy, [text]

    def __call__(self, parents: Sequence[int], chars: Sequence[int]) -> np.ndarray:
        self.toy.calls += 1
        self.paths = [self.paths[parent] + bytes([char]) for parent, char in zip(parents, chars, strict=True)]
        return np.stack([self.toy.rows(path) for path in self.paths])


def look(
    toy: Toy, text: bytes, ahead: Lookahead, seed: int, settings: MixSettings | None = None, pi: Floats | None = None
) -> Drawn:
    settings, pi = settings or MixSettings(), np.ones(toy.k) if pi is None else pi
    omega, evidence = toy.rows(text), np.zeros(toy.k)
    mixed = turn.mix(settings, range(toy.k), omega, pi, evidence)
    dice = np.random.default_rng(seed)
    return choose(settings, ahead, mixed, evidence, dice, float(dice.random()), toy.explorer(text))


def one_call_a_hypothesis(
    toy: Toy, text: bytes, ahead: Lookahead, seed: int, settings: MixSettings, pi: Floats
) -> tuple[int, bytes]:
    """The same search written the long way: a list of paths, each read from its beginning by itself."""

    def rho_after(path: bytes) -> tuple[Floats, Floats]:
        evidence = np.zeros(toy.k)
        for at in range(len(text), len(path)):
            rows = toy.rows(path[:at])
            mixed, _ = pooling.pool(settings, rows, pi, evidence)
            if settings.pooling == HAND_OVER:
                evidence = pooling.hear(evidence, path[at], rows, np.arange(toy.k), mixed)
        return pooling.pool(settings, toy.rows(path), pi, evidence)[0], evidence

    dice = np.random.default_rng(seed)
    first, _ = rho_after(text)
    found = draw(first, float(dice.random()), ahead.width)
    paths = [(text + bytes([int(c)]), ahead.boldness * np.log(first[c])) for c in found]
    for level in range(1, ahead.depth):
        us = dice.random(ahead.width)
        longer = []
        for (path, score), u in zip(paths, us, strict=True):
            rho, _ = rho_after(path)
            char = mixture.sample(rho, float(u))
            longer.append((path + bytes([char]), score + ahead.boldness * np.log(rho[char])))
        paths = longer
        weights = np.exp(np.array([s for _, s in paths]) - max(s for _, s in paths))
        if level + 1 < ahead.depth and weights.sum() ** 2 < 0.5 * ahead.width * (weights**2).sum():
            paths = [(paths[k][0], 0.0) for k in draw(weights, float(dice.random()), ahead.width)]
    weights = np.exp(np.array([s for _, s in paths]) - max(s for _, s in paths))
    path = paths[mixture.sample(weights / weights.sum(), float(dice.random()))][0][len(text) :]
    return path[0], path


@settings(deadline=None)
@given(
    st.integers(0, 1000),
    st.integers(1, 4),
    st.integers(2, 8),
    st.integers(2, 5),
    st.floats(0, 2),
    st.sampled_from([LINEAR, LOG_LINEAR, HAND_OVER]),
)
def test_the_search_is_the_one_that_reads_every_path_by_itself(
    seed: int, k: int, width: int, depth: int, boldness: float, way: str
) -> None:
    toy, ahead, settings = Toy(seed, k, ABC), Lookahead(width, depth, boldness), MixSettings(way)
    pi = np.random.default_rng(seed).random(k) + 0.1
    found = look(toy, b"\nab", ahead, seed, settings, pi)
    assert (found.char, found.hypotheses[0][0]) == one_call_a_hypothesis(toy, b"\nab", ahead, seed, settings, pi)
    assert [len(path) for path, _, _ in found.hypotheses] == [depth] * width
    assert sum(weight for _, weight, _ in found.hypotheses) == pytest.approx(1)
    for path, _, voices in found.hypotheses:
        for level, (char, voice) in enumerate(zip(path, voices, strict=True)):
            said = pi * toy.rows(b"\nab" + path[:level])[:, char]
            assert said[voice] == said.max()


@given(st.integers(0, 1000), st.floats(0, 1, exclude_max=True))
def test_one_wide_and_one_deep_is_plain_sampling_to_the_last_bit(seed: int, u: float) -> None:
    toy = Toy(seed, 3)
    mixed = turn.mix(MixSettings(), range(3), toy.rows(b"x"), np.ones(3), np.zeros(3))
    dice = np.random.default_rng(0)
    found = choose(MixSettings(), Lookahead(1, 1), mixed, np.zeros(3), dice, u, toy.explorer(b"x"))
    assert found.char == mixture.sample(mixed.rho, u)
    assert toy.calls == 0
    assert draw(mixed.rho, u, 1).tolist() == [found.char]


def test_without_boldness_the_characters_are_those_of_plain_sampling() -> None:
    toy, ahead = Toy(1, 2, ABC), Lookahead(4, 3, 0.0)
    rho, _ = pooling.pool(MixSettings(), toy.rows(b"a"), np.ones(2), np.zeros(2))
    counted = Counter(look(toy, b"a", ahead, seed).char for seed in range(3000))
    for code in ABC:
        assert counted[code] / 3000 == pytest.approx(rho[code], abs=0.035)


def test_with_boldness_a_character_counts_by_what_it_leads_to() -> None:
    """Many paths approach their exact weights, Pr(path) Π ρ^boldness, summed over those that begin with the character."""
    toy, depth, boldness = Toy(3, 2, ABC), 3, 1.0
    weight: Counter[int] = Counter()
    for path in itertools.product(ABC, repeat=depth):
        said, probability = b"b", 1.0
        for char in path:
            probability *= pooling.pool(MixSettings(), toy.rows(said), np.ones(2), np.zeros(2))[0][char]
            said += bytes([char])
        weight[path[0]] += probability ** (1 + boldness)
    total = sum(weight.values())
    counted = Counter(look(toy, b"b", Lookahead(16, depth, boldness), seed).char for seed in range(3000))
    for code in ABC:
        assert counted[code] / 3000 == pytest.approx(weight[code] / total, abs=0.06)


def test_when_no_style_can_explore_the_first_candidate_is_the_character() -> None:
    toy = Toy(0, 2, ABC)
    mixed = turn.mix(MixSettings(), range(2), toy.rows(b"a"), np.ones(2), np.zeros(2))
    dice = np.random.default_rng(0)
    found = choose(MixSettings(), Lookahead(4, 4), mixed, np.zeros(2), dice, 0.5, lambda parents, chars: None)
    assert not found.looked
    assert found.char == mixture.sample(mixed.rho, 0.5)


@given(st.integers(0, 1000), st.integers(1, 16), st.floats(0, 1, exclude_max=True))
def test_systematic_draws_are_as_many_as_the_weights_say(seed: int, count: int, u: float) -> None:
    weights = np.random.default_rng(seed).dirichlet(np.full(6, 0.3))
    weights[2] = 0
    found = np.bincount(draw(weights, u, count), minlength=6)
    assert found.sum() == count
    assert found[2] == 0
    assert (np.abs(found - count * weights / weights.sum()) < 1 + 1e-9).all()


@pytest.mark.parametrize(
    "ahead",
    [
        Lookahead(0, 1),
        Lookahead(1, 0),
        Lookahead(WIDEST + 1, 2),
        Lookahead(2, DEEPEST + 1),
        Lookahead(2, 2, -0.1),
        Lookahead(2, 2, float("nan")),
    ],
)
def test_a_lookahead_that_cannot_be_is_refused(ahead: Lookahead) -> None:
    with pytest.raises(EnsembleError):
        ahead.check()
