"""Packaged networks, opened by ONNX Runtime on the CPU."""

from functools import cache
from typing import TYPE_CHECKING

from geotamper.errors import GeotamperError, MissingLibraryError
from geotamper.weights import PackagedWeights

if TYPE_CHECKING:
    import onnxruntime


@cache
def open_session(weights: PackagedWeights, purpose: str) -> "onnxruntime.InferenceSession":
    """One session per process and file; a single thread, so that the same picture gives the same bits.

    Args:
        weights: A packaged network.
        purpose: What it does, as the start of a sentence.

    Raises:
        MissingLibraryError: ONNX Runtime is not installed.
        GeotamperError: The packaged weights are missing or damaged.
    """
    try:
        import onnxruntime
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf
    except ImportError as error:
        raise MissingLibraryError(
            f"{purpose} needs ONNX Runtime, a part of every installation of geotamper; "
            "install it with 'pip install onnxruntime'"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(weights.read(), options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidGraph, InvalidProtobuf) as error:
        raise GeotamperError(
            f"the packaged weights '{weights.name}' are damaged ({str(error)[:100]}); install geotamper again"
        ) from error
