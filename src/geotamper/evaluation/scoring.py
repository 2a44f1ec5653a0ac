"""From single pictures to the metrics file; all definitions are those of `geotamper.metrics`."""

import hashlib
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geotamper._version import __version__
from geotamper.evaluation.document import (
    Ends,
    ImageLevelEntry,
    LatencyEntry,
    LocalisationEntry,
    MetricsDocument,
    OverlapEntry,
    TransformEntry,
    TypeEntry,
    Unavailable,
    WithinTypeEntry,
)
from geotamper.evaluation.examinee import is_of_other_type
from geotamper.evaluation.intervals import accuracy_intervals
from geotamper.evaluation.outcomes import PictureOutcome
from geotamper.metrics import (
    AnswerMetrics,
    AnswerRecord,
    Interval,
    LocalisationMetrics,
    Overlap,
    VerdictRecord,
    answer_metrics,
    bootstrap_interval,
    expected_calibration_error,
    image_level_metrics,
    localisation_metrics,
    measured_pairs,
    transform_metrics,
    wilson_interval,
)
from geotamper.task.catalogue import QUESTION_TYPES, TYPE_NAMES, Group, TypeName


@dataclass(frozen=True)
class Subject:
    """What was evaluated on what.

    Attributes:
        model: Name of the detector.
        data: Name of the set.
        split: The fold.
        balanced: Whether the questions are those of the balanced subset.
        degrade: What happened to the pictures before they were shown; "none" for nothing.
        questions_digest: Of the questions and their answers.
        failures: Pictures that could not be evaluated.
        notes: What could not be read, in sentences.
    """

    model: str
    data: str
    split: str
    balanced: bool
    degrade: str
    questions_digest: str
    failures: int = 0
    notes: tuple[str, ...] = ()


def score(subject: Subject, outcomes: Sequence[PictureOutcome]) -> MetricsDocument:
    """All numbers of an evaluation.

    Args:
        subject: What was evaluated on what.
        outcomes: Of every picture that could be evaluated.
    """
    answers = answer_metrics(_records(outcomes), types=TYPE_NAMES)
    image_level = _image_level(outcomes)
    places = [outcome for outcome in outcomes if outcome.localisation is not None]
    localised = localisation_metrics([o.localisation for o in places if o.localisation is not None])
    transform = _transform(places)
    return MetricsDocument(
        model=subject.model,
        data=subject.data,
        split=subject.split,
        balanced=subject.balanced,
        degrade=subject.degrade,
        images=len(outcomes),
        questions=answers.asked,
        OA=answers.overall_accuracy,
        AA=answers.average_accuracy,
        per_type=_per_type(answers),
        absent_types=tuple(name for name in TYPE_NAMES if name not in answers.per_type),
        per_group=_per_group(answers),
        within_type=_within_type(outcomes),
        outside_type=_outside_type(outcomes),
        coverage=answers.coverage,
        image_level=image_level,
        localisation=_localisation(localised) if places else None,
        transform=transform,
        seconds_per_image=statistics.fmean(o.seconds for o in outcomes) if outcomes else None,
        latency=_latency(outcomes),
        device=outcomes[0].device if outcomes else None,
        version=__version__,
        data_sha256=_data_digest(subject, outcomes),
        confidence_intervals=dict(_intervals(outcomes, localised)),
        unavailable=tuple(_unavailable(outcomes, image_level, localised, transform)),
        failures=subject.failures,
        notes=subject.notes,
    )


def verdicts(outcomes: Sequence[PictureOutcome]) -> list[VerdictRecord]:
    """Truth, verdict and score of the pictures whose truth is known."""
    return [VerdictRecord(o.tampered, o.verdict, o.score) for o in outcomes if o.tampered is not None]


def _records(outcomes: Sequence[PictureOutcome]) -> Iterator[AnswerRecord]:
    for outcome in outcomes:
        for item in outcome.answers:
            yield AnswerRecord(item.type, item.expected, item.given, item.forced)


def _per_type(answers: AnswerMetrics) -> dict[TypeName, TypeEntry]:
    return {
        name: TypeEntry(accuracy=answers.per_type[name].accuracy, asked=answers.per_type[name].asked)
        for name in TYPE_NAMES
        if name in answers.per_type
    }


def _per_group(answers: AnswerMetrics) -> dict[Group, TypeEntry]:
    right: Counter[Group] = Counter()
    asked: Counter[Group] = Counter()
    for name, question in QUESTION_TYPES.items():
        if name in answers.per_type:
            right[question.group] += answers.per_type[name].right
            asked[question.group] += answers.per_type[name].asked
    return {group: TypeEntry(accuracy=right[group] / asked[group], asked=asked[group]) for group in asked}


def _within_type(outcomes: Sequence[PictureOutcome]) -> WithinTypeEntry | None:
    """The second column of networks; None where an answer has no such alternative."""
    given = [item for outcome in outcomes for item in outcome.answers]
    records = [
        AnswerRecord(item.type, item.expected, item.within) for item in given if item.within is not None
    ]
    if not records or len(records) < len(given):
        return None
    answers = answer_metrics(records, types=TYPE_NAMES)
    return WithinTypeEntry(
        OA=answers.overall_accuracy, AA=answers.average_accuracy, per_type=_per_type(answers)
    )


def _outside_type(outcomes: Sequence[PictureOutcome]) -> float | None:
    given = [item for outcome in outcomes for item in outcome.answers]
    if not given or any(item.within is None for item in given):
        return None
    return sum(is_of_other_type(item.given) for item in given) / len(given)


