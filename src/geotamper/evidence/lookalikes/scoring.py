"""From measurements to log odds, by coefficients that were fitted on the development tiles."""

import json
import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from geotamper.errors import SpecificationError
from geotamper.weights import LOOKALIKES


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
        calibration: Slope and offset from the log odds of a picture's surest pair to those of it being tampered.
        alarms: (rate, log odds): the share of untouched pictures whose best pair exceeds the log odds, by falling
            rate and rising log odds.
        tail: Mean excess of the log odds over the last of these.
    """

    copy: Linear
    calibration: tuple[float, float]
    alarms: tuple[tuple[float, float], ...]
    tail: float

    def probability(self, odds: float) -> float:
        """That a pair with these log odds is a copy, where half of all pictures are tampered."""
        slope, offset = self.calibration
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, slope * odds + offset))))

    def threshold(self, false_alarm_rate: float) -> float:
        """Log odds that untouched pictures exceed at this rate.

        Between tabulated rates it is interpolated over the logarithm of the rate; below the smallest one the log odds
        fall off exponentially, as the tail of the measured pictures does.

        Args:
            false_alarm_rate: 0 to 1.
        """
        rates = np.log([rate for rate, _ in self.alarms])
        odds = np.array([value for _, value in self.alarms])
        wanted = math.log(false_alarm_rate)
        if wanted < rates[-1]:
            return float(odds[-1] + self.tail * (rates[-1] - wanted))
        return float(np.interp(wanted, rates[::-1], odds[::-1]))


def _linear(entry: dict[str, object]) -> Linear:
    weights, intercept = entry["weights"], entry["intercept"]
    if not isinstance(weights, dict) or not isinstance(intercept, int | float):
        raise SpecificationError(f"'{LOOKALIKES.name}' is damaged; install the package again")
    return Linear({str(name): float(value) for name, value in weights.items()}, float(intercept))


@cache
def load_scoring() -> Scoring:
    """The coefficients that come with the package.

    Raises:
        GeotamperError: The file is missing or damaged.
    """
    content = json.loads(LOOKALIKES.read())
    return Scoring(
        copy=_linear(content["copy"]),
        calibration=(float(content["calibration"][0]), float(content["calibration"][1])),
        alarms=tuple((float(rate), float(odds)) for rate, odds in content["alarms"]),
        tail=float(content["tail"]),
    )
