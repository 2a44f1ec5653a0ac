"""A part of a picture, named by pixels, by map coordinates or by polygons on the ground."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from rasterio.features import rasterize
from rasterio.transform import Affine

from geotamper.errors import InputError, SpecificationError
from geotamper.imagery.georeference import apply_geotransform, from_wgs84, invert_geotransform
from geotamper.imagery.picture import Geotransform
from geotamper.imagery.region import Window

BoolMask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]
Ring = tuple[tuple[float, float], ...]
Polygon = tuple[Ring, ...]
"""The outer ring, then its holes; closed."""

_MAX_BYTES = 16 * 2**20
_EDGE_PARTS = 16  # straight in degrees is bent in the map plane; far below a pixel with this many pieces
_EXPECTED_GEOJSON = (
    "expected GeoJSON with a Polygon or MultiPolygon, longitude and latitude in degrees (WGS 84)"
)


class Grid(Protocol):
    """What an area asks of the picture that it lies in; every `PixelSource` has it."""

    @property
    def path(self) -> str | None:
        """Named in messages."""

    @property
    def width(self) -> int:
        """Columns."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def crs(self) -> str | None:
        """Coordinate reference system."""

    @property
    def geotransform(self) -> Geotransform | None:
        """In GDAL's order."""


@dataclass(frozen=True, eq=False)
class PixelArea:
    """An area on the pixels of one picture.

    Attributes:
        window: The smallest window that holds it, inside the picture.
        polygons: Rings in pixel edges, x right, y down, each (N, 2).
    """

    window: Window
    polygons: tuple[tuple[Points, ...], ...]

    def mask(self, window: Window) -> BoolMask:
        """Which pixels of a window belong to the area: those whose centre lies in it.

        Args:
            window: Inside the picture; only this much is rasterised.

        Returns:
            (h, w) bool.
        """
        shapes = [
            {"type": "Polygon", "coordinates": [ring.tolist() for ring in polygon]}
            for polygon in self.polygons
            if _meets(polygon[0], window)
        ]
        if not shapes:
            return np.zeros(window.shape, np.bool_)
        place = Affine.translation(window.x0, window.y0)
        filled = rasterize(shapes, out_shape=window.shape, transform=place, dtype="uint8", default_value=1)
        return np.asarray(filled, np.uint8) > 0


