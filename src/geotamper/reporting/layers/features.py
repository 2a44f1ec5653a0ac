"""Findings as features: outlines of sources and copies, and the links between them, with what is known of them.

Everything comes from the report as data, so that a report that was loaded from a file has the same layers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geotamper.imagery.georeference import ground_area
from geotamper.imagery.polygons import grouped_parts
from geotamper.inspection.report import FindingEntry, ImageInfo, InspectionReport, Region

Role = Literal["source", "target", "link"]
Value = str | int | float | None

ATTRIBUTES: Mapping[str, type[str | int | float]] = {
    "finding": int,
    "group": int,
    "role": str,
    "kind": str,
    "confidence": float,
    "area_px": int,
    "area_m2": float,
    "rotation_deg": float,
    "scale": float,
    "direction_confidence": float,
    "object_class": str,
    "class_confidence": float,
    "blur_method": str,
    "blur_strength": float,
    "picture": str,
    "sha256": str,
}
"""Names and types of the attributes, in their order; any but the first five and the last two may be None.

`finding` and `group` are those of the report. Areas are None for links, and `area_m2`, square metres on the ground,
also where the picture has no place on Earth. Rotation (degrees, counter-clockwise on the picture's screen) and scale
belong to copies, `blur_strength` is in pixels. Confidences are 0 to 1. `picture` is the path as given."""


@dataclass(frozen=True)
class Feature:
    """A region of a finding, or the way between its regions.

    Attributes:
        role: What it shows.
        geometry: MultiPolygon of a region, LineString from the source's centroid to the target's; pixels, x right,
            y down, corners at whole numbers.
        attributes: By the names of `ATTRIBUTES`.
    """

    role: Role
    geometry: BaseGeometry
    attributes: Mapping[str, Value]


def findings_features(report: InspectionReport) -> list[Feature]:
    """Source and target of every finding in the report's order, then the links.

    A blurred region is one feature, its target; a copy whose source is unknown has a target alone.
    """
    regions: list[Feature] = []
    links: list[Feature] = []
    for entry in report.findings:
        common = _attributes(entry, report.image)
        source = entry.source if entry.kind == "copy-move" else None
        if source is not None:
            regions.append(_outline("source", source, common, report.image))
            line = LineString([source.centroid, entry.target.centroid])
            links.append(Feature("link", line, {**common, "role": "link"}))
        regions.append(_outline("target", entry.target, common, report.image))
    return [*regions, *links]


def is_placed(image: ImageInfo) -> bool:
    """Whether the picture says where on Earth it lies."""
    return image.crs is not None and image.geotransform is not None


def _outline(role: Role, region: Region, common: Mapping[str, Value], image: ImageInfo) -> Feature:
    rings = [list(ring) for ring in region.polygon]
    outline = MultiPolygon([Polygon(outer, holes) for outer, *holes in grouped_parts(rings)])
    area = None
    if image.crs is not None and image.geotransform is not None:
        area = ground_area(outline, image.crs, image.geotransform)
    return Feature(role, outline, {**common, "role": role, "area_px": region.area_px, "area_m2": area})


def _attributes(entry: FindingEntry, image: ImageInfo) -> dict[str, Value]:
    """What the features of one finding share, in the order of `ATTRIBUTES`."""
    values: dict[str, Value] = dict.fromkeys(ATTRIBUTES)
    values.update(
        finding=entry.id,
        group=entry.group,
        kind=entry.kind,
        confidence=entry.confidence,
        direction_confidence=entry.direction_confidence,
        picture=image.path,
        sha256=image.sha256,
    )
    if entry.transform is not None:
        values.update(rotation_deg=entry.transform.rotation_deg, scale=entry.transform.scale)
    if entry.object_class is not None:
        values.update(object_class=entry.object_class.label, class_confidence=entry.object_class.confidence)
    if entry.blur is not None:
        values.update(blur_method=entry.blur.method, blur_strength=entry.blur.strength)
    return values
