"""The ONNX graph of one step, built from a style package without torch, and kept on disk by content hash.

Only this module imports onnx; a style actor loads the cached file and never needs it. Hidden states are uint8 around zero
point 128. So are weights, where ONNX Runtime's kernels saturate 16-bit sums of signed ones (AVX2); where they do not (VNNI,
AMX) weights are int8, which makes no difference to a result, none to a single hypothesis's speed, and lets eight be stepped
in 0.6 of the time.
"""

import functools
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.alphabet import CODES
from models.architecture import Architecture
from models.engines import LEVELS, keep, side_by_side
from models.package import STEEPEST, Weights
from models.paths import ENGINES

VERSION = 1  # part of the cache's file name: raise it when the graph changes


class Played(Protocol):
    """A package that can be played: a style or a monolith."""

    @property
    def architecture(self) -> Architecture: ...

    def weights(self) -> Weights: ...

    def content_hash(self) -> str: ...


def cached(style: Played, cache: Path = ENGINES, elsewhere: bool = False) -> Path:
    """The step graph of `style` as a file, built when it is not there. Raises ModelsError when it cannot be written.

    `elsewhere`: it is for another machine, whose processor is not known.
    """
    signed = not elsewhere and multiplies_signed()
    path = cache / f"{style.content_hash()[:32]}-{style.architecture}-{VERSION}{'s' * signed}.onnx"
    if path.exists():
        return path
    return keep(path, build(style.architecture, style.weights(), signed))


@functools.cache
def multiplies_signed() -> bool:
    """True when this machine's kernels multiply uint8 with int8 without saturating: tried with the largest of sums."""
    from models.engines.onnx_engine import session

    deep, wide = 2 * STEEPEST, 256
    for steepest in (STEEPEST, -STEEPEST):
        graph = _Graph(signed=True)
        graph.constant("zero_point", np.uint8(128))
        weight = np.full((wide, deep), steepest, np.int8)
        graph.matmul("h", "w", weight, np.full(wide, LEVELS, np.float32), "z")
        h = helper.make_tensor_value_info("h", TensorProto.UINT8, ["batch", deep])
        z = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", wide])
        run = session(_serialised(graph, [h], [z])).run
        for batch in (1, 2, 8, 16):
            for level in (0, 255):
                said = run(None, {"h": np.full((batch, deep), level, np.uint8)})[0]
                if not (said == np.float32(deep * steepest * (level - 128))).all():
                    return False
    return True


