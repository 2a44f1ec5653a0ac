"""Reports as rows of a table, one row per input: the columns, their types, and CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from geotamper.inspection.report import Answer, ErrorLine, FindingEntry, InspectionReport, Region
from geotamper.task.catalogue import QUESTION_TYPES, TypeName

Value = str | bool | int | float | tuple[int, int, int, int] | None
Row = Mapping[str, Value]
"""Values by column; None where there is none."""


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes:
        type: Text, a truth value, a whole number, a number, or a box (x0, y0, x1, y1) in pixels.
        decimals: Of numbers in CSV.
    """

    type: Literal["text", "truth", "count", "number", "box"] = "text"
    decimals: int = 4


COLUMNS: Mapping[str, Column] = {
    "path": Column(),
    "sha256": Column(),
    "tampered": Column("truth"),
    "kind": Column(),
    "score": Column("number"),
    "confidence": Column("number"),
    "findings": Column("count"),
    "finding": Column("count"),
    "finding_confidence": Column("number"),
    "rotation_deg": Column("number"),
    "scale": Column("number", decimals=5),
    "source_bbox": Column("box"),
    "target_bbox": Column("box"),
    "source_area_px": Column("count"),
    "target_area_px": Column("count"),
    "source_area_m2": Column("number", decimals=2),
    "target_area_m2": Column("number", decimals=2),
    "object_class": Column(),
    "object_confidence": Column("number"),
    **{f"answer_{name}": Column() for name in QUESTION_TYPES},
    "detector": Column(),
    "version": Column(),
    "seconds": Column("number", decimals=3),
    "error": Column(),
}
"""From `finding` to `object_confidence` the columns tell of the primary finding. An open verdict leaves `tampered` and
`kind` empty, a picture without a known pixel size the areas in square metres, a question that was not asked its
answer; several answers to one type of question are joined by "; ". A failed input has `path` and `error` only."""


def report_row(report: InspectionReport) -> Row:
    """The row of one inspected picture."""
    verdict, run = report.verdict, report.run
    chosen = run.parameters.get("finding")
    primary = next((entry for entry in report.findings if chosen in (None, entry.id)), None)
    return _EMPTY | {
        "path": report.image.path,
        "sha256": report.image.sha256,
        "tampered": verdict.tampered,
        "kind": verdict.kind,
        "score": verdict.score,
        "confidence": verdict.confidence,
        "findings": len(report.findings),
        **(_finding_values(primary, report.image.pixel_area_m2) if primary else {}),
        **{f"answer_{name}": _answers(report.answers, name) for name in QUESTION_TYPES},
        "detector": run.detector,
        "version": run.version,
        "seconds": run.seconds,
    }


def error_row(error: ErrorLine) -> Row:
    """The row of an input that could not be inspected."""
    return _EMPTY | {"path": error.path, "error": error.error}


def csv_header() -> str:
    """The first line of a CSV table, line end included."""
    return _line(COLUMNS)


def csv_line(row: Row) -> str:
    """The row as a line of CSV, line end included; boxes are "x0 y0 x1 y1", truth values "true" and "false"."""
    return _line(_text(row[name], column) for name, column in COLUMNS.items())


_EMPTY: dict[str, Value] = dict.fromkeys(COLUMNS)


def _finding_values(entry: FindingEntry, pixel_area: float | None) -> dict[str, Value]:
    transform, guess = entry.transform, entry.object_class
    return {
        "finding": entry.id,
        "finding_confidence": entry.confidence,
        "rotation_deg": transform.rotation_deg if transform else None,
        "scale": transform.scale if transform else None,
        "object_class": guess.label if guess else None,
        "object_confidence": guess.confidence if guess else None,
        **_region_values("source", entry.source, pixel_area),
        **_region_values("target", entry.target, pixel_area),
    }


def _region_values(name: str, region: Region | None, pixel_area: float | None) -> dict[str, Value]:
    if region is None:
        return {}
    return {
        f"{name}_bbox": region.bbox,
        f"{name}_area_px": region.area_px,
        f"{name}_area_m2": None if pixel_area is None else region.area_px * pixel_area,
    }


def _answers(answers: Iterable[Answer], name: TypeName) -> str | None:
    return "; ".join(item.answer for item in answers if item.type == name) or None


def _text(value: Value, column: Column) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.{column.decimals}f}" if column.type == "number" else str(value)


def _line(values: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()
