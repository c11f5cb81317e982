"""Models from poses to mixes, trained with examples: the paper's perceptron, and nearest neighbours. Pure numpy, no clock.

n examples: X (n, d) features of any units, Y (n, s) mixes of s styles, rows summing to 1. A trained model takes a pose and
gives a mix. The perceptron is Wekinator's, with one hidden layer as wide as its inputs; but all styles are outputs of one
net, and a softmax makes them a mix. It needs several examples; the neighbours work from the first one on.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from controllers import ControllerError

Array = NDArray[np.float64]

NEIGHBOURS = 3
FEWEST = 2  # examples for the perceptron; with fewer it is always the neighbours
LEAST_HIDDEN = 8  # with a narrower layer one slider alone could not bend
FARTHEST = 10.0  # standard deviations from the examples; poses beyond are moved there
STEPS, STEP, DECAY = 1500, 0.03, 1e-4
GOOD_ENOUGH = 1e-4  # loss in nats
PATIENCE, PROGRESS = 150, 1e-4  # end where so many steps gain less than this share of the loss
LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Scale:
    """Makes features of any units comparable: mean (d,) and spread (d,) of the examples."""

    mean: Array
    spread: Array

    @classmethod
    def of(cls, x: Array) -> "Scale":
        """The scale of examples. A feature that never changed in them has spread 1, so that its noise does not count."""
        mean, spread = x.mean(0), x.std(0)
        still = spread <= 1e-9 * (1.0 + np.abs(mean))
        return cls(mean, np.where(still, 1.0, spread))

    def __call__(self, x: Array) -> Array:
        with np.errstate(over="ignore"):
            return np.clip((x - self.mean) / self.spread, -FARTHEST, FARTHEST)


class Neighbours(msgspec.Struct, frozen=True, eq=False, tag="knn"):
    """The mean of the nearest examples' mixes, each weighted by the inverse square of its distance."""

    points: Array  # (n, d), scaled
    mixes: Array  # (n, s)

    def __call__(self, pose: Array) -> Array:
        """(d,) scaled to (s,)."""
        squares = ((self.points - pose) ** 2).sum(1)  # (n,)
        nearest = np.argsort(squares, kind="stable")[:NEIGHBOURS]
        weights = 1.0 / (squares[nearest] + 1e-9)
        mix: Array = weights @ self.mixes[nearest] / weights.sum()
        return mix


class Perceptron(msgspec.Struct, frozen=True, eq=False, tag="mlp"):
    """softmax(tanh(x W + b) V + c)."""

    w: Array  # (d, h)
    b: Array  # (h,)
    v: Array  # (h, s)
    c: Array  # (s,)

    def __call__(self, pose: Array) -> Array:
        """(d,) scaled to (s,); (n, d) to (n, s)."""
        return _softmax(np.tanh(pose @ self.w + self.b) @ self.v + self.c)


@dataclass(frozen=True, eq=False)
class Model:
    """A scale and a net."""

    scale: Scale
    net: Perceptron | Neighbours

    @property
    def inputs(self) -> int:
        return len(self.scale.mean)

    @property
    def outputs(self) -> int:
        return len(self.net.c) if isinstance(self.net, Perceptron) else self.net.mixes.shape[1]

    def mix(self, scaled: Array) -> Array:
        """The mix (s,), summing to 1, of a pose (d,) as `scale` made it, perhaps smoothed since."""
        y = np.maximum(self.net(scaled), 0.0)
        return np.asarray(y / y.sum())


def train(x: Array, y: Array, kind: str = "mlp", seed: int = 0) -> Model:
    """Trains a model with examples x (n, d), y (n, s). `kind`: mlp or knn. It takes seconds at most, and is repeatable.

    Raises ControllerError where there are no usable examples.
    """
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or not len(x) or not x.shape[1] or not y.shape[1]:
        raise ControllerError("there are no examples to learn from: record some first")
    if not (np.isfinite(x).all() and np.isfinite(y).all() and (y >= 0).all() and (y.sum(1) > 0).all()):
        raise ControllerError("an example is no pose with a mix: forget the examples and record them again")
    scale = Scale.of(x)
    scaled, mixes = scale(x), y / y.sum(1, keepdims=True)
    if kind == "knn" or len(x) < FEWEST:
        return Model(scale, Neighbours(scaled, mixes))
    return Model(scale, _perceptron(scaled, mixes, seed))


def _perceptron(x: Array, y: Array, seed: int) -> Perceptron:
    """Trained by Adam on all examples at once. The loss is the divergence of the mix from the example's, in nats."""
    rng = np.random.default_rng(seed)
    n, d, s = *x.shape, y.shape[1]
    h = max(d, LEAST_HIDDEN)
    at = [
        rng.normal(0.0, 1.0 / np.sqrt(d), (d, h)),
        rng.normal(0.0, 0.5, h),
        rng.normal(0.0, 0.1 / np.sqrt(h), (h, s)),
        np.log(y.mean(0) + 1e-3),
    ]
    decays = (DECAY, 0.0, DECAY, 0.0)  # of weights, not of biases
    first = [np.zeros_like(p) for p in at]
    second = [np.zeros_like(p) for p in at]
    entropy = -(y * np.log(y + LEAST)).sum(1).mean()
    best, best_at, reached = np.inf, 0, at
    for step in range(1, STEPS + 1):
        w, b, v, c = at
        hidden = np.tanh(x @ w + b)  # (n, h)
        out = _softmax(hidden @ v + c)  # (n, s)
        loss = float(-(y * np.log(out + LEAST)).sum(1).mean() - entropy)
        if loss < best * (1.0 - PROGRESS):
            best, best_at, reached = loss, step, at
        if loss < GOOD_ENOUGH or step - best_at > PATIENCE:
            break
        error = (out - y) / n  # (n, s)
        back = (error @ v.T) * (1.0 - hidden**2)  # (n, h)
        slopes = [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]
        rate = STEP * (1.0 - step / (STEPS + 1))
        moved = []
        for k, (p, slope) in enumerate(zip(at, slopes, strict=True)):
            slope = slope + decays[k] * p
            first[k] = 0.9 * first[k] + 0.1 * slope
            second[k] = 0.999 * second[k] + 0.001 * slope**2
            lift = first[k] / (1.0 - 0.9**step)
            moved.append(p - rate * lift / (np.sqrt(second[k] / (1.0 - 0.999**step)) + 1e-8))
        at = moved
    return Perceptron(*reached)


def _softmax(logits: Array) -> Array:
    risen = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(risen / risen.sum(-1, keepdims=True))
