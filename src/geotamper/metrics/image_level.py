"""How reliable the verdict on a whole picture is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError


@dataclass(frozen=True)
class VerdictRecord:
    """The truth about a picture and what a detector said.

    Attributes:
        tampered: The truth.
        verdict: The detector's verdict; None when it abstained.
        score: The detector's P(tampered), 0 to 1.
    """

    tampered: bool
    verdict: bool | None
    score: float


@dataclass(frozen=True)
class ImageLevelMetrics:
    """Counts of verdicts over a set; rates are fractions, None where there was no such picture.

    An abstention is never right and never an alarm: it lowers accuracy and recall and leaves the false alarm
    rate alone. Read those beside the abstention rate.

    Attributes:
        forged: Tampered pictures.
        forged_called: Of these, called tampered.
        untouched: Pictures that nobody tampered with.
        untouched_called: Of these, called tampered.
        right: Pictures with the right verdict.
        abstained: Pictures without a verdict.
        auc: Probability that a tampered picture scores higher than an untouched one, ties counting half; None
            unless the set has both.
    """

    forged: int
    forged_called: int
    untouched: int
    untouched_called: int
    right: int
    abstained: int
    auc: float | None

    @property
    def pictures(self) -> int:
        """All pictures."""
        return self.forged + self.untouched

    @property
    def accuracy(self) -> float | None:
        """Right verdicts over all pictures."""
        return self.right / self.pictures if self.pictures else None

    @property
    def false_alarm_rate(self) -> float | None:
        """Untouched pictures called tampered over all untouched ones."""
        return self.untouched_called / self.untouched if self.untouched else None

    @property
    def recall(self) -> float | None:
        """Tampered pictures called tampered over all tampered ones."""
        return self.forged_called / self.forged if self.forged else None

    @property
    def abstention_rate(self) -> float | None:
        """Pictures without a verdict over all pictures."""
        return self.abstained / self.pictures if self.pictures else None


def image_level_metrics(records: Sequence[VerdictRecord]) -> ImageLevelMetrics:
    """Score verdicts.

    Raises:
        SpecificationError: A score is not a number.
    """
    forged = [record for record in records if record.tampered]
    untouched = [record for record in records if not record.tampered]
    auc = None
    if forged and untouched:
        auc = area_under_curve([record.score for record in forged], [record.score for record in untouched])
    return ImageLevelMetrics(
        forged=len(forged),
        forged_called=sum(record.verdict is True for record in forged),
        untouched=len(untouched),
        untouched_called=sum(record.verdict is True for record in untouched),
        right=sum(record.verdict is record.tampered for record in records),
        abstained=sum(record.verdict is None for record in records),
        auc=auc,
    )


def area_under_curve(positive: npt.ArrayLike, negative: npt.ArrayLike) -> float:
    """Area under the ROC curve: the chance that a positive outranks a negative, ties counting half.

    Args:
        positive: (N,) scores of the cases that should score high, N >= 1.
        negative: (M,) scores of the others, M >= 1.

    Returns:
        0 to 1; 0.5 for scores that say nothing.

    Raises:
        SpecificationError: One side is empty, or a score is not a number.
    """
    high, low = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    if high.size == 0 or low.size == 0 or np.isnan(high).any() or np.isnan(low).any():
        raise SpecificationError(
            f"a ROC curve needs scores of both kinds that are numbers, got {high.size} and {low.size} scores"
        )
    low = np.sort(low)
    below = np.searchsorted(low, high, side="left")
    not_above = np.searchsorted(low, high, side="right")
    return float((below + not_above).sum() / (2 * high.size * low.size))