def _latency(outcomes: Sequence[PictureOutcome]) -> LatencyEntry | None:
    if not outcomes:
        return None
    seconds = sorted(outcome.seconds for outcome in outcomes)
    return LatencyEntry(
        median=statistics.median(seconds), p95=seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
    )


def _image_level(outcomes: Sequence[PictureOutcome]) -> ImageLevelEntry:
    known = verdicts(outcomes)
    found = image_level_metrics(known)
    return ImageLevelEntry(
        accuracy=found.accuracy,
        false_alarm_rate=found.false_alarm_rate,
        recall=found.recall,
        auc=found.auc,
        abstention_rate=found.abstention_rate,
        ece=expected_calibration_error([r.score for r in known], [r.tampered for r in known]),
    )


def _localisation(found: LocalisationMetrics) -> LocalisationEntry:
    def entry(overlap: Overlap | None) -> OverlapEntry | None:
        return None if overlap is None else OverlapEntry(iou=overlap.iou, f1=overlap.f1)

    return LocalisationEntry(
        found_rate=found.found_rate,
        swap_rate=found.swap_rate,
        source=entry(found.source),
        target=entry(found.target),
        union=entry(found.union),
        blur_found_rate=found.blur_found_rate,
    )


def _transform(places: Sequence[PictureOutcome]) -> TransformEntry | None:
    pairs = measured_pairs(
        [o.localisation for o in places if o.localisation is not None], [o.transform for o in places]
    )
    found = transform_metrics(pairs)
    if found is None:
        return None
    return TransformEntry(
        rotation_median_deg=found.rotation_median_deg,
        rotation_mae_deg=found.rotation_mae_deg,
        scale_median=found.scale_median,
        scale_mae=found.scale_mae,
    )


def _data_digest(subject: Subject, outcomes: Sequence[PictureOutcome]) -> str:
    """Of questions, pictures and masks: the same for one set in either layout, wherever it lies."""
    digest = hashlib.sha256(subject.questions_digest.encode())
    for outcome in sorted(outcomes, key=lambda o: o.picture):
        digest.update(f"{outcome.picture} {outcome.digest}\n".encode())
    return digest.hexdigest()


def _intervals(
    outcomes: Sequence[PictureOutcome], localised: LocalisationMetrics
) -> Iterator[tuple[str, Ends]]:
    """95 % intervals by the name of the number; a number without cases has none."""
    accuracies = accuracy_intervals(outcomes)
    if accuracies is not None:
        yield "OA", _ends(accuracies.overall)
        yield "AA", _ends(accuracies.average)
        for name, interval in accuracies.per_type.items():
            yield f"per_type.{name}", _ends(interval)
    level = image_level_metrics(verdicts(outcomes))
    for name, count, total in (
        ("image_level.accuracy", level.right, level.pictures),
        ("image_level.false_alarm_rate", level.untouched_called, level.untouched),
        ("image_level.recall", level.forged_called, level.forged),
        ("image_level.abstention_rate", level.abstained, level.pictures),
        ("localisation.found_rate", localised.found, localised.copy_moves),
        ("localisation.swap_rate", localised.exchanged, localised.found),
        ("localisation.blur_found_rate", localised.blurs_found, localised.blurs),
    ):
        if total:
            yield name, _ends(wilson_interval(count, total))
    places = [(o, o.localisation) for o in outcomes if o.localisation is not None]
    groups = [outcome.group for outcome, _ in places]
    for name in ("source", "target", "union"):
        if places:
            values = [getattr(place, name).iou for _, place in places]
            yield f"localisation.{name}.iou", _ends(bootstrap_interval(values, groups=groups))
    pairs = measured_pairs([place for _, place in places], [outcome.transform for outcome, _ in places])
    if pairs:
        turns, scales = [pair.rotation_error_deg for pair in pairs], [pair.scale_error for pair in pairs]
        yield "transform.rotation_median_deg", _ends(bootstrap_interval(turns, statistic="median"))
        yield "transform.scale_median", _ends(bootstrap_interval(scales, statistic="median"))


def _ends(interval: Interval) -> Ends:
    return interval.low, interval.high


def _unavailable(
    outcomes: Sequence[PictureOutcome],
    level: ImageLevelEntry,
    localised: LocalisationMetrics,
    transform: TransformEntry | None,
) -> Iterator[Unavailable]:
    """What is null or lacks pictures, and why."""
    gaps = Counter(gap for outcome in outcomes for gap in outcome.gaps.items())
    for (lacking, reason), count in sorted(gaps.items()):
        yield Unavailable(field=lacking, reason=reason, pictures=count)
    for field, value, reason in (
        ("image_level.false_alarm_rate", level.false_alarm_rate, "no untouched pictures were asked about"),
        ("image_level.recall", level.recall, "no tampered pictures were asked about"),
        ("image_level.auc", level.auc, "it takes tampered and untouched pictures"),
        (
            "localisation.found_rate",
            localised.found_rate,
            "no copy-move pictures with masks were asked about",
        ),
        ("localisation.swap_rate", localised.swap_rate, "no copy was found"),
        ("localisation.source", localised.source, "no tampered pictures with masks were asked about"),
        ("localisation.blur_found_rate", localised.blur_found_rate, "no blurred pictures were asked about"),
        ("transform", transform, "no copy with a known transform was found in the right order"),
    ):
        if value is None:
            yield Unavailable(field=field, reason=reason)
