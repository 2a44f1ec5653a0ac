"""From measurements to log odds, by coefficients that were fitted on the development tiles."""

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from geotamper.errors import SpecificationError

WEIGHTS = "lookalikes.json"


@dataclass(frozen=True)
class Linear:
    """A weighted sum of features.

    Attributes:
        weights: By feature name.
        intercept: The sum without features.
    """

    weights: dict[str, float]
    intercept: float

    def log_odds(self, features: dict[str, float]) -> float:
        """The weighted sum.

        Raises:
            KeyError: A feature is missing.
        """
        return self.intercept + sum(weight * features[name] for name, weight in self.weights.items())


@dataclass(frozen=True)
class Scoring:
    """The fitted numbers of this package.

    Attributes:
        copy: Log odds of a pair being a copy, not genuine look-alikes.
        direction: Log odds of the first region being the pasted one.
        alarms: (rate, log odds): the share of untouched pictures whose best pair exceeds the log odds, by falling
            rate and rising log odds.
    """

    copy: Linear
    direction: Linear
    alarms: tuple[tuple[float, float], ...]

    def threshold(self, false_alarm_rate: float) -> float:
        """Log odds that untouched pictures exceed at this rate.

        Between measured rates it is interpolated over the logarithm of the rate; beyond the smallest one it is
        extrapolated along the last two.

        Args:
            false_alarm_rate: 0 to 1.
        """
        rates = np.log([rate for rate, _ in self.alarms])
        odds = np.array([value for _, value in self.alarms])
        wanted = math.log(false_alarm_rate)
        if wanted < rates[-1]:
            slope = (odds[-1] - odds[-2]) / (rates[-1] - rates[-2])
            return float(odds[-1] + slope * (wanted - rates[-1]))
        return float(np.interp(wanted, rates[::-1], odds[::-1]))


def _linear(entry: dict[str, object]) -> Linear:
    weights, intercept = entry["weights"], entry["intercept"]
    if not isinstance(weights, dict) or not isinstance(intercept, int | float):
        raise SpecificationError(f"'{WEIGHTS}' is damaged; install the package again")
    return Linear({str(name): float(value) for name, value in weights.items()}, float(intercept))


@cache
def load_scoring() -> Scoring:
    """The coefficients that come with the package.

    Raises:
        SpecificationError: The file is damaged.
    """
    content = json.loads(files("geotamper.weights").joinpath(WEIGHTS).read_text(encoding="utf-8"))
    return Scoring(
        copy=_linear(content["copy"]),
        direction=_linear(content["direction"]),
        alarms=tuple((float(rate), float(odds)) for rate, odds in content["alarms"]),
    )
