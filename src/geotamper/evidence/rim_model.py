"""Which of two alike regions was pasted, by coefficients that were fitted on the development tiles."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.evidence.planes import Planes
from geotamper.evidence.rims import CONTRASTS, RIM_FEATURES, Likeness, compare_wholes, rim_features
from geotamper.weights import DIRECTION

Floats = npt.NDArray[np.float64]

SCHEMA = "geotamper.direction/1"

COMMON_POINTS = 100.0
"""Points of an outline at which opinions count as they are; longer outlines are surer, shorter ones less so."""


MOST_RIM = 4.0
"""Log odds that the rims can add at most: outlines that are off by more than usual must not outweigh clear kinks."""


@dataclass(frozen=True, eq=False)
class RimModel:
    """A logistic function of what two outlines and two regions show.

    Attributes:
        rim: (166,) weights of the difference of the mean `rim_features` of both orders.
        growth: Power of the number of points with which that difference grows.
        contrasts: (7,) weights of `compare_wholes`.
    """

    rim: Floats
    growth: float
    contrasts: Floats

    def log_odds(self, planes: Planes, pair: Likeness) -> float:
        """Log odds of the first region having been pasted; exchanged, the sign changes.

        Args:
            planes: The picture.
            pair: Two regions of which one repeats the other.
        """
        wholes = float(self.contrasts @ compare_wholes(planes, pair))
        return wholes + float(bounded(self.rim @ rim_contrast(planes, pair, self.growth)))


def bounded(odds: Floats | np.floating[Any]) -> Floats | np.floating[Any]:
    """Log odds of the rims, limited to `MOST_RIM` on both sides."""
    return MOST_RIM * np.tanh(odds / MOST_RIM)


def rim_contrast(planes: Planes, pair: Likeness, growth: float) -> Floats:
    """(166,) difference of the mean rim features of both orders, zeros where an outline says nothing.

    Args:
        planes: The picture.
        pair: Two regions of which one repeats the other.
        growth: Power of the number of points, relative to 100, that it is multiplied by.
    """
    other = pair.exchanged
    first = rim_features(planes, pair.regions[0], pair.matrix)
    second = rim_features(planes, other.regions[0], other.matrix)
    if first is None or second is None:
        return np.zeros(RIM_FEATURES)
    weight = (min(len(first), len(second)) / COMMON_POINTS) ** growth
    return np.asarray(weight * (first.mean(axis=0) - second.mean(axis=0)), np.float64)


def parse_model(content: bytes) -> RimModel:
    """The model in a file of weights.

    Raises:
        SpecificationError: The file is damaged.
    """
    try:
        entry = json.loads(content)
        model = RimModel(
            np.array(entry["rim"], np.float64),
            float(entry["growth"]),
            np.array([entry["contrasts"][name] for name in CONTRASTS], np.float64),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise SpecificationError(f"'{DIRECTION.name}' is damaged; install the package again") from error
    if entry["schema"] != SCHEMA or model.rim.shape != (RIM_FEATURES,):
        raise SpecificationError(f"'{DIRECTION.name}' is damaged; install the package again")
    return model


@cache
def load_model() -> RimModel:
    """The model that comes with the package.

    Raises:
        GeotamperError: The file is missing or damaged.
    """
    return parse_model(DIRECTION.read())
