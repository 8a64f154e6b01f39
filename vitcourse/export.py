"""Take a model out of torch: ONNX, ONNX Runtime, OpenVINO, and weights in eight bits.

Taught in lesson 12.
"""

import contextlib
import copy
import io
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from vitcourse.arrays import AnyArray, to_numpy

# ONNX Runtime and OpenVINO would report to their makers, the first as soon as it is imported. Not from here.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
sys.modules.setdefault("openvino_telemetry", None)

import onnxruntime  # noqa: E402
from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: E402


class _Logits(nn.Module):
    """A model that gives a plain tensor, as an exported graph must."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return self.model(pixel_values=pixel_values).logits


_PRECISIONS = {"fp32": "f32", "bf16": "bf16"}
_ANY_BATCH = {"pixel_values": {0: torch.export.Dim("batch")}}


def _example(model: nn.Module) -> torch.Tensor:
    if hasattr(model.config, "pretrained_cfg"):  # a timm network
        _, height, width = model.config.pretrained_cfg["input_size"]
    else:
        size = model.config.image_size
        height, width = size if isinstance(size, tuple | list) else (size, size)
    # torch takes a batch of 1 for a constant
    return torch.zeros(2, 3, height, width, device=next(model.parameters()).device)


def to_onnx(model: nn.Module, file: str | Path) -> Path:
    """Write a model as an ONNX file that takes `pixel_values` and gives `logits`, for any batch size.

    Args:
        model: Takes `pixel_values` (B, 3, H, W) and returns an object with `logits` (B, C).
        file: Where to; it replaces what is there once it is whole.

    Returns:
        The file.

    Taught in lesson 12.
    """
    file = Path(file)
    partial = file.with_name(f"{file.stem}.partial.onnx")
    with contextlib.redirect_stdout(io.StringIO()):  # it reports each step
        torch.onnx.export(
            _Logits(model).eval(),
            (_example(model),),
            str(partial),
            dynamo=True,
            input_names=["pixel_values"],
            output_names=["logits"],
            dynamic_shapes=_ANY_BATCH,
            external_data=False,
        )
    return partial.replace(file)


def to_int8(source: str | Path, file: str | Path) -> Path:
    """Write an ONNX file whose matrices are 8-bit whole numbers, about a third of the size.

    This is dynamic quantization: the other side of each product, the activations, is rounded to 8 bits while
    it runs, its range measured anew each time. No pictures are needed to prepare it. Each column of a matrix
    has a scale and a zero of its own, and none has a sign: signed weights overflow on older Intel processors.

    Args:
        source: A file that `to_onnx` has written.
        file: Where to.

    Taught in lesson 12.
    """
    file, graph = Path(file), onnx.load(source)
    del graph.graph.value_info[:]  # shapes noted by the exporter, which the quantizer finds contradictory
    partial = file.with_name(f"{file.stem}.partial.onnx")
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it advises a pre-processing that the exporter has done
    try:
        quantize_dynamic(
            graph,
            partial,
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
            weight_type=QuantType.QUInt8,
        )
    finally:
        root.setLevel(level)
    return partial.replace(file)


def session(file: str | Path, threads: int | None = None) -> onnxruntime.InferenceSession:
    """Open an ONNX file with ONNX Runtime, on the CPU.

    Args:
        file: What `to_onnx` or `to_int8` has written.
        threads: As many as torch uses, if left out, so that the two can be compared.

    Taught in lesson 12.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or torch.get_num_threads()
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def logits(running: onnxruntime.InferenceSession, pixel_values: AnyArray) -> np.ndarray:
    """Run a session on `pixel_values` (B, 3, H, W) and return the logits (B, C).

    Taught in lesson 12.
    """
    return running.run(["logits"], {"pixel_values": to_numpy(pixel_values)})[0]


def to_openvino(model: nn.Module, precision: str = "fp32") -> Callable[[torch.Tensor], torch.Tensor]:
    """Compile a model for this processor with OpenVINO: the same weights and answers, in less time an image.

    It takes some seconds. Whole blocks become one piece of machine code each, so that a tensor between two
    operations need not travel to memory and back. An image's logits do not depend on the batch it is in.

    Args:
        model: Takes `pixel_values` (B, 3, H, W) and returns an object with `logits` (B, C). Its
            weights are copied to the CPU: what is trained later is not seen.
        precision: "fp32" or "bf16".

    Returns:
        A function from `pixel_values` (B, 3, H, W) to logits (B, C) in fp32; several threads may call it.

    Taught in lesson 12.
    """
    import openvino

    with torch.inference_mode(False), torch.no_grad():
        network = copy.deepcopy(model).cpu().eval()
        program = torch.export.export(_Logits(network), (_example(network),), dynamic_shapes=_ANY_BATCH)
    threads = torch.get_num_threads()
    settings = {"INFERENCE_PRECISION_HINT": _PRECISIONS[precision], "INFERENCE_NUM_THREADS": threads}
    runner = openvino.compile_model(openvino.convert_model(program), "CPU", settings)

    def run(pixel_values: torch.Tensor) -> torch.Tensor:
        request = runner.create_infer_request()
        return torch.from_numpy(request.infer([to_numpy(pixel_values)])[0].copy())

    return run
