"""Whether a score of 0.8 means that 8 of 10 such pictures are tampered."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError

BINS = 15
"""Number of bins of equal width in which scores are compared with what is true."""


@dataclass(frozen=True)
class ReliabilityBin:
    """The pictures whose scores lie in one range.

    Attributes:
        lower: Lower end of the range, belongs to it.
        upper: Upper end, belongs to the next range, except for 1, which belongs to the last.
        count: Pictures in the range.
        mean_score: Their mean score, or None when there are none.
        observed: Share of them that is tampered, or None when there are none.
    """

    lower: float
    upper: float
    count: int
    mean_score: float | None
    observed: float | None


def reliability_curve(
    scores: npt.ArrayLike, tampered: npt.ArrayLike, *, bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """Compare scores with the truth, range by range.

    Args:
        scores: (N,) P(tampered), 0 to 1.
        tampered: (N,) bool, the truth.
        bins: Number of ranges of equal width, at least 1.

    Returns:
        One entry per range, in rising order, empty ranges included.

    Raises:
        SpecificationError: The arrays differ in length, or a score lies outside 0 to 1.
    """
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(tampered, dtype=np.bool_)
    if values.ndim != 1 or values.shape != truth.shape:
        raise SpecificationError(
            f"expected one truth per score, got shapes {values.shape} for scores and {truth.shape}"
        )
    if not ((values >= 0) & (values <= 1)).all():
        raise SpecificationError("scores must be probabilities between 0 and 1; map raw scores first")
    if bins < 1:
        raise SpecificationError(f"bins must be at least 1, got {bins}")
    edges = np.arange(bins + 1) / bins
    places = np.minimum(np.searchsorted(edges, values, side="right") - 1, bins - 1)
    curve = []
    for place in range(bins):
        inside = places == place
        count = int(np.count_nonzero(inside))
        curve.append(
            ReliabilityBin(
                lower=float(edges[place]),
                upper=float(edges[place + 1]),
                count=count,
                mean_score=float(values[inside].mean()) if count else None,
                observed=float(truth[inside].mean()) if count else None,
            )
        )
    return tuple(curve)


def expected_calibration_error(
    scores: npt.ArrayLike, tampered: npt.ArrayLike, *, bins: int = BINS
) -> float | None:
    """Mean gap between score and truth over the ranges of `reliability_curve`, weighted by their pictures.

    Args:
        scores: (N,) P(tampered), 0 to 1.
        tampered: (N,) bool, the truth.
        bins: Number of ranges of equal width.

    Returns:
        0 (a score means what it says) to 1; None without pictures.

    Raises:
        SpecificationError: As `reliability_curve`.
    """
    curve = reliability_curve(scores, tampered, bins=bins)
    total = sum(entry.count for entry in curve)
    if total == 0:
        return None
    gaps = (
        entry.count * abs(entry.mean_score - entry.observed)
        for entry in curve
        if entry.mean_score is not None and entry.observed is not None
    )
    return sum(gaps) / total
