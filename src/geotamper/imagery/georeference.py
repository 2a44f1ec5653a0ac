"""Where pixels lie on the ground: areas and coordinates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rasterio._err import CPLE_BaseError  # its only name; GDAL's own errors pass through rasterio as such
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import transform as warp_transform

from geotamper.errors import InputError
from geotamper.imagery.picture import Geotransform

if TYPE_CHECKING:
    from shapely.geometry import MultiPolygon

GDAL_ERRORS = (RasterioError, CPLE_BaseError)
"""What rasterio raises when GDAL or PROJ refuse."""

_IDENTITY = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
_PIECES = 64  # of the longer side of a region

_TRUSTED_DISTORTION = 0.01  # UTM and national grids stay well below, Web Mercator far above


@dataclass(frozen=True)
class Georeference:
    """What a file says about its place on Earth.

    Attributes:
        crs: "EPSG:..." or WKT, or None.
        geotransform: GDAL order, or None.
        pixel_area_m2: Square metres, or None.
    """

    crs: str | None = None
    geotransform: Geotransform | None = None
    pixel_area_m2: float | None = None


def apply_geotransform(geotransform: Geotransform, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Map (column, row) points to map coordinates.

    Args:
        geotransform: GDAL order: x = g0 + column g1 + row g2, y = g3 + column g4 + row g5.
        points: (..., 2), pixels, corners at whole numbers.

    Returns:
        (..., 2) map coordinates (x, y).
    """
    g = geotransform
    xy = np.asarray(points, dtype=np.float64)
    column, row = xy[..., 0], xy[..., 1]
    return np.stack([g[0] + column * g[1] + row * g[2], g[3] + column * g[4] + row * g[5]], axis=-1)


def to_wgs84(points: npt.ArrayLike, crs: str) -> npt.NDArray[np.float64]:
    """Take map coordinates to longitude and latitude.

    Args:
        points: (N, 2) map coordinates (x, y).
        crs: "EPSG:..." or WKT.

    Returns:
        (N, 2) longitude and latitude, degrees, WGS 84.

    Raises:
        InputError: The CRS is unknown or has no way to WGS 84.
    """
    return _warp(points, crs, "EPSG:4326")


def from_wgs84(points: npt.ArrayLike, crs: str) -> npt.NDArray[np.float64]:
    """Take longitude and latitude to map coordinates.

    Args:
        points: (N, 2) longitude and latitude, degrees, WGS 84.
        crs: "EPSG:..." or WKT.

    Returns:
        (N, 2) map coordinates (x, y); infinite where the CRS has none.

    Raises:
        InputError: The CRS is unknown or has no way from WGS 84.
    """
    return _warp(points, "EPSG:4326", crs)


def invert_geotransform(geotransform: Geotransform) -> Geotransform:
    """The six numbers that take map coordinates to (column, row).

    Args:
        geotransform: GDAL order, invertible, as every picture that was read has it.
    """
    g0, a, b, g3, d, e = geotransform
    determinant = a * e - b * d
    ia, ib, id_, ie = e / determinant, -b / determinant, -d / determinant, a / determinant
    return (-(ia * g0 + ib * g3), ia, ib, -(id_ * g0 + ie * g3), id_, ie)


def pixel_area(
    crs: str, geotransform: Geotransform, width: int, height: int
) -> tuple[float | None, str | None]:
    """Ground area of the pixel in the middle of a picture.

    In a projected CRS that keeps areas to 1 % there (UTM, national grids) it is the pixel's area in the map
    plane. Elsewhere, in degrees or in Web Mercator, it is measured in an equal-area projection around the
    picture's middle, on the WGS 84 ellipsoid.

    Args:
        crs: "EPSG:..." or WKT.
        geotransform: GDAL order.
        width: Columns.
        height: Rows.

    Returns:
        Square metres or None where the CRS has no known place on Earth, and a note when the plane area was
        not used.
    """
    x, y = width / 2, height / 2
    corners = [(x - 0.5, y - 0.5), (x + 0.5, y - 0.5), (x + 0.5, y + 0.5), (x - 0.5, y + 0.5)]
    try:
        local = _equal_area_system((x, y), crs, geotransform)
        ground = _shoelace(_warp(apply_geotransform(geotransform, corners), crs, local))
    except InputError:
        ground = math.nan
    plane = _plane_area(crs, geotransform)
    if not math.isfinite(ground) or ground <= 0:
        return plane, None
    if plane is not None and abs(plane / ground - 1) <= _TRUSTED_DISTORTION:
        return plane, None
    return ground, (
        "the pixel area was measured on the ground at the middle of the picture, "
        "because the coordinate system does not keep areas"
    )


