"""Reports as rows of a CSV table, one row per input."""

import csv
import io
from collections.abc import Sequence

from geotamper.inspection.report import ErrorLine, InspectionReport, Region

COLUMNS = (
    "path",
    "tampered",
    "kind",
    "score",
    "confidence",
    "findings",
    "rotation_deg",
    "scale",
    "source_bbox",
    "target_bbox",
    "object_class",
    "error",
)
"""Boxes are "x0 y0 x1 y1" in pixels; they and the transform belong to the primary finding. An open verdict
leaves `tampered` and `kind` empty."""


def header_row() -> str:
    """The first line of the table, line end included."""
    return _line(COLUMNS)


def report_row(report: InspectionReport) -> str:
    """The line of one inspected picture."""
    verdict = report.verdict
    chosen = report.run.parameters.get("finding")
    primary = next((entry for entry in report.findings if chosen in (None, entry.id)), None)
    transform = primary.transform if primary else None
    object_class = primary.object_class if primary else None
    return _line(
        (
            report.image.path,
            "" if verdict.tampered is None else str(verdict.tampered).lower(),
            verdict.kind or "",
            f"{verdict.score:.4f}",
            f"{verdict.confidence:.4f}",
            str(len(report.findings)),
            f"{transform.rotation_deg:.4f}" if transform else "",
            f"{transform.scale:.5f}" if transform else "",
            _box(primary.source if primary else None),
            _box(primary.target if primary else None),
            object_class.label if object_class else "",
            "",
        )
    )


def error_row(error: ErrorLine) -> str:
    """The line of an input that could not be inspected."""
    return _line((error.path, *[""] * (len(COLUMNS) - 2), error.error))


def _box(region: Region | None) -> str:
    return "" if region is None else " ".join(map(str, region.bbox))


def _line(values: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()
