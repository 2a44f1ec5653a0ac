from collections.abc import Callable

import numpy as np
import pytest
from shapely.geometry import shape

from geotamper.forge.forgery import Forgery
from geotamper.imagery.picture import Geotransform
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport, ObjectClassGuess
from geotamper.reporting.layers.features import ATTRIBUTES, findings_features

PlacedReport = Callable[..., InspectionReport]


def test_findings_features_hold_exact_outlines_and_a_link_between_centroids(
    placed_report: PlacedReport, forgery: Forgery
) -> None:
    source, target, blurred, link = findings_features(placed_report())
    assert [item.role for item in (source, target, blurred, link)] == ["source", "target", "target", "link"]
    for feature, mask in ((source, forgery.source_mask), (target, forgery.target_mask)):
        assert feature.geometry.area == np.count_nonzero(mask) == feature.attributes["area_px"]
        assert feature.geometry.is_valid
    start, end = (np.array(point) for point in link.geometry.coords)
    np.testing.assert_allclose(start, shape(source.geometry).centroid.coords[0], atol=1e-9)
    np.testing.assert_allclose(end, shape(target.geometry).centroid.coords[0], atol=1e-9)


def test_findings_features_tell_what_is_known(placed_report: PlacedReport) -> None:
    report = placed_report()
    guess = ObjectClassGuess(label="Ship", confidence=0.7)
    entries = [entry.model_copy(update={"object_class": guess}) for entry in report.findings]
    source, target, blurred, link = findings_features(report.model_copy(update={"findings": tuple(entries)}))
    for feature in (source, target, blurred, link):
        values = feature.attributes
        assert list(values) == list(ATTRIBUTES)
        for name, value in values.items():
            assert value is None or isinstance(value, ATTRIBUTES[name])
        assert (values["picture"], values["sha256"]) == ("a/scene.tif", report.image.sha256)
        assert (values["object_class"], values["class_confidence"]) == ("Ship", 0.7)
        assert values["role"] == feature.role
    assert target.attributes["rotation_deg"] == pytest.approx(30)
    assert target.attributes["direction_confidence"] == 0.95
    assert (blurred.attributes["kind"], blurred.attributes["blur_method"]) == ("blur", "gaussian")
    assert (blurred.attributes["rotation_deg"], blurred.attributes["blur_strength"]) == (None, None)
    assert (link.attributes["area_px"], link.attributes["area_m2"]) == (None, None)
    assert (link.attributes["finding"], blurred.attributes["finding"]) == (1, 2)


def test_findings_features_of_a_loaded_report_are_the_same(placed_report: PlacedReport) -> None:
    report = placed_report()
    assert findings_features(InspectionReport.model_validate_json(report.to_json())) == findings_features(
        report
    )


def test_findings_features_measure_areas_where_the_system_keeps_none(placed_report: PlacedReport) -> None:
    metres = 0.5 / 111_320
    latitude = 60.0
    places: dict[str, Geotransform] = {
        "EPSG:32632": (500000.0, 0.5, 0.0, 6651000.0, 0.0, -0.5),
        "EPSG:4326": (9.0, metres / np.cos(np.radians(latitude)), 0.0, latitude, 0.0, -metres),
        "EPSG:3857": (
            1001875.4,
            1.0,
            0.0,
            8399737.9,
            0.0,
            -1.0,
        ),  # twice as large as the ground at 60 degrees
    }
    for crs, geotransform in places.items():
        source, target, *_ = findings_features(placed_report(crs, geotransform))
        for feature in (source, target):
            assert feature.attributes["area_px"] is not None
            assert feature.attributes["area_m2"] == pytest.approx(
                float(feature.attributes["area_px"]) * 0.25, rel=0.01
            )


def test_findings_features_without_a_place_have_no_area_on_the_ground(
    judged: Callable[..., Findings], report_of: Callable[..., InspectionReport]
) -> None:
    source, *_ = findings_features(report_of(judged()))
    assert source.attributes["area_m2"] is None
    assert findings_features(report_of(judged(copies=()))) == []
