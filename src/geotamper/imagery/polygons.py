"""Outlines of masks, exact to the pixel edge."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rasterio.features import shapes
from rasterio.transform import Affine

from geotamper.errors import SpecificationError
from geotamper.imagery.georeference import apply_geotransform
from geotamper.imagery.georeference import to_wgs84 as points_to_wgs84
from geotamper.imagery.picture import Geotransform

Ring = list[tuple[float, float]]


def mask_polygons(mask: npt.NDArray[np.bool_], *, simplify: float = 0.0) -> list[Ring]:
    """Outlines of all parts of a mask as one list of rings, the `polygon` of a report's region.

    Each outer ring is followed by the rings of its holes. Outer rings run counter-clockwise on the screen,
    holes clockwise, so that they can be told apart. `mask_parts` gives the same rings grouped by part.

    Args:
        mask: (H, W) bool.
        simplify: As `mask_parts`.
    """
    return [ring for part in mask_parts(mask, simplify=simplify) for ring in part]


def mask_parts(mask: npt.NDArray[np.bool_], *, simplify: float = 0.0) -> list[list[Ring]]:
    """Outlines of a mask, part by part.

    Coordinates are those of pixel edges, x right, y down: a single pixel in column 3, row 2 is the square
    from (3, 2) to (4, 3). Pixels that touch only at a corner belong to different parts. Rings are closed (the
    last point repeats the first); without simplification the areas, holes taken off, add up to the number of
    pixels.

    Args:
        mask: (H, W) bool.
        simplify: Largest distance, pixels, of a simplified outline from the exact one; 0 for exact.

    Returns:
        One list per part: the outer ring, then its holes. Largest outer ring first.

    Raises:
        SpecificationError: Not a two-dimensional bool array, or a negative tolerance.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise SpecificationError(
            f"a mask of {mask.dtype} and shape {mask.shape} was given; expected bool of shape (H, W)"
        )
    if not simplify >= 0:
        raise SpecificationError(f"the tolerance of outlines must be 0 or more pixels, got {simplify}")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return []
    top, left = int(rows[0]), int(columns[0])
    window = np.ascontiguousarray(mask[top : rows[-1] + 1, left : columns[-1] + 1])
    found = shapes(
        window.astype(np.uint8), mask=window, connectivity=4, transform=Affine.translation(left, top)
    )
    parts = [_simplified(geometry["coordinates"], simplify) for geometry, _ in found]
    parts.sort(key=lambda part: (-abs(_signed_area(part[0])), part[0]))
    return parts


def grouped_parts(rings: Sequence[Ring]) -> list[list[Ring]]:
    """The rings of `mask_polygons` grouped again: per part the outer ring, then its holes.

    Args:
        rings: Each outer ring, counter-clockwise on the screen, before its holes, clockwise.
    """
    parts: list[list[Ring]] = []
    for ring in rings:
        if _signed_area(ring) < 0 or not parts:
            parts.append([ring])
        else:
            parts[-1].append(ring)
    return parts


def to_map(rings: list[Ring], geotransform: Geotransform) -> list[Ring]:
    """Take rings from pixels to map coordinates.

    Args:
        rings: In pixel edges, x right, y down.
        geotransform: GDAL order.
    """
    return [_as_ring(apply_geotransform(geotransform, ring)) for ring in rings]


def to_wgs84(rings: list[Ring], crs: str) -> list[Ring]:
    """Take rings from map coordinates to longitude and latitude, degrees, WGS 84, for GeoJSON.

    Args:
        rings: In map coordinates, as `to_map` gives them.
        crs: "EPSG:..." or WKT.

    Raises:
        InputError: The CRS is unknown or has no way to WGS 84.
    """
    if not rings:
        return []
    moved = points_to_wgs84(np.concatenate([np.asarray(ring) for ring in rings]), crs)
    ends = np.cumsum([len(ring) for ring in rings])[:-1]
    return [_as_ring(points) for points in np.split(moved, ends)]


def _simplified(coordinates: list[Ring], tolerance: float) -> list[Ring]:
    rings: list[Ring] = [[(float(x), float(y)) for x, y in ring] for ring in coordinates]
    if tolerance > 0:
        from shapely.geometry import Polygon

        polygon = Polygon(rings[0], rings[1:]).simplify(tolerance, preserve_topology=True)
        if not isinstance(polygon, Polygon):  # what shapely's stubs allow and preserved topology rules out
            return rings
        rings = [
            [(float(x), float(y)) for x, y in ring.coords] for ring in (polygon.exterior, *polygon.interiors)
        ]
    return [_turned(ring, is_outer=index == 0) for index, ring in enumerate(rings)]


def _turned(ring: Ring, *, is_outer: bool) -> Ring:
    # With y down the shoelace sum of a ring that runs counter-clockwise on the screen is negative.
    return ring if (_signed_area(ring) < 0) == is_outer else ring[::-1]


def _signed_area(ring: Ring) -> float:
    xy = np.asarray(ring)
    return float(np.sum(xy[:-1, 0] * xy[1:, 1] - xy[1:, 0] * xy[:-1, 1])) / 2


def _as_ring(points: npt.NDArray[np.float64]) -> Ring:
    return [(float(x), float(y)) for x, y in points]