def georeference_of(source: DatasetReader) -> tuple[Georeference, tuple[str, ...]]:
    """Read the place on Earth of an open file.

    Returns:
        The place, and notes on what was not applied.
    """
    g0, g1, g2, g3, g4, g5 = (float(v) for v in source.transform.to_gdal())
    geotransform: Geotransform = (g0, g1, g2, g3, g4, g5)
    try:
        crs = source.crs.to_string() if source.crs else None
    except GDAL_ERRORS:
        return Georeference(), ("the coordinate system cannot be understood and was dropped",)
    if geotransform == _IDENTITY:
        has_points = bool(source.gcps[0])
        notes = ("control points are stored and not applied: the picture was read without map coordinates",)
        return Georeference(crs=crs or None), notes if has_points else ()
    if not _is_invertible(geotransform):
        return Georeference(crs=crs or None), ("the geotransform is not invertible and was dropped",)
    if not crs:
        return Georeference(geotransform=geotransform), ()
    area, note = pixel_area(crs, geotransform, int(source.width), int(source.height))
    return Georeference(crs, geotransform, area), (note,) if note else ()


def ground_area(region: "MultiPolygon", crs: str, geotransform: Geotransform) -> float | None:
    """Area of a region of a picture on the ground.

    By the rule of `pixel_area`, but for this region at its place: in the map plane where the CRS keeps areas to 1 %
    there, and otherwise measured in an equal-area projection around the region.

    Args:
        region: Pixels, corners at whole numbers; not empty.
        crs: "EPSG:..." or WKT.
        geotransform: GDAL order.

    Returns:
        Square metres, or None where the CRS has no known place on Earth.
    """
    import shapely

    left, top, right, bottom = region.bounds
    # The edges of pixels are no straight lines in the other projection, so long ones are followed in pieces.
    dense = shapely.segmentize(region, max(1.0, max(right - left, bottom - top) / _PIECES))
    try:
        local = _equal_area_system(((left + right) / 2, (top + bottom) / 2), crs, geotransform)
        ground = shapely.transform(
            dense, lambda points: _warp(apply_geotransform(geotransform, points), crs, local)
        ).area
    except InputError:
        ground = math.nan
    plane = _plane_area(crs, geotransform)
    in_plane = None if plane is None else plane * region.area
    if not math.isfinite(ground) or ground <= 0:
        return in_plane
    if in_plane is not None and abs(in_plane / ground - 1) <= _TRUSTED_DISTORTION:
        return in_plane
    return float(ground)


def _equal_area_system(point: tuple[float, float], crs: str, geotransform: Geotransform) -> str:
    """An equal-area projection on the WGS 84 ellipsoid, metres, around a point in pixels."""
    longitude, latitude = to_wgs84(apply_geotransform(geotransform, [point]), crs)[0]
    return f"+proj=laea +lat_0={latitude:.9f} +lon_0={longitude:.9f} +datum=WGS84 +units=m"


def _plane_area(crs: str, geotransform: Geotransform) -> float | None:
    try:
        system = CRS.from_user_input(crs)
        if not system.is_projected:
            return None
        factor = float(system.linear_units_factor[1])
    except (*GDAL_ERRORS, ValueError):  # rasterio's CRSError is a ValueError
        return None
    _, a, b, _, d, e = geotransform
    return abs(a * e - b * d) * factor * factor


def _warp(points: npt.ArrayLike, crs: str, target: str) -> npt.NDArray[np.float64]:
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    try:
        xs, ys, *_ = warp_transform(
            CRS.from_user_input(crs), CRS.from_user_input(target), xy[:, 0].tolist(), xy[:, 1].tolist()
        )
    except (*GDAL_ERRORS, ValueError) as error:
        raise InputError(
            f"the coordinate system '{crs[:80]}' cannot be taken to '{target}': {str(error)[:200]}; "
            "expected a CRS with a known place on Earth: reproject the file, with gdalwarp for instance"
        ) from error
    return np.column_stack([xs, ys])


def _shoelace(points: Sequence[Sequence[float]] | npt.NDArray[np.float64]) -> float:
    xy = np.asarray(points, dtype=np.float64)
    ahead = np.roll(xy, -1, axis=0)
    return float(abs(np.sum(xy[:, 0] * ahead[:, 1] - ahead[:, 0] * xy[:, 1]))) / 2


def _is_invertible(geotransform: Geotransform) -> bool:
    _, a, b, _, d, e = geotransform
    determinant = a * e - b * d
    return all(math.isfinite(v) for v in geotransform) and math.isfinite(determinant) and determinant != 0
