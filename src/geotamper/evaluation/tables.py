"""The accuracies of an evaluation as a table for people and for spreadsheets."""

import csv
import io
from collections.abc import Iterator

from geotamper.evaluation.document import MetricsDocument
from geotamper.task.catalogue import QUESTION_TYPES

Row = tuple[str, str, float | None, str, int]


def _rows(document: MetricsDocument) -> Iterator[Row]:
    """Name, group, accuracy, name of the interval and questions of every line."""
    for name, entry in document.per_type.items():
        yield name, QUESTION_TYPES[name].group, entry.accuracy, f"per_type.{name}", entry.asked
    yield "OA", "", document.OA, "OA", document.questions
    yield "AA", "", document.AA, "AA", document.questions


def accuracy_table(document: MetricsDocument) -> str:
    """The accuracies with their 95 % intervals, in columns of text."""
    lines = [f"{'type':<22} {'group':<12} {'right %':>8}  {'95 % interval':<15} {'asked':>8}"]
    for name, group, accuracy, interval, asked in _rows(document):
        share = "-" if accuracy is None else f"{100 * accuracy:.2f}"
        ends = document.confidence_intervals.get(interval)
        between = "" if ends is None else f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}"
        lines.append(f"{name:<22} {group:<12} {share:>8}  {between:<15} {asked:>8}")
    return "\n".join(lines)


def accuracy_csv(document: MetricsDocument) -> str:
    """The same as CSV, in fractions."""
    stream = io.StringIO()
    write = csv.writer(stream, lineterminator="\n").writerow
    write(["type", "group", "accuracy", "low", "high", "asked"])
    for name, group, accuracy, interval, asked in _rows(document):
        ends = document.confidence_intervals.get(interval, ("", ""))
        write([name, group, "" if accuracy is None else accuracy, *ends, asked])
    return stream.getvalue()


def summary_lines(document: MetricsDocument) -> list[str]:
    """What stands below the table: verdicts, masks, transform, time, and what is missing."""
    level, place, turn = document.image_level, document.localisation, document.transform
    verdicts = (
        f"verdicts: accuracy {_percent(level.accuracy)}, recall {_percent(level.recall)}, "
        f"false alarms {_percent(level.false_alarm_rate)}, undecided {_percent(level.abstention_rate)}, "
        f"AUC {_number(level.auc)}, ECE {_number(level.ece)}"
    )
    lines = [*_network_lines(document), verdicts]
    if place is not None:
        overlaps = (("source", place.source), ("target", place.target), ("union", place.union))
        parts = [f"{name} {_number(overlap.iou if overlap else None)}" for name, overlap in overlaps]
        lines.append(
            f"masks: copies found {_percent(place.found_rate)}, exchanged {_percent(place.swap_rate)}, "
            f"blurs found {_percent(place.blur_found_rate)}, mean IoU of {', '.join(parts)}"
        )
    if turn is not None:
        lines.append(
            f"transform: median error {turn.rotation_median_deg:.3f} degrees and {turn.scale_median:.5f} in scale"
        )
    lines.append(
        f"answered without forcing {_percent(document.coverage)}; "
        f"{_number(document.seconds_per_image, 2)} s per picture on {document.device or '-'}"
    )
    for gap in document.unavailable:
        count = "" if gap.pictures is None else f" ({gap.pictures} pictures)"
        lines.append(f"not available: {gap.field}: {gap.reason}{count}")
    return [*lines, *(f"note: {note}" for note in document.notes)]


def _network_lines(document: MetricsDocument) -> list[str]:
    """Of networks alone: the second way of answering."""
    within = document.within_type
    if within is None:
        return []
    line = f"most probable answer of the question's type: OA {_percent(within.OA)}, AA {_percent(within.AA)}"
    return [f"{line}; answers outside the type {_percent(document.outside_type)}"]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
