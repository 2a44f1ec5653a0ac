"""Small networks as ONNX files that ONNX Runtime reads without PyTorch."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from geotamper.errors import MissingLibraryError

if TYPE_CHECKING:
    import onnx

OPSET = 18

_ROUNDED_FROM = 1000
"""Numbers of a tensor from which it is stored in half precision."""


def export(
    module: nn.Module, example: tuple[Tensor, ...], path: Path, names: tuple[list[str], list[str]]
) -> None:
    """Write a module as ONNX with any number of inputs at a time, large tensors in half precision.

    Args:
        module: In any mode; put into evaluation.
        example: Inputs of at least two examples.
        path: Of the file.
        names: Of inputs and outputs.

    Raises:
        MissingLibraryError: The packages that write ONNX are not installed.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 - the exporter of torch needs it
    except ImportError as error:
        raise MissingLibraryError(
            f"writing a network needs {error.name}; install with: python -m pip install 'geotamper[train,export]'"
        ) from error
    count = torch.export.Dim("count", min=1)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of the exporter, about its own future
        program = torch.onnx.export(
            module.eval(),
            example,
            dynamo=True,
            opset_version=OPSET,
            input_names=names[0],
            output_names=names[1],
            dynamic_shapes=tuple({0: count} for _ in example),
            verbose=False,
        )
    if program is None:
        raise RuntimeError("PyTorch exported nothing")
    model = program.model_proto
    _halve(model)
    del model.metadata_props[:]
    for node in model.graph.node:  # names of source files and their lines
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _halve(model: "onnx.ModelProto") -> None:
    """Store large tensors as float16; the graph casts them back, once, when it is read."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        values: npt.NDArray[np.float32] = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < _ROUNDED_FROM:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