def build(architecture: Architecture, weights: Weights, signed: bool = False) -> bytes:
    """The serialised graph. `signed`: for a machine that `multiplies_signed`.

    Inputs `char` int64 (batch,), and for every layer `h{l}` uint8 and `c{l}` float32, both (batch, hidden). Outputs `y`
    float32 (batch, 128) and `h{l}_next`, `c{l}_next`. The symbols are the paper's; q(h) = round(h * 127) + 128.

    A monolith's has one more input: `heard`, float32 (batch, layers * 4 hidden + 128), what the styles' vectors come to at
    the weights of the moment, which is added at every layer's gates and to the output.
    """
    graph = _Graph(signed)
    hidden = architecture.hidden
    below = ""
    order = side_by_side(hidden)
    graph.constant("zero_point", np.uint8(128))
    graph.constant("level", np.float32(1 / LEVELS))
    graph.constant("gates", np.array([3 * hidden, hidden], np.int64))

    heard: list[str] = []
    if "output.voices" in weights:
        graph.constant("parts", np.array([4 * hidden] * architecture.layers + [CODES], np.int64))
        heard = graph.nodes("Split", ["heard", "parts"], architecture.layers + 1, axis=1)

    def matrix(name: str) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        return weights[name][order], weights[f"{name}.scale"][order]

    for layer in range(architecture.layers):
        bias = weights[f"layer{layer}.bias"][order]
        if layer == 0:  # a one-hot input picks a column, so the bias is already in it
            wx, scale = matrix("layer0.wx")
            graph.constant("columns", (wx * scale[:, None] + bias[:, None]).T.astype(np.float32))
            from_below = graph.node("Gather", ["columns", "char"])
            z = graph.node("Add", [graph.matmul("h0", "wh0", *matrix("layer0.wh")), from_below])
        else:
            graph.constant(f"bias{layer}", bias)
            both = graph.node("Concat", [below, f"h{layer}"], axis=1)
            z = graph.node("Add", [graph.matmul(both, f"w{layer}", *matrix(f"layer{layer}.w")), f"bias{layer}"])
        if heard:
            z = graph.node("Add", [z, heard[layer]])
        sigmoids, g = graph.nodes("Split", [z, "gates"], 2, axis=1)
        i, f, o = graph.nodes("Split", [graph.node("Sigmoid", [sigmoids])], 3, axis=1, num_outputs=3)
        written = graph.node("Mul", [i, graph.node("Tanh", [g])])
        kept = graph.node("Mul", [f, f"c{layer}"])
        c = graph.node("Add", [kept, written], f"c{layer}_next")
        h = graph.node("Mul", [o, graph.node("Tanh", [c])])
        below = graph.node("QuantizeLinear", [h, "level", "zero_point"], f"h{layer}_next")
    graph.constant("output_bias", weights["output.bias"])
    said = graph.matmul(below, "output", weights["output.weight"], weights["output.weight.scale"])
    said = graph.node("Add", [said, "output_bias"])
    graph.node("Softmax", [graph.node("Add", [said, heard[-1]]) if heard else said], "y", axis=-1)

    def value(name: str, kind: int, wide: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, ["batch", wide])

    inputs = [helper.make_tensor_value_info("char", TensorProto.INT64, ["batch"])]
    if heard:
        inputs.append(value("heard", TensorProto.FLOAT, 4 * hidden * architecture.layers + CODES))
    outputs = [value("y", TensorProto.FLOAT, CODES)]
    for layer in range(architecture.layers):
        for name, kind in ((f"h{layer}", TensorProto.UINT8), (f"c{layer}", TensorProto.FLOAT)):
            inputs.append(value(name, kind, hidden))
            outputs.append(value(f"{name}_next", kind, hidden))
    return _serialised(graph, inputs, outputs)


def _serialised(graph: "_Graph", inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> bytes:
    made = helper.make_graph(graph.made, "step", inputs, outputs, graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes in the order they run, each output named after its operator unless a name is given."""

    def __init__(self, signed: bool) -> None:
        self.made: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._signed = signed
        self.constant("zero_weight", np.int8(0) if signed else np.uint8(128))

    def constant(self, name: str, value: Any) -> None:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))

    def nodes(self, operator: str, inputs: list[str], count: int, **attributes: Any) -> list[str]:
        names = [f"{operator}{len(self.made)}_{k}" for k in range(count)]
        self.made.append(helper.make_node(operator, inputs, names, **attributes))
        return names

    def node(self, operator: str, inputs: list[str], name: str = "", **attributes: Any) -> str:
        name = name or f"{operator}{len(self.made)}"
        self.made.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def matmul(self, h: str, name: str, weight: NDArray[np.int8], scale: NDArray[np.float32], said: str = "") -> str:
        """weight @ h in whole numbers, then back to float with one scale an output."""
        around_128 = (weight.T.astype(np.int16) + 128).astype(np.uint8)
        self.constant(f"{name}.weight", weight.T if self._signed else around_128)
        self.constant(f"{name}.scale", (scale / LEVELS).astype(np.float32))
        whole = self.node("MatMulInteger", [h, f"{name}.weight", "zero_point", "zero_weight"])
        return self.node("Mul", [self.node("Cast", [whole], to=TensorProto.FLOAT), f"{name}.scale"], said)
