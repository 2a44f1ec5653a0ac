import dataclasses
from typing import Any

import pytest

from geotamper.errors import SpecificationError
from geotamper.task.facts import RegionFacts, TamperFacts

HERE = RegionFacts((10.0, 10.0), 50)
THERE = RegionFacts((90.0, 40.0), 60)
COPY = TamperFacts(100, 80, "copy-move", "Ship", HERE, THERE, 1.1, 30.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 0}, "is empty"),
        ({"kind": "splice"}, "unknown tamper kind"),
        ({"object_class": "Boat"}, "unknown object class"),
        ({"source": None}, "the source is missing"),
        ({"target": None}, "the target is missing"),
        ({"scale": 0.0}, "scale must be"),
        ({"scale": float("nan")}, "scale must be"),
        ({"rotation_deg": float("inf")}, "rotation must be"),
        ({"scale_sigma": -0.1}, "scale_sigma"),
        ({"rotation_sigma": float("nan")}, "rotation_sigma"),
        ({"target": RegionFacts((100.5, 3.0), 5)}, "outside the 100 x 80 frame"),
        ({"target": RegionFacts((50.0, 40.0), 8001)}, "more than the 100 x 80 frame"),
        ({"kind": "blur", "scale": None, "rotation_deg": None}, "one region"),
        ({"kind": "blur", "target": HERE}, "has no transform"),
        ({"kind": "none", "scale": None, "rotation_deg": None}, "untouched"),
    ],
)
def test_facts_refuse_contradictions(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        dataclasses.replace(COPY, **changes)


def test_region_facts_refuse_empty_and_infinite_regions() -> None:
    with pytest.raises(SpecificationError, match="is empty"):
        RegionFacts((1.0, 1.0), 0)
    with pytest.raises(SpecificationError, match="not finite"):
        RegionFacts((float("nan"), 1.0), 3)


def test_facts_accept_what_is_legal() -> None:
    assert TamperFacts(1, 1, "none").source is None
    assert TamperFacts(100, 80, "blur", None, HERE, RegionFacts((10.0, 10.0), 50)).target == HERE
    assert dataclasses.replace(COPY, scale=None, rotation_deg=None, object_class=None).scale is None
