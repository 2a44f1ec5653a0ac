import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from geotamper.errors import OutputError
from geotamper.evidence.results import BlurEvidence
from geotamper.imagery.masks import read_mask
from geotamper.imagery.picture import Picture
from geotamper.inspection.exhibit import exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport
from geotamper.inspection.schema import published_schema
from geotamper.reporting import folder as folder_module
from geotamper.reporting.folder import check_writable, folder_names, free_name, hashed_name, save_report

Judge = Callable[..., Findings]
ReportOf = Callable[..., InspectionReport]

FILES = {
    "findings.geojson",
    "overlay.png",
    "report.html",
    "report.json",
    "source_mask.png",
    "target_mask.png",
}
PLACED_FILES = {
    "findings.geojson",
    "findings.gpkg",
    "findings.qml",
    "overlay.png",
    "report.html",
    "report.json",
    "source_mask.tif",
    "target_mask.tif",
}


def test_save_report_writes_everything_and_names_it(
    judged: Judge, report_of: ReportOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    findings = judged()
    saved = save_report(report_of(findings), exhibit_of(findings), "./out/", "scene")
    assert {path.name for path in (tmp_path / "out" / "scene").iterdir()} == FILES
    written = json.loads((tmp_path / "out/scene/report.json").read_text())
    assert written == saved.to_dict()
    jsonschema.validate(written, published_schema())
    for path in written["artifacts"].values():
        assert path.startswith("./out/scene/")
        assert Path(path).is_file()
    assert np.array_equal(read_mask(written["artifacts"]["source_mask"]), findings.items[0].source)
    assert np.array_equal(read_mask(written["artifacts"]["target_mask"]), findings.items[0].target)


def test_save_report_blur_masks_are_equal(
    judged: Judge, report_of: ReportOf, tmp_path: Path, make_blur: Callable[..., BlurEvidence]
) -> None:
    findings = judged(blurs=(make_blur(),))
    save_report(report_of(findings), exhibit_of(findings), str(tmp_path), "scene")
    masks = [(tmp_path / "scene" / name).read_bytes() for name in ("source_mask.png", "target_mask.png")]
    assert masks[0] == masks[1]


@pytest.fixture
def placed(picture: Picture, judged: Judge) -> Findings:
    where = replace(picture, crs="EPSG:32632", geotransform=(500000.0, 0.5, 0.0, 5300000.0, 0.0, -0.5))
    return replace(judged(), picture=where)


def test_save_report_of_a_placed_picture_has_geotiffs_and_layers(
    placed: Findings, report_of: ReportOf, tmp_path: Path
) -> None:
    saved = save_report(report_of(placed), exhibit_of(placed), str(tmp_path), "scene")
    assert saved.artifacts.source_mask == f"{tmp_path}/scene/source_mask.tif"
    assert {path.name for path in (tmp_path / "scene").iterdir()} == PLACED_FILES


def test_save_report_without_the_library_lacks_the_geopackage_and_says_so(
    placed: Findings,
    report_of: ReportOf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "pyogrio", None)
    for name in ("one", "two"):
        save_report(report_of(placed), exhibit_of(placed), str(tmp_path), name)
        assert {path.name for path in (tmp_path / name).iterdir()} == PLACED_FILES - {"findings.gpkg"}
    assert [record.getMessage() for record in caplog.records] == [
        "GeoPackage layers need pyogrio; install it with pip install 'geotamper[geo]'"
    ]


def test_save_report_removes_what_an_older_report_had(
    placed: Findings, judged: Judge, report_of: ReportOf, tmp_path: Path
) -> None:
    save_report(report_of(placed), exhibit_of(placed), str(tmp_path), "scene")
    (tmp_path / "scene" / "notes.txt").write_text("of the analyst")
    save_report(report_of(judged()), exhibit_of(judged()), str(tmp_path), "scene")
    assert {path.name for path in (tmp_path / "scene").iterdir()} == FILES | {"notes.txt"}


def test_save_report_leaves_nothing_when_it_fails(
    judged: Judge, report_of: ReportOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_module, "render_html", interrupt)
    findings = judged()
    with pytest.raises(KeyboardInterrupt):
        save_report(report_of(findings), exhibit_of(findings), str(tmp_path), "scene")
    assert list(tmp_path.iterdir()) == []


def test_save_report_replaces_an_older_one(judged: Judge, report_of: ReportOf, tmp_path: Path) -> None:
    for findings in (judged(), judged(copies=())):
        save_report(report_of(findings), exhibit_of(findings), str(tmp_path), "scene")
    assert json.loads((tmp_path / "scene/report.json").read_text())["findings"] == []
    assert {path.name for path in (tmp_path / "scene").iterdir()} == FILES


def test_save_report_under_a_file_is_an_output_error(
    judged: Judge, report_of: ReportOf, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    findings = judged()
    with pytest.raises(OutputError, match="cannot write"):
        save_report(report_of(findings), exhibit_of(findings), str(blocked), "scene")
    with pytest.raises(OutputError, match="cannot write into"):
        check_writable(str(blocked))


def test_save_report_into_a_folder_whose_name_is_no_utf_8(
    judged: Judge, report_of: ReportOf, tmp_path: Path
) -> None:
    detected = judged()
    name = os.fsdecode(b"out\xff")
    complete = save_report(report_of(detected), exhibit_of(detected), str(tmp_path / name), "scene")
    written = (tmp_path / name / "scene" / "report.json").read_bytes()
    assert InspectionReport.model_validate_json(written) == complete
    assert complete.artifacts.overlay == f"{tmp_path}/out\ufffd/scene/overlay.png"


def test_check_writable_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(str(tmp_path / "new"))
    assert list((tmp_path / "new").iterdir()) == []


def test_folder_names_hash_colliding_stems_only() -> None:
    names = folder_names(["a/x.png", "b/X.jpg", "c/y.png"], None)
    assert names == [hashed_name("a/x.png"), hashed_name("b/X.jpg"), "y"]
    assert names[0].startswith("x-")
    assert len(set(names)) == 3


def test_free_name_does_not_take_another_pictures_folder(
    picture: Picture, judged: Judge, report_of: ReportOf, tmp_path: Path
) -> None:
    findings = replace(judged(), picture=replace(picture, path="a/x.png"))
    out = str(tmp_path)
    assert free_name(out, "a/x.png") == "x"
    save_report(report_of(findings), exhibit_of(findings), out, "x")
    assert free_name(out, "a/x.png") == "x"
    assert free_name(out, "b/x.png") == hashed_name("b/x.png")
