from collections.abc import Callable
from dataclasses import replace

import pytest

from geotamper.evidence.results import BlurEvidence, CopyEvidence
from geotamper.imagery.picture import Geotransform, Picture
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport

UTM: Geotransform = (500000.0, 0.5, 0.0, 5300000.0, 0.0, -0.5)


@pytest.fixture
def placed_report(
    picture: Picture,
    judged: Callable[..., Findings],
    report_of: Callable[..., InspectionReport],
    make_copy: Callable[..., CopyEvidence],
    make_blur: Callable[..., BlurEvidence],
) -> Callable[..., InspectionReport]:
    """Reports of a copy (finding 1) and a blur (finding 2) in a picture with a place on Earth.

    Pixels of half a metre in UTM zone 32, unless another CRS and geotransform are given.
    """

    def make(crs: str = "EPSG:32632", geotransform: Geotransform = UTM) -> InspectionReport:
        placed = replace(picture, path="a/scene.tif", crs=crs, geotransform=geotransform)
        findings = judged(copies=(make_copy(),), blurs=(make_blur(strength=None),))
        return report_of(replace(findings, picture=placed))

    return make
