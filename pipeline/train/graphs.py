"""From a torch module to an ONNX graph in eight-bit integers, and from the graph back to weights."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

__all__ = ["read_weights", "write_graph"]

_OPSET = 17


def write_graph(
    module: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    axes: Mapping[str, Mapping[int, str]],
    quantised: bool = True,
) -> None:
    """Trace a module over an example of its inputs and write it; `axes` names those of inputs and outputs that vary.

    Weights of matrix products and of tables are written in eight bits, unless `quantised` is false.
    """
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        # The newer exporter makes graphs that onnxruntime's quantiser leaves half in floating point.
        warnings.simplefilter("ignore")
        plain = Path(scratch) / "plain.onnx"
        torch.onnx.export(
            module.eval(),
            example,
            str(plain),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: dict(named) for name, named in axes.items()},
            opset_version=_OPSET,
            dynamo=False,
        )
        if quantised:
            # Seven bits, since processors without VNNI add two eight-bit products in sixteen bits and would overflow.
            quantize_dynamic(plain, path, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        else:
            path.write_bytes(plain.read_bytes())


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the weights of a module in a graph that `write_graph` made, by their names in torch; those in eight bits as they were rounded.

    The module is the attribute `network` of the one that was traced. Matrices have lost their names in the graph: each is told by the bias that is
    added to its product.
    """
    graph = onnx.load(str(path)).graph
    arrays = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    weights = {
        name.removesuffix(_EIGHT_BITS).removeprefix(_ROOT): _plain(name.removesuffix(_EIGHT_BITS), arrays)
        for name in arrays
        if name.startswith(_ROOT) and not name.endswith(_OF_EIGHT_BITS)
    }
    for node in graph.node:
        bias = next((name for name in node.input if name.startswith(_ROOT) and name.endswith(".bias")), None)
        if node.op_type != "Add" or bias is None:
            continue
        product = next(name for name in node.input if name != bias)
        if (matrix := _matrix_behind(product, makers, arrays)) is not None:
            weights[bias.removeprefix(_ROOT).removesuffix("bias") + "weight"] = _plain(matrix, arrays).T
    return {name: torch.from_numpy(np.array(array, order="C")) for name, array in weights.items()}


_ROOT = "network."
_EIGHT_BITS = "_quantized"
_OF_EIGHT_BITS = ("_scale", "_zero_point")


def _matrix_behind(name: str, makers: Mapping[str, onnx.NodeProto], arrays: Mapping[str, npt.NDArray[np.generic]]) -> str | None:
    """Return the name of the matrix in whose product a value was made, by no more than scaling; None where there is none."""
    node = makers.get(name)
    if node is None:
        return None
    if node.op_type in {"MatMul", "MatMulInteger"}:
        return next((one.removesuffix(_EIGHT_BITS) for one in node.input if one in arrays and not one.endswith(_OF_EIGHT_BITS)), None)
    if node.op_type not in {"Cast", "Mul"}:
        return None
    return next((found for one in node.input if (found := _matrix_behind(one, makers, arrays)) is not None), None)


def _plain(name: str, arrays: Mapping[str, npt.NDArray[np.generic]]) -> npt.NDArray[np.float32]:
    if name in arrays:
        return arrays[name].astype(np.float32)
    quantised, scale, zero = (arrays[name + end].astype(np.float32) for end in (_EIGHT_BITS, *_OF_EIGHT_BITS))
    return np.asarray((quantised - zero) * scale, np.float32)
