"""Which of two alike regions was pasted, learned from the profiles across both outlines."""

import io
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.evidence.planes import Planes
from geotamper.evidence.rims import CONTRASTS, Likeness, compare_wholes, rim_features
from geotamper.weights import DIRECTION

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

COMMON_POINTS = 100.0
"""Points of an outline at which opinions count as they are; longer outlines are surer, shorter ones less so."""


@dataclass(frozen=True, eq=False)
class RimModel:
    """A small network over the points of an outline, their mean, and a weighted sum of what the wholes say.

    Attributes:
        centre: (f,) of the point features.
        spread: (f,) of the point features.
        point_weights: (m, f, h) of m networks.
        point_bias: (m, h).
        mean_weights: (m, h, k), applied to the mean over all points.
        mean_bias: (m, k).
        opinion: (m, k).
        contrasts: (6,) weights of `compare_wholes`.
        growth: Power of the number of points with which opinions grow.
    """

    centre: Floats
    spread: Floats
    point_weights: Floats
    point_bias: Floats
    mean_weights: Floats
    mean_bias: Floats
    opinion: Floats
    contrasts: Floats
    growth: Floats

    def log_odds(self, planes: Planes, pair: Likeness) -> float:
        """Log odds of the first region having been pasted; exchanged, the sign changes.

        Args:
            planes: The picture.
            pair: Two regions of which one repeats the other.
        """
        wholes = float(self.contrasts @ compare_wholes(planes, pair))
        other = pair.exchanged
        first = rim_features(planes, pair.regions[0], pair.matrix)
        second = rim_features(planes, other.regions[0], other.matrix)
        if first is None or second is None:
            return wholes
        weight = min(len(first), len(second)) / COMMON_POINTS
        return wholes + weight ** float(self.growth) * (self._opinion(first) - self._opinion(second))

    def _opinion(self, features: FloatPlane) -> float:
        scaled = (features - self.centre) / self.spread
        opinions = []
        for number in range(len(self.opinion)):
            points = np.maximum(scaled @ self.point_weights[number] + self.point_bias[number], 0.0)
            mean = points.mean(axis=0) @ self.mean_weights[number] + self.mean_bias[number]
            opinions.append(float(np.maximum(mean, 0.0) @ self.opinion[number]))
        return float(np.mean(opinions))


def model_from(arrays: dict[str, npt.NDArray[Any]]) -> RimModel:
    """The model of named arrays.

    Raises:
        SpecificationError: An array is missing, or their shapes do not fit.
    """
    missing = [field.name for field in fields(RimModel) if field.name not in arrays]
    if missing or arrays["contrasts"].shape != (len(CONTRASTS),):
        raise SpecificationError(f"'{DIRECTION.name}' is damaged; install the package again")
    return RimModel(**{field.name: np.asarray(arrays[field.name], np.float64) for field in fields(RimModel)})


@cache
def load_model() -> RimModel:
    """The model that comes with the package.

    Raises:
        GeotamperError: The file is missing or damaged.
    """
    with np.load(io.BytesIO(DIRECTION.read()), allow_pickle=False) as content:
        return model_from({name: content[name] for name in content.files})
