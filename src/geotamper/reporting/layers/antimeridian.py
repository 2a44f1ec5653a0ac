"""Geometries that cross the 180th meridian, cut there as RFC 7946 (section 3.1.9) asks."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import shapely
from shapely.affinity import translate
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

Points = npt.NDArray[np.float64]

Kind = TypeVar("Kind", bound=BaseGeometry)

_TURNS = range(-2, 3)


def cut_at_antimeridian(geometry: BaseGeometry) -> BaseGeometry:
    """Cut a geometry where it crosses the 180th meridian.

    A step of more than 180 degrees between neighbouring points counts as a crossing, and an outline that runs around
    a pole is closed over that pole.

    Args:
        geometry: MultiPolygon or LineString, longitude and latitude, degrees.

    Returns:
        The same geometry where it crosses nothing; otherwise a MultiPolygon or MultiLineString with longitudes from
        -180 to 180.
    """
    points = shapely.get_coordinates(geometry)
    if isinstance(geometry, LineString):
        if not _crosses(points):
            return geometry
        return MultiLineString(_pieces(LineString(_unrolled(points)), LineString))
    parts: list[Polygon] = []
    for polygon in shapely.get_parts(geometry):
        rings = [shapely.get_coordinates(ring) for ring in (polygon.exterior, *polygon.interiors)]
        if any(map(_crosses, rings)):
            # Joined again: around a pole, two pieces meet where the ring was opened.
            whole = shapely.union_all(_pieces(_unrolled_polygon(rings), Polygon))
            parts += list(shapely.get_parts(whole))
        else:
            parts.append(polygon)
    return MultiPolygon(parts)


def _crosses(points: Points) -> bool:
    longitudes = points[:, 0]
    return bool(np.abs(longitudes).max() > 180 or np.abs(np.diff(longitudes)).max() > 180)


def _unrolled(points: Points) -> Points:
    """The points with longitudes that do not jump."""
    return np.column_stack([np.unwrap(points[:, 0], period=360), points[:, 1]])


def _unrolled_polygon(rings: list[Points]) -> Polygon:
    outer, *holes = map(_unrolled, rings)
    if abs(outer[-1, 0] - outer[0, 0]) > 180:  # once around a pole
        pole = 90.0 if outer[:, 1].mean() > 0 else -90.0
        outer = np.vstack([outer, [outer[-1, 0], pole], [outer[0, 0], pole]])
    middle = (outer[:, 0].min() + outer[:, 0].max()) / 2
    aligned = [hole - [360 * np.round((hole[:, 0].mean() - middle) / 360), 0] for hole in holes]
    return Polygon(outer, aligned)


def _pieces(geometry: BaseGeometry, kind: type[Kind]) -> list[Kind]:
    """What lies in each turn of the globe, moved into the first one."""
    found: list[Kind] = []
    for turn in _TURNS:
        cut = geometry.intersection(box(360 * turn - 180, -90, 360 * turn + 180, 90))
        moved = translate(cut, xoff=-360 * turn)
        found += [piece for piece in getattr(moved, "geoms", [moved]) if isinstance(piece, kind)]
    return [piece for piece in found if not piece.is_empty]
