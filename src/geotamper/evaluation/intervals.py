"""Intervals of accuracies: whole groups of pictures are drawn, with all their questions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evaluation.outcomes import PictureOutcome
from geotamper.metrics import Interval
from geotamper.task.catalogue import TYPE_NAMES

RESAMPLES = 2000
CONFIDENCE = 0.95
DRAWN_AT_ONCE = 2_000_000
"""Groups of all samples that stand in memory together."""

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AccuracyIntervals:
    """95 % intervals of the accuracies; types that were not asked are left out."""

    overall: Interval
    average: Interval
    per_type: dict[str, Interval]


def accuracy_intervals(outcomes: Sequence[PictureOutcome], *, seed: int = 0) -> AccuracyIntervals | None:
    """Percentile bootstrap of OA, AA and the accuracy of every type; None without questions.

    Questions of one picture, and pictures that show the same ground, succeed and fail together, so groups are
    drawn (cluster bootstrap). Samples that lack a type leave it out of their AA.
    """
    right, asked = _counts(outcomes)
    if not asked.any():
        return None
    rng = np.random.default_rng(seed)
    overall, shares = np.zeros(0), np.zeros((0, len(TYPE_NAMES)))
    while len(overall) < RESAMPLES:
        weights = _draws(rng, len(asked), min(RESAMPLES - len(overall), max(1, DRAWN_AT_ONCE // len(asked))))
        drawn_right, drawn_asked = weights @ right, weights @ asked
        overall = np.append(overall, drawn_right.sum(axis=1) / drawn_asked.sum(axis=1))
        missing = np.full_like(drawn_right, np.nan)
        shares = np.vstack([shares, np.divide(drawn_right, drawn_asked, out=missing, where=drawn_asked > 0)])
    average = np.nanmean(shares, axis=1)
    types = np.flatnonzero(asked.any(axis=0)).tolist()
    return AccuracyIntervals(
        overall=_ends(overall),
        average=_ends(average),
        per_type={TYPE_NAMES[number]: _ends(shares[:, number]) for number in types},
    )


def _draws(rng: np.random.Generator, groups: int, samples: int) -> Counts:
    """(S, G): how often each group was drawn, with replacement, in each sample."""
    drawn = rng.integers(0, groups, (samples, groups)) + groups * np.arange(samples)[:, np.newaxis]
    counts = np.bincount(drawn.ravel(), minlength=samples * groups)
    return counts.reshape(samples, groups).astype(np.float64)


def _counts(outcomes: Sequence[PictureOutcome]) -> tuple[Counts, Counts]:
    """(G, T) right and asked questions of every group and type; groups without questions are left out."""
    groups: dict[str, int] = {}
    for outcome in outcomes:
        if outcome.answers:
            groups.setdefault(outcome.group, len(groups))
    right, asked = np.zeros((len(groups), len(TYPE_NAMES))), np.zeros((len(groups), len(TYPE_NAMES)))
    columns = {name: number for number, name in enumerate(TYPE_NAMES)}
    for outcome in outcomes:
        for answer in outcome.answers:
            place = groups[outcome.group], columns[answer.type]
            asked[place] += 1
            right[place] += answer.given == answer.expected
    return right, asked


def _ends(samples: Counts) -> Interval:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(samples, [tail, 1 - tail])
    return Interval(float(low), float(high))
