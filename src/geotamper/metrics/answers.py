"""How many questions were answered rightly.

A detector that is evaluated answers every question; where it would abstain it gives its most probable guess
and marks the answer as forced.
"""

import statistics
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from geotamper.errors import SpecificationError


@dataclass(frozen=True)
class AnswerRecord:
    """One question, the right answer and the one that was given.

    Attributes:
        type: Name of the question type.
        expected: The right answer.
        given: The detector's answer; right only when it is the same string.
        forced: That the detector would rather have abstained.
    """

    type: str
    expected: str
    given: str
    forced: bool = False


@dataclass(frozen=True)
class TypeAccuracy:
    """Accuracy of one question type.

    Attributes:
        right: Questions answered rightly.
        asked: All questions of the type, at least 1.
    """

    right: int
    asked: int

    @property
    def accuracy(self) -> float:
        """Right over asked."""
        return self.right / self.asked


@dataclass(frozen=True)
class AnswerMetrics:
    """Accuracy over a set; fractions, None where nothing was asked.

    Attributes:
        per_type: Accuracy of each type that was asked, in catalogue order.
        absent_types: Types of the catalogue that were not asked, in catalogue order.
        forced: Questions on which the detector had to guess.
    """

    per_type: dict[str, TypeAccuracy]
    absent_types: tuple[str, ...]
    forced: int

    @property
    def asked(self) -> int:
        """Number of questions."""
        return sum(score.asked for score in self.per_type.values())

    @property
    def overall_accuracy(self) -> float | None:
        """OA: right over asked, over all questions."""
        right = sum(score.right for score in self.per_type.values())
        return right / self.asked if self.asked else None

    @property
    def average_accuracy(self) -> float | None:
        """AA: plain mean of the accuracies of the types that were asked."""
        if not self.per_type:
            return None
        return statistics.fmean(score.accuracy for score in self.per_type.values())

    @property
    def coverage(self) -> float | None:
        """Share of the questions answered without forcing."""
        return 1 - self.forced / self.asked if self.asked else None


def answer_metrics(records: Iterable[AnswerRecord], *, types: Collection[str]) -> AnswerMetrics:
    """Score answers.

    Args:
        records: The questions, each with both answers; read once, so a stream of millions will do.
        types: The catalogue's type names, in order.

    Raises:
        SpecificationError: A record has a type outside the catalogue.
    """
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    forced = 0
    for record in records:
        asked[record.type] += 1
        right[record.type] += record.given == record.expected
        forced += record.forced
    unknown = sorted(set(asked) - set(types))
    if unknown:
        raise SpecificationError(
            f"question types {', '.join(unknown)} are not in the catalogue ({', '.join(types)}); "
            "score the set with the catalogue it was made for"
        )
    return AnswerMetrics(
        per_type={name: TypeAccuracy(right[name], asked[name]) for name in types if asked[name]},
        absent_types=tuple(name for name in types if not asked[name]),
        forced=forced,
    )
