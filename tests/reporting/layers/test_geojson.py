import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shapely.geometry import LinearRing, shape

from geotamper.evidence.results import BlurEvidence
from geotamper.imagery.picture import Picture
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport
from geotamper.reporting.layers.geojson import findings_geojson

Judge = Callable[..., Findings]
ReportOf = Callable[..., InspectionReport]


def features(report: InspectionReport) -> list[dict[str, Any]]:
    collection = json.loads(findings_geojson(report))
    assert collection["type"] == "FeatureCollection"
    result: list[dict[str, Any]] = collection["features"]
    return result


def test_findings_geojson_is_in_pixels_without_a_crs(judged: Judge, report_of: ReportOf) -> None:
    findings = judged()
    source, target, link = features(report_of(findings))
    assert [item["properties"]["role"] for item in (source, target, link)] == ["source", "target", "link"]
    for feature, mask in ((source, findings.items[0].source), (target, findings.items[0].target)):
        region = shape(feature["geometry"])
        assert region.is_valid
        assert region.area == pytest.approx(np.count_nonzero(mask))
    assert target["properties"]["rotation_deg"] == pytest.approx(30)


def test_findings_geojson_is_in_degrees_with_a_crs(
    picture: Picture, judged: Judge, report_of: ReportOf
) -> None:
    placed = replace(picture, crs="EPSG:32632", geotransform=(500000.0, 0.5, 0.0, 5300000.0, 0.0, -0.5))
    findings = replace(judged(), picture=placed)
    source, *_ = features(report_of(findings))
    x, y = shape(source["geometry"]).centroid.coords[0]
    # Zone 32 has its middle at 9 degrees east; the source lies 20 m east and 45 m south of the corner.
    assert x == pytest.approx(9 + 20 / 74700, abs=1e-5)
    assert 47.8 < y < 47.9


@pytest.mark.parametrize("pixel_height", [-0.5, 0.5])
def test_findings_geojson_outer_rings_run_counter_clockwise(
    picture: Picture, judged: Judge, report_of: ReportOf, pixel_height: float
) -> None:
    placed = replace(
        picture, crs="EPSG:32632", geotransform=(500000.0, 0.5, 0.0, 5300000.0, 0.0, pixel_height)
    )
    for where in (picture, placed):
        findings = replace(judged(), picture=where)
        source, target, _ = features(report_of(findings))
        for feature in (source, target):
            for outer, *_ in feature["geometry"]["coordinates"]:
                assert LinearRing(outer).is_ccw


def test_findings_geojson_lists_a_blurred_region_once(
    judged: Judge, report_of: ReportOf, make_blur: Callable[..., BlurEvidence]
) -> None:
    findings = judged(blurs=(make_blur(),))
    (feature,) = features(report_of(findings))
    assert feature["properties"]["kind"] == "blur"


def test_findings_geojson_is_empty_for_an_untouched_picture(judged: Judge, report_of: ReportOf) -> None:
    findings = judged(copies=())
    assert features(report_of(findings)) == []
