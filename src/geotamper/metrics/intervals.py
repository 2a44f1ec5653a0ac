"""How far a measured number can be trusted: intervals for proportions, means and medians."""

import statistics
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError

FloatArray = npt.NDArray[np.float64]
Statistic = Literal["mean", "median"]


@dataclass(frozen=True)
class Interval:
    """Two ends that enclose the true value with a stated confidence.

    Attributes:
        low: Lower end.
        high: Upper end.
    """

    low: float
    high: float


@dataclass(frozen=True)
class Resampling:
    """How a bootstrap draws.

    Attributes:
        confidence: Share of intervals that enclose the true value, between 0 and 1.
        resamples: Number of drawn samples, at least 1.
        seed: Same seed, same interval.
    """

    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        _check_confidence(self.confidence)
        if self.resamples < 1:
            raise SpecificationError(f"resamples must be at least 1, got {self.resamples}")


def wilson_interval(successes: int, total: int, *, confidence: float = 0.95) -> Interval:
    """Interval of a proportion by Wilson's score method.

    Unlike the textbook interval it stays inside 0 to 1 and is of use at 0 and at all successes, which is
    where rates of false alarms live.

    Args:
        successes: Cases that count, 0 to `total`.
        total: All cases; with none nothing is known and the interval is 0 to 1.
        confidence: Between 0 and 1.

    Returns:
        The ends, fractions.

    Raises:
        SpecificationError: The counts or the confidence make no sense.
    """
    _check_confidence(confidence)
    if not 0 <= successes <= total:
        raise SpecificationError(f"successes must lie between 0 and total, got {successes} of {total}")
    if total == 0:
        return Interval(0.0, 1.0)
    z = statistics.NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / total
    shrink = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / shrink
    half = z / shrink * (share * (1 - share) / total + z * z / (4 * total * total)) ** 0.5
    # Rounding must not push the ends past the share that was measured.
    return Interval(min(max(0.0, centre - half), share), max(min(1.0, centre + half), share))


def bootstrap_interval(
    values: npt.ArrayLike,
    *,
    statistic: Statistic = "mean",
    groups: Sequence[Hashable] | None = None,
    resampling: Resampling | None = None,
) -> Interval:
    """Percentile bootstrap interval of a mean or a median.

    Values of one picture, or of pictures that show the same ground, are not independent. Given their
    `groups`, whole groups are drawn with replacement (cluster bootstrap) and the statistic is taken over all
    values of the drawn groups.

    Args:
        values: (N,) numbers, N >= 1; booleans count as 0 and 1.
        statistic: What the interval is for.
        groups: N labels, or None when the values are independent.
        resampling: Confidence, number of samples and seed.

    Returns:
        The ends, in the unit of the values.

    Raises:
        SpecificationError: No values, values that are not finite, or labels that do not match them.
    """
    resampling = resampling or Resampling()
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or numbers.size == 0 or not np.isfinite(numbers).all():
        raise SpecificationError(
            f"a bootstrap needs one row of finite numbers, got an array of shape {numbers.shape}; "
            "leave out missing values first"
        )
    clusters = _clusters(numbers, groups)
    rng = np.random.default_rng(resampling.seed)
    draws = (rng.integers(0, len(clusters), len(clusters)) for _ in range(resampling.resamples))
    if statistic == "mean":
        sums = np.array([cluster.sum() for cluster in clusters])
        counts = np.array([cluster.size for cluster in clusters])
        found = [float(sums[draw].sum() / counts[draw].sum()) for draw in draws]
    else:
        found = [float(np.median(np.concatenate([clusters[i] for i in draw]))) for draw in draws]
    tail = (1 - resampling.confidence) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _clusters(numbers: FloatArray, groups: Sequence[Hashable] | None) -> list[FloatArray]:
    if groups is None:
        return list(numbers.reshape(-1, 1))
    if len(groups) != numbers.size:
        raise SpecificationError(f"expected one group label per value, got {len(groups)} for {numbers.size}")
    members: dict[Hashable, list[int]] = {}
    for index, label in enumerate(groups):
        members.setdefault(label, []).append(index)
    return [numbers[indices] for indices in members.values()]


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise SpecificationError(f"confidence must lie between 0 and 1, for example 0.95, got {confidence}")
