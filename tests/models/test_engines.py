"""The property that makes a skipped style exact, and the two engines that play the same."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.architecture import Architecture
from models.engines import Engine, load
from models.engines.graph import build, cached, multiplies_signed
from models.engines.onnx_engine import OnnxEngine
from models.engines.torch_engine import TorchEngine
from models.package import Weights, random_weights, read_weights
from tests.conftest import random_style

NETS = [Architecture(1, 32), Architecture(2, 24), Architecture(3, 16)]

texts = st.lists(st.integers(0, 127), min_size=1, max_size=40).map(lambda codes: np.array(codes, np.uint8))
nets = st.sampled_from(NETS)


def sharp(net: Architecture, seed: int) -> Weights:
    weights = random_weights(net, seed)
    return {k: w * np.float32(5) if k.endswith(".scale") else w for k, w in weights.items()}


DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here"))]
KINDS = ["onnx", *DEVICES]


def make(kind: str, net: Architecture, seed: int = 0) -> Engine:
    """ONNX Runtime's engine, or torch's on a device."""
    weights = sharp(net, seed)
    return OnnxEngine(build(net, weights)) if kind == "onnx" else TorchEngine(net, weights, kind)


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


@pytest.mark.skipif(not multiplies_signed(), reason="this processor saturates sums of signed products")
@settings(deadline=None, max_examples=25)
@given(nets, texts, st.integers(1, 12))
def test_signed_and_unsigned_weights_say_the_same_to_the_last_bit(
    net: Architecture, text: np.ndarray, hypotheses: int
) -> None:
    one, other = (OnnxEngine(build(net, sharp(net, 1), signed)) for signed in (True, False))
    one.consume(text)
    other.consume(text)
    chars = (text[-1] + np.arange(hypotheses)) % 128
    rows = one.step((0,) * hypotheses, chars.tolist())
    assert np.array_equal(rows, other.step((0,) * hypotheses, chars.tolist()))


def test_a_graph_for_another_machine_is_one_that_every_processor_plays(tmp_path: Path) -> None:
    style = random_style(tmp_path / "styles", "alpha")
    elsewhere = cached(style, tmp_path / "cache", elsewhere=True)
    assert elsewhere.read_bytes() == build(style.architecture, style.weights())
    assert (cached(style, tmp_path / "cache") != elsewhere) == multiplies_signed()


@pytest.mark.parametrize("device", DEVICES)
@settings(deadline=None, max_examples=25)
@given(nets, texts, st.integers(0, 3))
def test_both_engines_say_the_same(device: str, net: Architecture, text: np.ndarray, seed: int) -> None:
    # a hidden state that lies on the edge between two levels may fall to either side
    assert np.allclose(stepped(make("onnx", net, seed), text), stepped(make(device, net, seed), text), atol=2e-3)


@pytest.mark.parametrize("device", DEVICES)
@settings(deadline=None, max_examples=15)
@given(nets, texts)
def test_consuming_equals_stepping_in_torch(device: str, net: Architecture, text: np.ndarray) -> None:
    one, other = make(device, net), make(device, net)
    one.consume(text[:-1])
    assert np.allclose(stepped(one, text[-1:]), stepped(other, text), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("net", NETS, ids=str)
def test_hypotheses_fork_from_their_parents(net: Architecture, kind: str) -> None:
    engine = make(kind, net)
    engine.step((0,), (65,))
    forked = engine.step((0, 0, 0), (66, 67, 68)).copy()
    assert forked.shape == (3, 128)
    grandchildren = engine.step((2, 0), (69, 70)).copy()
    for row, path in ((grandchildren[0], [65, 68, 69]), (grandchildren[1], [65, 66, 70]), (forked[1], [65, 67])):
        alone = stepped(make(kind, net), np.array(path, np.uint8))
        assert np.allclose(row, alone, atol=1e-6)
    engine.consume(np.array([71], np.uint8))  # hypothesis 0 goes on: 65 68 69 71
    engine.step((0,), (72,))
    alone = stepped(make(kind, net), np.array([65, 68, 69, 71, 72, 73], np.uint8))
    assert np.allclose(engine.step((0,), (73,))[0], alone, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("net", NETS, ids=str)
def test_what_was_kept_is_gone_back_to_whatever_happened_since(net: Architecture, kind: str) -> None:
    engine = make(kind, net)
    engine.step((0,), (65,))
    text = engine.keep()
    rows = engine.step((0, 0, 0), (66, 67, 68)).copy()
    first = engine.keep()
    engine.step((2, 0, 1), (69, 70, 71))
    engine.step((0, 0, 2), (72, 73, 74))
    engine.back_to(first, 1)  # 65 67
    assert np.allclose(
        engine.step((0,), (75,))[0], stepped(make(kind, net), np.array([65, 67, 75], np.uint8)), atol=1e-6
    )
    for hypothesis, char in ((0, 66), (2, 68)):
        engine.back_to(text, 0)
        row = engine.step((0,), (char,))[0]
        assert (
            np.array_equal(row, rows[hypothesis]) if kind == "onnx" else np.allclose(row, rows[hypothesis], atol=1e-6)
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_reset_engine_has_read_nothing(kind: str) -> None:
    engine = make(kind, NETS[1])
    fresh = stepped(engine, np.array([80], np.uint8))
    engine.step((0, 0), (81, 82))
    engine.reset()
    assert np.array_equal(stepped(engine, np.array([80], np.uint8)), fresh)


@settings(deadline=None, max_examples=10)
@given(nets, texts)
def test_rows_are_distributions(net: Architecture, text: np.ndarray) -> None:
    for kind in ("onnx", "cpu"):
        row = stepped(make(kind, net), text)
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


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_where_a_gpu_cannot_be_used_the_style_plays_on_the_processor_and_says_so(tmp_path: Path) -> None:
    style = random_style(tmp_path / "styles", "alpha", "1x32")
    engine, said = load(cached(style, tmp_path / "cache"), style.weights_path)
    assert isinstance(engine, OnnxEngine)
    assert said == f"on the processor: torch {torch.__version__} finds no GPU here"
    assert load(cached(style, tmp_path / "cache"), None)[1] == ""


def test_a_weights_file_says_its_architecture(tmp_path: Path) -> None:
    for net in NETS:
        style = random_style(tmp_path / "styles", f"net-{net}", str(net))
        weights, architecture = read_weights(style.weights_path)
        assert architecture == net
        row = stepped(TorchEngine(architecture, weights), np.array([65, 66], np.uint8))
        assert np.array_equal(row, stepped(TorchEngine(net, style.weights()), np.array([65, 66], np.uint8)))


def test_a_graph_is_built_once_for_the_same_weights(tmp_path: Path) -> None:
    style = random_style(tmp_path / "styles", "alpha")
    path = cached(style, tmp_path / "cache")
    changed = path.stat().st_mtime_ns
    assert cached(style, tmp_path / "cache").stat().st_mtime_ns == changed
    assert cached(random_style(tmp_path / "styles", "beta", seed=9), tmp_path / "cache") != path
    assert OnnxEngine(path).step((0,), (10,)).shape == (1, 128)
