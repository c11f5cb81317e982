"""A trained model gives a mix for any pose, and gives its examples back."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers import ControllerError
from controllers.gesture.model import Array, Model, Neighbours, Perceptron, Scale, train

KINDS = ("mlp", "knn")

sizes = st.tuples(st.integers(1, 12), st.integers(1, 6), st.integers(1, 8))
seeds = st.integers(0, 2**32 - 1)
wild = st.sampled_from([0.0, -1e30, 1e30, 1e-30, 5.0, 1e6, -3.0])


def examples(n: int, d: int, s: int, seed: int) -> tuple[Array, Array]:
    """Poses of quite different units, and a mix for each."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-6, 6, d) + rng.normal(size=d) * 100
    return x, rng.dirichlet(np.full(s, 0.5), n)


def said(model: Model, pose: Array) -> Array:
    return model.mix(model.scale(pose))


@settings(max_examples=30, deadline=None)
@given(sizes, seeds, st.sampled_from(KINDS), st.lists(wild, min_size=6, max_size=6))
def test_any_pose_gives_a_mix(size: tuple[int, int, int], seed: int, kind: str, far: list[float]) -> None:
    x, y = examples(*size, seed)
    model = train(x, y, kind)
    for pose in (*x, np.array(far[: size[1]])):
        mix = said(model, pose)
        assert mix.shape == (size[2],)
        assert np.isfinite(mix).all()
        assert (mix >= 0).all()
        assert mix.sum() == pytest.approx(1.0)


@given(sizes, seeds)
def test_the_neighbours_give_back_every_example(size: tuple[int, int, int], seed: int) -> None:
    x, y = examples(*size, seed)
    model = train(x, y, "knn")
    for pose, mix in zip(x, y, strict=True):
        assert np.abs(said(model, pose) - mix).max() < 0.01 or size[0] > 1 == len(np.unique(x, axis=0))


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 6), st.integers(2, 8), seeds)
def test_the_perceptron_gives_back_a_few_poses_that_differ(n: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.repeat(np.eye(max(n, d))[:n] * 100.0 + np.arange(n)[:, None], 5, axis=0)
    y = np.repeat(rng.dirichlet(np.full(4, 0.4), n), 5, axis=0)
    x = x + rng.normal(size=x.shape)
    model = train(x, y)
    assert max(np.abs(said(model, pose) - mix).max() for pose, mix in zip(x, y, strict=True)) < 0.1


def test_one_slider_can_be_taught_three_mixes_in_a_row() -> None:
    x, y = np.array([[0.0], [0.5], [1.0]]), np.eye(3)
    model = train(x, y)
    assert [int(said(model, pose).argmax()) for pose in x] == [0, 1, 2]
    assert min(said(model, pose).max() for pose in x) > 0.9


def test_between_two_poses_lies_a_mix_of_both() -> None:
    for kind in KINDS:
        model = train(np.array([[0.0, 0.0], [1.0, 2.0]]), np.eye(2), kind)
        assert said(model, np.array([0.5, 1.0])) == pytest.approx([0.5, 0.5], abs=0.05)
        assert said(model, np.array([0.1, 0.2]))[0] > 0.8


def test_with_one_example_it_is_the_neighbours_and_always_that_mix() -> None:
    model = train(np.array([[3.0, 4.0]]), np.array([[0.2, 0.8]]))
    assert isinstance(model.net, Neighbours)
    assert said(model, np.array([1e6, -5.0])) == pytest.approx([0.2, 0.8])
    assert isinstance(train(np.eye(2), np.eye(2)).net, Perceptron)


def test_the_hidden_layer_is_as_wide_as_the_inputs_but_not_too_narrow() -> None:
    for inputs, hidden in ((1, 8), (8, 8), (20, 20)):
        net = train(*examples(4, inputs, 3, 0)).net
        assert isinstance(net, Perceptron)
        assert net.w.shape == (inputs, hidden)


def test_the_same_examples_teach_the_same() -> None:
    x, y = examples(8, 3, 4, 1)
    assert (said(train(x, y, seed=5), x[0]) == said(train(x, y, seed=5), x[0])).all()


def test_a_feature_that_never_changed_does_not_count() -> None:
    x = np.array([[0.0, 7.0], [1.0, 7.0]])
    assert (Scale.of(x).spread == [0.5, 1.0]).all()
    model = train(x, np.eye(2), "knn")
    assert said(model, np.array([0.0, 7.001])) == pytest.approx([1.0, 0.0], abs=0.01)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.zeros((0, 2)), np.zeros((0, 2))),
        (np.zeros((2, 0)), np.ones((2, 2))),
        (np.zeros((2, 2)), np.ones((3, 2))),
        (np.array([[np.nan]]), np.ones((1, 1))),
        (np.ones((1, 1)), np.zeros((1, 2))),
        (np.ones((1, 1)), np.array([[-1.0, 2.0]])),
    ],
)
def test_an_invalid_example_is_refused(x: Array, y: Array) -> None:
    with pytest.raises(ControllerError, match="record"):
        train(x, y)


@pytest.mark.slow
def test_the_most_examples_are_learnt_within_seconds() -> None:
    x, y = examples(2000, 10, 48, 0)
    began = time.monotonic()
    train(x, y)
    assert time.monotonic() - began < 30.0
