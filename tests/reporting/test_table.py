import csv
import io
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from geotamper.errors import MissingLibraryError
from geotamper.evidence.results import CopyEvidence
from geotamper.imagery.picture import Picture
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import ErrorLine, InspectionReport
from geotamper.reporting.parquet_table import parquet_table
from geotamper.reporting.table import COLUMNS, Row, csv_header, csv_line, error_row, report_row

Judge = Callable[..., Findings]
ReportOf = Callable[..., InspectionReport]


def read(*rows: Row) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_header() + "".join(map(csv_line, rows)))))


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
    assert (row["object_class"], row["error"], row["source_area_m2"]) == ("", "", "")
    assert (row["finding"], row["finding_confidence"], row["seconds"]) == ("1", "0.9800", "0.500")
    assert (row["answer_tampered"], row["answer_rotated"], row["answer_area_check"]) == ("Yes", "Yes", "")


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
    assert list(row) == list(COLUMNS)


def test_areas_are_in_square_metres_where_the_pixel_size_is_known(
    judged: Judge, report_of: ReportOf, picture: Picture
) -> None:
    findings = judged()
    source = int(findings.items[0].source.sum())
    (row,) = read(report_row(report_of(replace(findings, picture=replace(picture, pixel_area_m2=0.25)))))
    assert (row["source_area_px"], row["source_area_m2"]) == (str(source), f"{source / 4:.2f}")


def test_several_answers_to_one_type_are_joined_in_order(judged: Judge, report_of: ReportOf) -> None:
    asked = ("was it turned?", "who did it?", "was it turned?")
    (row,) = read(report_row(report_of(judged(), questions=asked)))
    assert row["answer_rotated"] == "Yes; Yes"
    assert row["answer_tampered"] == ""


def test_parquet_has_typed_columns_and_nulls(judged: Judge, report_of: ReportOf, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [report_row(report_of(judged())), error_row(ErrorLine.of("x.png", "it is broken"))]
    with parquet_table(tmp_path / "table.parquet") as add:
        for row in rows:
            add(row)
        assert not (tmp_path / "table.parquet").exists()
    table = parquet.read_table(tmp_path / "table.parquet")
    assert table.column_names == list(COLUMNS)
    types = {name: str(table.schema.field(name).type) for name in ("path", "tampered", "findings", "score")}
    assert types == {"path": "string", "tampered": "bool", "findings": "int64", "score": "double"}
    copied, failed = table.to_pylist()
    assert copied["source_bbox"] == [26, 76, 54, 104]
    assert (copied["tampered"], copied["findings"], copied["score"]) == (True, 1, rows[0]["score"])
    assert {name: value for name, value in failed.items() if value is not None} == {
        "path": "x.png",
        "error": "it is broken",
    }


def test_parquet_without_its_library_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with (
        pytest.raises(MissingLibraryError, match="geotamper\\[parquet\\]"),
        parquet_table(tmp_path / "table.parquet"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
