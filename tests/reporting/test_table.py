import csv
import io
from collections.abc import Callable
from dataclasses import replace

from geotamper.evidence.results import CopyEvidence
from geotamper.imagery.picture import Picture
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import ErrorLine, InspectionReport
from geotamper.reporting.table import COLUMNS, error_row, header_row, report_row

Judge = Callable[..., Findings]
ReportOf = Callable[..., InspectionReport]


def read(*rows: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(header_row() + "".join(rows))))


def test_report_row_of_a_copy(judged: Judge, report_of: ReportOf, picture: Picture) -> None:
    findings = replace(judged(), picture=replace(picture, path='a,"b".png'))
    (row,) = read(report_row(report_of(findings)))
    assert row["path"] == 'a,"b".png'
    assert (row["tampered"], row["kind"], row["score"], row["findings"]) == (
        "true",
        "copy-move",
        "0.9800",
        "1",
    )
    assert (row["rotation_deg"], row["scale"]) == ("30.0000", "1.20000")
    assert row["source_bbox"] == "26 76 54 104"
    assert (row["object_class"], row["error"]) == ("", "")


def test_report_row_of_untouched_and_open(
    judged: Judge, report_of: ReportOf, make_copy: Callable[..., CopyEvidence]
) -> None:
    clean, undecided = read(
        report_row(report_of(judged(copies=()))),
        report_row(report_of(judged(undecided=(make_copy(probability=0.4),)))),
    )
    assert (clean["tampered"], clean["kind"], clean["target_bbox"]) == ("false", "none", "")
    assert (undecided["tampered"], undecided["kind"]) == ("", "")


def test_report_row_follows_the_chosen_finding(
    judged: Judge, report_of: ReportOf, make_copy: Callable[..., CopyEvidence]
) -> None:
    plain = make_copy()
    back = make_copy(source=plain.target, target=plain.source, probability=0.9)
    (row,) = read(report_row(report_of(judged(copies=(plain, back)), finding=2)))
    assert row["target_bbox"] == "26 76 54 104"


def test_error_row_has_path_and_error_only() -> None:
    (row,) = read(error_row(ErrorLine.of("x.png", "it is broken")))
    assert {key: value for key, value in row.items() if value} == {"path": "x.png", "error": "it is broken"}
    assert tuple(row) == COLUMNS
