"""Findings as GeoJSON: WGS 84 where the picture has a coordinate system, pixels otherwise."""

import itertools
import json
from typing import Any

from geotamper.imagery.picture import Picture
from geotamper.imagery.polygons import Ring, mask_parts, to_map, to_wgs84
from geotamper.inspection.findings import BoolMask, Findings
from geotamper.inspection.report import FindingEntry, InspectionReport

LONGITUDE_DIGITS = 9
"""Decimal places of degrees: a tenth of a millimetre, finer than any picture."""


def findings_geojson(report: InspectionReport, findings: Findings) -> str:
    """One feature per region, as GeoJSON text.

    Args:
        report: Gives the properties.
        findings: Give the masks and the picture's place on Earth.

    Raises:
        InputError: The coordinate system has no way to WGS 84.
    """
    picture = findings.picture
    entries = {entry.id: entry for entry in report.findings}
    features: list[dict[str, Any]] = []
    for item in findings.items:
        entry = entries[item.id]
        if item.kind == "copy-move":
            features.append(_feature(entry, "source", item.source, picture))
        features.append(_feature(entry, "target", item.target, picture))
    collection = {
        "type": "FeatureCollection",
        "coordinates_in": "WGS 84 longitude, latitude" if _is_placed(picture) else "pixels, x right, y down",
        "features": features,
    }
    return json.dumps(collection, ensure_ascii=False) + "\n"


def _is_placed(picture: Picture) -> bool:
    return picture.crs is not None and picture.geotransform is not None


def _feature(entry: FindingEntry, role: str, mask: BoolMask, picture: Picture) -> dict[str, Any]:
    transform = entry.transform
    return {
        "type": "Feature",
        "properties": {
            "finding": entry.id,
            "group": entry.group,
            "role": role,
            "kind": entry.kind,
            "confidence": entry.confidence,
            "area_px": int(mask.sum()),
            "rotation_deg": transform.rotation_deg if transform else None,
            "scale": transform.scale if transform else None,
        },
        "geometry": {
            "type": "MultiPolygon",
            "coordinates": [_placed(part, picture) for part in mask_parts(mask)],
        },
    }


def _placed(part: list[Ring], picture: Picture) -> list[Ring]:
    """A part in the coordinates of the file, its outer ring counter-clockwise in them, holes clockwise."""
    rings = part
    if picture.crs is not None and picture.geotransform is not None:
        placed = to_wgs84(to_map(part, picture.geotransform), picture.crs)
        rings = [
            [(round(x, LONGITUDE_DIGITS), round(y, LONGITUDE_DIGITS)) for x, y in ring] for ring in placed
        ]
    return [_turned(ring, is_outer=index == 0) for index, ring in enumerate(rings)]


def _turned(ring: Ring, *, is_outer: bool) -> Ring:
    twice_area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in itertools.pairwise(ring))
    return ring if (twice_area > 0) == is_outer else ring[::-1]
