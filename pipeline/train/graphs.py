"""From a torch module to an ONNX graph in eight-bit integers."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

__all__ = ["write_graph"]

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
