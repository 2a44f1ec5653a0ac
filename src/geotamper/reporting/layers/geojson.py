"""Findings as GeoJSON (RFC 7946): WGS 84 where the picture has a coordinate system, pixels otherwise."""

import json
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, mapping
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from geotamper.imagery.georeference import apply_geotransform, to_wgs84
from geotamper.inspection.report import ImageInfo, InspectionReport
from geotamper.reporting.layers.antimeridian import cut_at_antimeridian
from geotamper.reporting.layers.features import findings_features, is_placed

LONGITUDE_DIGITS = 9
"""Decimal places of degrees: a tenth of a millimetre, finer than any picture."""


def findings_geojson(report: InspectionReport) -> str:
    """Sources and targets as MultiPolygons, then links as lines from source to target, as GeoJSON text.

    Outer rings run counter-clockwise in the coordinates of the file, holes clockwise. What crosses the 180th meridian
    is cut there.

    Args:
        report: With its findings; attributes as `features.ATTRIBUTES`.

    Raises:
        InputError: The coordinate system has no way to WGS 84.
    """
    collection = {
        "type": "FeatureCollection",
        "coordinates_in": (
            "WGS 84 longitude, latitude" if is_placed(report.image) else "pixels, x right, y down"
        ),
        "features": [
            {
                "type": "Feature",
                "properties": feature.attributes,
                "geometry": _geometry(feature.geometry, report.image),
            }
            for feature in findings_features(report)
        ],
    }
    return json.dumps(collection, ensure_ascii=False) + "\n"


def _geometry(geometry: BaseGeometry, image: ImageInfo) -> dict[str, Any]:
    crs, geotransform = image.crs, image.geotransform
    placed = geometry
    if crs is not None and geotransform is not None:
        degrees = shapely.transform(
            geometry, lambda points: to_wgs84(apply_geotransform(geotransform, points), crs)
        )
        placed = shapely.transform(
            cut_at_antimeridian(degrees), lambda points: np.round(points, LONGITUDE_DIGITS)
        )
    if isinstance(placed, MultiPolygon):
        placed = MultiPolygon([orient(part) for part in placed.geoms])
    written: dict[str, Any] = mapping(placed)
    return written
