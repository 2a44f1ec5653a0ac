"""From what a user names to a detector: a name, a run folder, a checkpoint folder or an ONNX file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from geotamper.detection.network_detector import NetworkDetector
from geotamper.errors import InputError, SpecificationError
from geotamper.evidence.objects.network import DEFAULT_NETWORK
from geotamper.inspection.detector import (
    DEFAULT_DETECTOR,
    DETECTORS,
    Detector,
    build_detector,
    check_detector_name,
)

RUN_FILE = "run.json"
CHECKPOINT_FILE = "model.safetensors"
WEIGHTS_OF_RUN: Mapping[str, Literal["best", "last"]] = {
    "best.safetensors": "best",
    "last.safetensors": "last",
}
"""Files of a run folder; the folder alone stands for its best weights."""


def is_network(name: str) -> bool:
    """Whether a name stands for a file or folder that may hold a trained network; names of detectors go first."""
    return name not in DETECTORS and Path(name).exists()


def check_detector_spec(name: str) -> None:
    """Refuse what is neither a detector's name nor an existing path, before anything is read.

    Raises:
        SpecificationError: With what may be given instead.
    """
    if Path(name).exists():
        return
    try:
        check_detector_name(name)
    except SpecificationError as error:
        raise SpecificationError(
            f"{error}, or the path of a trained network (run folder, checkpoint folder or ONNX file)"
        ) from error


def open_detector(
    name: str = DEFAULT_DETECTOR,
    *,
    false_alarm_rate: float = 0.01,
    workers: int = 0,
    weights: str = DEFAULT_NETWORK,
) -> Detector:
    """Build a detector by name or open a trained network.

    Args:
        name: One of `DETECTORS`, or the path of a run folder (its best weights), of the weights in it
            (RUN/last.safetensors), of a checkpoint folder or of an ONNX file.
        false_alarm_rate: As for `build_detector`; networks have none.
        workers: As for `build_detector`; networks use the threads of their library.
        weights: As for `build_detector`; trained networks have their own.

    Raises:
        SpecificationError: Nothing has this name, or a rate is out of range.
        InputError: The path holds no network, or a damaged one.
        MissingLibraryError: PyTorch or ONNX Runtime is not installed.
    """
    if name in DETECTORS:
        return build_detector(name, false_alarm_rate=false_alarm_rate, workers=workers, weights=weights)
    check_detector_spec(name)
    return open_network(Path(name))


def open_network(path: Path) -> NetworkDetector:
    """Open a trained network.

    Args:
        path: A run folder, weights in it, a checkpoint folder or an ONNX file.

    Raises:
        InputError: The path holds none, or a damaged one.
        MissingLibraryError: PyTorch or ONNX Runtime is not installed.
    """
    if path.is_file() and path.suffix.lower() == ".onnx":
        from geotamper.detection.onnx_predictor import OnnxPredictor

        return NetworkDetector(OnnxPredictor(path))
    if (path / RUN_FILE).is_file():
        from geotamper.detection.torch_predictor import open_run_predictor

        return NetworkDetector(open_run_predictor(path))
    if path.name in WEIGHTS_OF_RUN and (path.parent / RUN_FILE).is_file():
        from geotamper.detection.torch_predictor import open_run_predictor

        return NetworkDetector(open_run_predictor(path.parent, WEIGHTS_OF_RUN[path.name]))
    if (path / CHECKPOINT_FILE).is_file():
        from geotamper.detection.checkpoints import open_checkpoint_predictor

        return NetworkDetector(open_checkpoint_predictor(path))
    raise InputError(
        f"'{path}' holds no trained network; expected a run folder ({RUN_FILE}), a checkpoint folder "
        f"({CHECKPOINT_FILE}, config.json) or an .onnx file of 'geotamper export'"
    )
