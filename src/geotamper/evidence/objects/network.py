"""The class network: how sure each of the seven classes is, run by ONNX Runtime on the CPU."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

from geotamper.errors import GeotamperError, MissingLibraryError
from geotamper.evidence.objects.views import BoolMask, RegionViews, region_views
from geotamper.imagery.picture import Pixels
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass
from geotamper.weights import OBJECTS_PERMISSIVE, OBJECTS_RESEARCH, PackagedWeights

if TYPE_CHECKING:
    import onnxruntime

OTHER: Literal["other"] = "other"
"""What shows none of the seven classes."""

ClassLabel = ObjectClass | Literal["other"]

CLASS_LABELS: tuple[ClassLabel, ...] = (*OBJECT_CLASSES, OTHER)
"""In the order of the network's outputs."""

SOURCE_WEIGHT = 0.6
"""Share of the source in the mean of the two regions' log-probabilities: its surroundings are genuine, those of a copy
may be absurd. Chosen on fold val, see the card of the weights."""

ClassNetworkName = Literal["research", "permissive"]

NETWORKS: Mapping[ClassNetworkName, PackagedWeights] = MappingProxyType(
    {"research": OBJECTS_RESEARCH, "permissive": OBJECTS_PERMISSIVE}
)
"""The packaged networks, by the terms under which they may be used."""

CLASS_NETWORKS: tuple[ClassNetworkName, ...] = get_args(ClassNetworkName)

DEFAULT_NETWORK: ClassNetworkName = "research"


@dataclass(frozen=True)
class ClassShares:
    """What a region shows, as probabilities.

    Attributes:
        shares: By label, `CLASS_LABELS`; they add up to 1.
    """

    shares: Mapping[ClassLabel, float]

    @property
    def label(self) -> ClassLabel:
        """The most probable label."""
        return max(self.shares, key=self.shares.__getitem__)

    @property
    def confidence(self) -> float:
        """That `label` is right, 0 to 1."""
        return self.shares[self.label]

    @property
    def best_class(self) -> ObjectClass:
        """The most probable of the seven classes."""
        return max(OBJECT_CLASSES, key=self.shares.__getitem__)


class ObjectClassifier:
    """Tells what a forged region shows; calibrated on fold val of the development data.

    Args:
        weights: A packaged class network.
    """

    def __init__(self, weights: PackagedWeights) -> None:
        self.weights = weights

    def classify(self, pixels: Pixels, target: BoolMask, source: BoolMask | None = None) -> ClassShares:
        """The classes that a forged region may show.

        Args:
            pixels: (H, W, 3) uint8 RGB, the picture.
            target: (H, W) bool, the forged region, not empty.
            source: (H, W) bool, what was copied, not empty; None for a region without a source, such as a blur.

        Raises:
            MissingLibraryError: ONNX Runtime is not installed.
            GeotamperError: The packaged weights are missing or damaged.
        """
        regions = [target] if source is None else [target, source]
        scores = self.log_probabilities([region_views(pixels, region) for region in regions])
        return ClassShares(dict(zip(CLASS_LABELS, combine(scores).tolist(), strict=True)))

    def log_probabilities(self, views: list[RegionViews]) -> npt.NDArray[np.float32]:
        """(n, 8) float32, natural logarithms, of single regions in the order of `CLASS_LABELS`.

        Args:
            views: n regions, at least one.

        Raises:
            MissingLibraryError: ONNX Runtime is not installed.
            GeotamperError: The packaged weights are missing or damaged.
        """
        given = {
            "crops": np.stack([one.crops for one in views]),
            "shape": np.stack([one.shape for one in views]),
        }
        return np.asarray(_session(self.weights).run(None, given)[0], dtype=np.float32)


def combine(
    scores: npt.NDArray[np.floating], *, source_weight: float = SOURCE_WEIGHT
) -> npt.NDArray[np.float64]:
    """Probabilities of a finding from the log-probabilities of its regions.

    Args:
        scores: (1, 8) of the target, or (2, 8) of target and source.
        source_weight: Share of the source, 0 to 1.

    Returns:
        (8,), adding up to 1.
    """
    values = np.asarray(scores, dtype=np.float64)
    mean = values[0] if len(values) == 1 else (1 - source_weight) * values[0] + source_weight * values[1]
    powers = np.exp(mean - mean.max())
    return np.asarray(powers / powers.sum(), dtype=np.float64)


@cache
def _session(weights: PackagedWeights) -> "onnxruntime.InferenceSession":
    """One session per process and file; a single thread, so that the same picture gives the same bits."""
    try:
        import onnxruntime
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf
    except ImportError as error:
        raise MissingLibraryError(
            "telling what a region shows needs ONNX Runtime, a part of every installation of geotamper; "
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
