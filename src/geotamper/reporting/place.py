"""Where a picture lies on Earth, for the maps and tables of the report."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.errors import InputError
from geotamper.imagery.georeference import apply_geotransform, to_wgs84
from geotamper.imagery.picture import Geotransform
from geotamper.imagery.pixel_source import PixelSource

Points = npt.NDArray[np.float64]

EQUATOR_RADIUS = 6_378_137.0
ECCENTRICITY_2 = 0.006_694_379_990_14
"""WGS 84: equatorial radius in metres, first eccentricity squared."""


@dataclass(frozen=True)
class Place:
    """The way from pixels to the ground.

    Attributes:
        crs: "EPSG:..." or WKT.
        geotransform: GDAL order.
        width: Columns of the picture.
        height: Rows of the picture.
    """

    crs: str
    geotransform: Geotransform
    width: int
    height: int

    def to_map(self, points: npt.ArrayLike) -> Points:
        """Map coordinates of (N, 2) points in pixels, corners at whole numbers."""
        return apply_geotransform(self.geotransform, points)

    def to_degrees(self, points: npt.ArrayLike) -> Points:
        """Longitude and latitude, WGS 84, of (N, 2) points in pixels; longitudes run on beyond 180 degrees.

        Raises:
            InputError: The CRS has no way to WGS 84.
        """
        degrees = to_wgs84(self.to_map(points), self.crs)
        first = degrees[0, 0]
        degrees[:, 0] = first + (degrees[:, 0] - first + 180) % 360 - 180
        return degrees

    @property
    def corners(self) -> Points:
        """(4, 2) corners of the picture in pixels, from the upper left one clockwise."""
        w, h = float(self.width), float(self.height)
        return np.array([[0, 0], [w, 0], [w, h], [0, h]])

    def ground_jacobian(self, x: float, y: float) -> Points:
        """(2, 2) metres to the east and north (rows) per pixel to the right and down (columns) at a point."""
        reach = max(0.5, min(self.width, self.height) / 100)
        around = [[x + reach, y], [x - reach, y], [x, y + reach], [x, y - reach]]
        right, left, below, above = self.to_degrees(around)
        slope = np.column_stack([right - left, below - above]) / (2 * reach)
        return np.asarray(
            slope * np.array(metres_per_degree(float((above[1] + below[1]) / 2)))[:, np.newaxis]
        )

    def north(self, x: float, y: float) -> tuple[float, float]:
        """Unit vector to the north at a point, in pixels, y down."""
        dx, dy = np.linalg.solve(self.ground_jacobian(x, y), [0.0, 1.0])
        length = math.hypot(dx, dy)
        return float(dx / length), float(dy / length)

    def pixel_metres(self, x: float, y: float) -> tuple[float, float]:
        """Width and height of a pixel on the ground, metres."""
        across, down = np.linalg.norm(self.ground_jacobian(x, y), axis=0)
        return float(across), float(down)


def place_of(source: PixelSource) -> Place | None:
    """Where a picture lies; None where its file does not tell, or in a system that has no place on Earth."""
    if source.crs is None or source.geotransform is None:
        return None
    place = Place(source.crs, source.geotransform, source.width, source.height)
    try:
        degrees = place.to_degrees(place.corners)
        jacobian = place.ground_jacobian(source.width / 2, source.height / 2)
    except InputError:
        return None
    is_usable = bool(np.isfinite(degrees).all() and np.isfinite(jacobian).all())
    return place if is_usable and abs(np.linalg.det(jacobian)) > 0 else None


def metres_per_degree(latitude: float) -> tuple[float, float]:
    """Length of a degree of longitude and of latitude on the WGS 84 ellipsoid, metres."""
    sine = math.sin(math.radians(latitude))
    bend = 1 - ECCENTRICITY_2 * sine * sine
    along = EQUATOR_RADIUS / math.sqrt(bend) * math.cos(math.radians(latitude))
    up = EQUATOR_RADIUS * (1 - ECCENTRICITY_2) / bend**1.5
    return math.radians(along), math.radians(up)


def degrees_text(longitude: float, latitude: float, *, digits: int = 5) -> str:
    """A place as people write it.

    Example:
        >>> degrees_text(-8.5, 47.25, digits=2)
        '47.25° N, 8.50° W'
    """
    longitude = (longitude + 180) % 360 - 180
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.{digits}f}° {north}, {abs(longitude):.{digits}f}° {east}"
