"""The property that makes a skipped style exact, and the two engines that play the same."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.architecture import Architecture
from models.engines import Engine
from models.engines.graph import build, cached
from models.engines.onnx_engine import OnnxEngine
from models.engines.torch_engine import TorchEngine
from models.package import Weights, random_weights
from tests.conftest import random_style

NETS = [Architecture(1, 32), Architecture(2, 24), Architecture(3, 16)]

texts = st.lists(st.integers(0, 127), min_size=1, max_size=40).map(lambda codes: np.array(codes, np.uint8))
nets = st.sampled_from(NETS)


def sharp(net: Architecture, seed: int) -> Weights:
    weights = random_weights(net, seed)
    return {k: w * np.float32(5) if k.endswith(".scale") else w for k, w in weights.items()}


def engines(net: Architecture, seed: int = 0) -> tuple[OnnxEngine, TorchEngine]:
    weights = sharp(net, seed)
    return OnnxEngine(build(net, weights)), TorchEngine(net, weights)


def stepped(engine: Engine, text: np.ndarray) -> np.ndarray:
    """The row after the last character, stepping one by one."""
    for code in text.tolist():
        row = engine.step((0,), (code,))
    last: np.ndarray = row[0].copy()
    return last


@settings(deadline=None, max_examples=25)
@given(nets, texts, st.integers(0, 40))
def test_consuming_equals_stepping_to_the_last_bit(net: Architecture, text: np.ndarray, at: int) -> None:
    one, other = OnnxEngine(build(net, sharp(net, 1))), OnnxEngine(build(net, sharp(net, 1)))
    at = min(at, len(text) - 1)
    one.consume(text[:at])
    one.consume(text[at:-1])
    assert np.array_equal(stepped(one, text[-1:]), stepped(other, text))


@settings(deadline=None, max_examples=25)
@given(nets, texts, st.integers(0, 3))
def test_both_engines_say_the_same(net: Architecture, text: np.ndarray, seed: int) -> None:
    onnx, torch = engines(net, seed)
    # a hidden state that lies on the edge between two levels may fall to either side
    assert np.allclose(stepped(onnx, text), stepped(torch, text), atol=2e-3)


@settings(deadline=None, max_examples=15)
@given(nets, texts)
def test_consuming_equals_stepping_in_torch(net: Architecture, text: np.ndarray) -> None:
    (_, one), (_, other) = engines(net), engines(net)
    one.consume(text[:-1])
    assert np.allclose(stepped(one, text[-1:]), stepped(other, text), atol=1e-5)


@pytest.mark.parametrize("which", [0, 1], ids=["onnx", "torch"])
@pytest.mark.parametrize("net", NETS, ids=str)
def test_hypotheses_fork_from_their_parents(net: Architecture, which: int) -> None:
    engine = engines(net)[which]
    engine.step((0,), (65,))
    forked = engine.step((0, 0, 0), (66, 67, 68)).copy()
    assert forked.shape == (3, 128)
    grandchildren = engine.step((2, 0), (69, 70)).copy()
    for row, path in ((grandchildren[0], [65, 68, 69]), (grandchildren[1], [65, 66, 70]), (forked[1], [65, 67])):
        alone = stepped(engines(net)[which], np.array(path, np.uint8))
        assert np.allclose(row, alone, atol=1e-6)
    engine.consume(np.array([71], np.uint8))  # hypothesis 0 goes on: 65 68 69 71
    engine.step((0,), (72,))
    alone = stepped(engines(net)[which], np.array([65, 68, 69, 71, 72, 73], np.uint8))
    assert np.allclose(engine.step((0,), (73,))[0], alone, atol=1e-6)


@pytest.mark.parametrize("which", [0, 1], ids=["onnx", "torch"])
def test_a_reset_engine_has_read_nothing(which: int) -> None:
    engine = engines(NETS[1])[which]
    fresh = stepped(engine, np.array([80], np.uint8))
    engine.step((0, 0), (81, 82))
    engine.reset()
    assert np.array_equal(stepped(engine, np.array([80], np.uint8)), fresh)


@settings(deadline=None, max_examples=10)
@given(nets, texts)
def test_rows_are_distributions(net: Architecture, text: np.ndarray) -> None:
    for engine in engines(net):
        row = stepped(engine, text)
        assert row.dtype == np.float32
        assert row.min() >= 0
        assert abs(row.sum() - 1) < 1e-5


def test_int8_weights_and_rounded_states_stay_close_to_the_plain_network() -> None:
    net = Architecture(2, 64)
    weights = sharp(net, 3)
    onnx = OnnxEngine(build(net, weights))
    text = np.random.default_rng(0).integers(32, 127, 200).astype(np.uint8)
    divergence = 0.0
    for code, plain in zip(text.tolist(), unrounded(weights, net, text), strict=True):
        row = onnx.step((0,), (code,))[0].astype(float)
        divergence += float((plain * np.log(plain / row)).sum()) / len(text)
    assert 0 <= divergence < 1e-2  # these random weights are far sharper than trained ones


def unrounded(weights: Weights, net: Architecture, text: np.ndarray) -> list[np.ndarray]:
    """The paper's network in float64, written out."""

    def w(name: str) -> np.ndarray:
        return np.asarray(weights[name] * weights[f"{name}.scale"].astype(float)[:, None])

    h, c = np.zeros((net.layers, net.hidden)), np.zeros((net.layers, net.hidden))
    rows = []
    for code in text.tolist():
        for layer in range(net.layers):
            if layer == 0:
                z = w("layer0.wx")[:, code] + w("layer0.wh") @ h[0]
            else:
                z = w(f"layer{layer}.w") @ np.concatenate([h[layer - 1], h[layer]])
            z = z + weights[f"layer{layer}.bias"]
            i, f, g, o = np.split(z, 4)
            c[layer] = c[layer] / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            h[layer] = np.tanh(c[layer]) / (1 + np.exp(-o))
        y = w("output.weight") @ h[-1] + weights["output.bias"]
        rows.append(np.exp(y - y.max()) / np.exp(y - y.max()).sum())
    return rows


def test_a_graph_is_built_once_for_the_same_weights(tmp_path: Path) -> None:
    style = random_style(tmp_path / "styles", "alpha")
    path = cached(style, tmp_path / "cache")
    changed = path.stat().st_mtime_ns
    assert cached(style, tmp_path / "cache").stat().st_mtime_ns == changed
    assert cached(random_style(tmp_path / "styles", "beta", seed=9), tmp_path / "cache") != path
    assert OnnxEngine(path).step((0,), (10,)).shape == (1, 128)
