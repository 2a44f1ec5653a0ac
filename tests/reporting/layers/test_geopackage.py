import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import rasterio

from geotamper.errors import InputError, MissingLibraryError, OutputError
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport
from geotamper.reporting.layers.features import ATTRIBUTES
from geotamper.reporting.layers.geojson import findings_geojson
from geotamper.reporting.layers.geopackage import write_geopackage

PlacedReport = Callable[..., InspectionReport]


@pytest.fixture
def package(placed_report: PlacedReport, tmp_path: Path) -> Path:
    path = tmp_path / "findings.gpkg"
    write_geopackage(placed_report(), path)
    return path


def test_write_geopackage_into_a_folder_whose_name_is_no_utf_8(
    placed_report: PlacedReport, tmp_path: Path
) -> None:
    path = tmp_path / os.fsdecode(b"out\xff") / "findings.gpkg"
    write_geopackage(placed_report(), path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes().startswith(b"SQLite format 3\0")


def test_write_geopackage_layers_are_those_of_the_report(package: Path, placed_report: PlacedReport) -> None:
    report = placed_report()
    layers = {name: geopandas.read_file(package, layer=name) for name in ("source", "target", "links")}
    assert {name: len(layer) for name, layer in layers.items()} == {"source": 1, "target": 2, "links": 1}
    for layer in layers.values():
        assert layer.crs.to_epsg() == 32632
        assert list(layer.columns[:-1]) == list(ATTRIBUTES)
        assert layer.geometry.is_valid.all()
    for layer, regions in (
        (layers["source"], [report.findings[0].source]),
        (layers["target"], [entry.target for entry in report.findings]),
    ):
        for row, region in zip(layer.itertuples(), regions, strict=True):
            assert region is not None
            # Half a metre per pixel, x from 500,000 m, y downwards from 5,300,000 m.
            assert row.geometry.area == pytest.approx(region.area_px / 4) == row.area_m2
            x, y = row.geometry.centroid.coords[0]
            np.testing.assert_allclose(((x - 500_000) * 2, (5_300_000 - y) * 2), region.centroid, atol=1e-6)
    assert layers["target"]["blur_method"].isna().tolist() == [True, False]
    copy, blur = layers["target"].itertuples()
    assert (copy.finding, copy.kind) == (1, "copy-move")
    assert copy.rotation_deg == pytest.approx(30)
    assert (blur.finding, blur.kind, blur.blur_method) == (2, "blur", "gaussian")
    assert math.isnan(blur.blur_strength)
    assert math.isnan(blur.rotation_deg)
    (link,) = layers["links"].itertuples()
    assert link.geometry.geom_type == "LineString"
    assert math.isnan(link.area_px)


def test_write_geopackage_of_an_untouched_picture_has_empty_layers(
    placed_report: PlacedReport, tmp_path: Path
) -> None:
    path = tmp_path / "findings.gpkg"
    write_geopackage(placed_report().model_copy(update={"findings": ()}), path)
    for name in ("source", "target", "links"):
        info = pyogrio.read_info(path, layer=name)
        assert info["features"] == 0
        assert list(info["fields"]) == list(ATTRIBUTES)
        assert info["crs"] == "EPSG:32632"


def test_write_geopackage_carries_a_default_style_for_each_layer(package: Path) -> None:
    with sqlite3.connect(package) as database:
        rows = database.execute(
            "SELECT f_table_name, f_geometry_column, styleQML FROM layer_styles WHERE useAsDefault"
        ).fetchall()
        columns = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    database.close()
    assert {(name, column) for name, column, _ in rows} == set(columns.items())
    for name, _, style in rows:
        assert ('attr="role"' in style, "ArrowLine" in style) == (True, name == "links")


def test_write_geopackage_keeps_a_system_without_a_code(placed_report: PlacedReport, tmp_path: Path) -> None:
    wkt = rasterio.crs.CRS.from_proj4("+proj=laea +lat_0=47 +lon_0=9 +datum=WGS84 +units=m").to_wkt()
    path = tmp_path / "findings.gpkg"
    write_geopackage(placed_report(wkt), path)
    crs = geopandas.read_file(path, layer="target").crs
    assert crs.coordinate_operation.method_name == "Lambert Azimuthal Equal Area"


def test_write_geopackage_replaces_an_older_file(package: Path, placed_report: PlacedReport) -> None:
    write_geopackage(placed_report(), package)
    assert len(geopandas.read_file(package, layer="source")) == 1
    assert list(package.parent.iterdir()) == [package]


def test_write_geopackage_refuses_a_picture_without_a_place(
    judged: Callable[..., Findings], report_of: Callable[..., InspectionReport], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="use the GeoJSON file"):
        write_geopackage(report_of(judged()), tmp_path / "findings.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_write_geopackage_refuses_a_system_that_it_cannot_write(
    placed_report: PlacedReport, tmp_path: Path
) -> None:
    report = placed_report()
    unknown = report.image.model_copy(update={"crs": "EPSG:999999"})
    with pytest.raises(InputError, match="cannot be written to a GeoPackage"):
        write_geopackage(report.model_copy(update={"image": unknown}), tmp_path / "findings.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_write_geopackage_under_a_file_is_an_output_error(
    placed_report: PlacedReport, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_geopackage(placed_report(), tmp_path / "file" / "findings.gpkg")


def test_write_geopackage_without_the_library_says_how_to_install_it(
    placed_report: PlacedReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyogrio", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'geotamper\[geo\]'"):
        write_geopackage(placed_report(), tmp_path / "findings.gpkg")


def test_write_geopackage_and_geojson_are_read_by_ogrinfo(package: Path, placed_report: PlacedReport) -> None:
    ogrinfo = shutil.which("ogrinfo")
    if ogrinfo is None:
        pytest.skip("ogrinfo is not installed: it is in Debian's gdal-bin")
    geojson = package.with_suffix(".geojson")
    geojson.write_text(findings_geojson(placed_report()))
    for path, layer, expected in (
        (package, "source", ["Multi Polygon", "Feature Count: 1", 'EPSG",32632', "area_m2: Real"]),
        (package, "links", ["Line String", "Feature Count: 1"]),
        (geojson, "findings", ["Feature Count: 4", 'EPSG",4326', "role: String"]),
    ):
        told = subprocess.run(
            [ogrinfo, "-ro", "-so", str(path), layer], capture_output=True, text=True, check=True
        )
        assert "ERROR" not in told.stderr
        for words in expected:
            assert words in told.stdout


def test_geojson_is_read_by_geopandas(placed_report: PlacedReport, tmp_path: Path) -> None:
    path = tmp_path / "findings.geojson"
    path.write_text(findings_geojson(placed_report()))
    frame = geopandas.read_file(path)
    assert frame.crs.to_epsg() == 4326
    assert list(frame["role"]) == ["source", "target", "target", "link"]
    regions = frame[frame["role"] != "link"].to_crs(32632)
    np.testing.assert_allclose(regions.geometry.area, regions["area_m2"], rtol=1e-5)  # degrees of 9 digits
    assert json.loads(path.read_text())["features"][0]["properties"]["rotation_deg"] == pytest.approx(30)