@dataclass(frozen=True)
class Area:
    """A part of any picture, not yet laid on one.

    Attributes:
        frame: What the coordinates are: pixel edges, map coordinates of the picture's CRS, or those of GeoJSON:
            longitude and latitude, and pixel edges in pictures without a CRS.
        polygons: Parts of the area.
        given: As the caller gave it: columns and rows (x, y, width, height), map coordinates (xmin, ymin, xmax, ymax),
            or the path of a GeoJSON file.
    """

    frame: Literal["pixels", "map", "geojson"]
    polygons: tuple[Polygon, ...]
    given: tuple[float, ...] | str

    @property
    def name(self) -> str:
        """How messages call it."""
        if isinstance(self.given, str):
            return f"area '{self.given}'"
        kind = "window" if self.frame == "pixels" else "bbox"
        return f"{kind} {','.join(f'{number:g}' for number in self.given)}"

    def as_parameters(self) -> dict[str, list[float] | str]:
        """What a report records of it: `window`, `bbox` or `area`, as the options of the command take them."""
        if isinstance(self.given, str):
            return {"area": self.given}
        return {"window" if self.frame == "pixels" else "bbox": list(self.given)}

    @classmethod
    def from_window(cls, x: int, y: int, width: int, height: int) -> "Area":
        """The window with its upper left corner at column x, row y.

        Raises:
            SpecificationError: It has no pixels.
        """
        if width < 1 or height < 1:
            raise SpecificationError(
                f"a window of {width} x {height} pixels was given; expected at least 1 x 1"
            )
        return cls("pixels", (_rectangle(x, y, x + width, y + height),), (x, y, width, height))

    @classmethod
    def from_bbox(cls, xmin: float, ymin: float, xmax: float, ymax: float) -> "Area":
        """The rectangle between two corners in the coordinate system of the picture.

        Raises:
            SpecificationError: It is empty.
        """
        if not (xmin < xmax and ymin < ymax and all(map(math.isfinite, (xmin, ymin, xmax, ymax)))):
            raise SpecificationError(
                f"the bbox {xmin:g},{ymin:g},{xmax:g},{ymax:g} is empty; expected xmin,ymin,xmax,ymax with "
                "xmin < xmax and ymin < ymax"
            )
        return cls("map", (_rectangle(xmin, ymin, xmax, ymax),), (xmin, ymin, xmax, ymax))

    @classmethod
    def from_geojson(cls, path: Path | str) -> "Area":
        """All polygons of a GeoJSON file.

        Raises:
            InputError: Missing, unreadable, damaged, without polygons, or in another coordinate system.
        """
        path = Path(path)
        try:
            with path.open("rb") as stream:
                content = stream.read(_MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"'{path}' cannot be read ({reason}); {_EXPECTED_GEOJSON}") from error
        if len(content) > _MAX_BYTES:
            raise InputError(
                f"'{path}' is larger than {_MAX_BYTES // 2**20} MiB; simplify its outlines first"
            )
        try:
            polygons = tuple(_polygons(json.loads(content)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(
                f"'{path}' is no usable area ({reason}); {_EXPECTED_GEOJSON}: export it again"
            ) from error
        if not polygons:
            raise InputError(f"'{path}' holds no polygon; {_EXPECTED_GEOJSON}: draw one")
        return cls("geojson", polygons, str(path))

    def on(self, grid: Grid) -> PixelArea:
        """Lay the area on a picture.

        Raises:
            InputError: The picture lacks the coordinate system that the area needs, or they do not meet.
        """
        where = f"'{grid.path}'" if grid.path else "the picture"
        polygons = tuple(tuple(self._pixels(ring, grid, where) for ring in rings) for rings in self.polygons)
        outer = np.concatenate([rings[0] for rings in polygons])
        x0, y0 = np.floor(np.maximum(outer.min(axis=0), 0))
        x1, y1 = np.ceil(np.minimum(outer.max(axis=0), (grid.width, grid.height)))
        if not (x0 < x1 and y0 < y1):
            low, high = outer.min(axis=0), outer.max(axis=0)
            raise InputError(
                f"the {self.name} covers columns {low[0]:.0f} to {high[0]:.0f} and rows {low[1]:.0f} to "
                f"{high[1]:.0f}, outside of {where} ({grid.width} x {grid.height} pixels); expected an area that "
                "meets the picture: check the coordinates and their order"
            )
        area = PixelArea(Window(int(x0), int(y0), int(x1), int(y1)), polygons)
        if not any(area.mask(part).any() for part in _parts(area.window)):
            raise InputError(
                f"the {self.name} holds no pixel of {where}; expected an area around at least one pixel's centre"
            )
        return area

    def _pixels(self, ring: Ring, grid: Grid, where: str) -> Points:
        points = np.array(ring, np.float64)
        has_place = grid.crs is not None and grid.geotransform is not None
        if self.frame == "pixels" or (self.frame == "geojson" and not has_place):
            return points
        if grid.geotransform is None or (self.frame == "map" and not has_place):
            raise InputError(
                f"{where} has no map coordinates, which the {self.name} needs; expected a georeferenced picture: "
                "give the area in pixels, with --window for instance"
            )
        if self.frame == "geojson" and grid.crs is not None:
            if np.abs(points[:, 1]).max() > 90 or np.abs(points[:, 0]).max() > 360:
                raise InputError(
                    f"the {self.name} has coordinates such as {points[0, 0]:g}, {points[0, 1]:g}; "
                    f"{_EXPECTED_GEOJSON}: reproject it, with 'ogr2ogr -t_srs EPSG:4326' for instance"
                )
            points = from_wgs84(_densified(points), grid.crs)
            if not np.isfinite(points).all():
                raise InputError(
                    f"the {self.name} lies where the coordinate system of {where} has no coordinates; "
                    "expected an area that meets the picture"
                )
        return apply_geotransform(invert_geotransform(grid.geotransform), points)


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return (((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)),)


def _polygons(data: Any) -> Iterator[Polygon]:  # noqa: ANN401 - any JSON
    system = str(((data.get("crs") or {}).get("properties") or {}).get("name", "CRS84"))
    if not system.upper().endswith(("CRS84", "EPSG::4326", "EPSG:4326")):
        raise ValueError(f"its coordinate system is {system[:80]}")
    kind = data["type"]
    if kind == "FeatureCollection":
        for feature in data["features"]:
            yield from _polygons(feature)
    elif kind == "Feature":
        if data["geometry"] is not None:
            yield from _polygons(data["geometry"])
    elif kind == "GeometryCollection":
        for geometry in data["geometries"]:
            yield from _polygons(geometry)
    elif kind in {"Polygon", "MultiPolygon"}:
        parts = [data["coordinates"]] if kind == "Polygon" else data["coordinates"]
        yield from (tuple(_ring(ring) for ring in part) for part in parts if part)
    elif kind not in {"Point", "MultiPoint", "LineString", "MultiLineString"}:
        raise ValueError(f"the type '{str(kind)[:40]}' is unknown")


def _ring(coordinates: Iterable[Any]) -> Ring:
    ring = tuple((float(point[0]), float(point[1])) for point in coordinates)
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise ValueError("a ring is not closed or has fewer than four positions")
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in ring):
        raise ValueError("a position is not a finite number")
    return ring


def _densified(points: Points) -> Points:
    share = np.arange(_EDGE_PARTS)[np.newaxis, :, np.newaxis] / _EDGE_PARTS
    between = points[:-1, np.newaxis] * (1 - share) + points[1:, np.newaxis] * share
    return np.concatenate([between.reshape(-1, 2), points[-1:]])


def _meets(ring: Points, window: Window) -> bool:
    low, high = ring.min(axis=0), ring.max(axis=0)
    return bool(low[0] < window.x1 and high[0] > window.x0 and low[1] < window.y1 and high[1] > window.y0)


def _parts(window: Window) -> Iterator[Window]:
    """The window cut into pieces of at most 4096 x 4096 pixels."""
    for y in range(window.y0, window.y1, 4096):
        for x in range(window.x0, window.x1, 4096):
            yield Window(x, y, min(x + 4096, window.x1), min(y + 4096, window.y1))
