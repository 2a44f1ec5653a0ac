"""The XML file of one HRSC2016 picture."""

import math
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt

from geotamper.sets.sources.decoding import Colour
from geotamper.sets.sources.errors import TileError


@dataclass(frozen=True)
class Ship:
    """One annotated ship.

    Attributes:
        centre: Of the rotated box, (x, y) pixels.
        length: Along the hull, pixels.
        breadth: Across, pixels.
        angle: Of the hull, radians, from the x axis towards the y axis, y down.
        class_id: As in the file, such as "100000013".
        colour: The ship's colour in the picture's mask, or None.
    """

    centre: tuple[float, float]
    length: float
    breadth: float
    angle: float
    class_id: str
    colour: Colour | None

    def corners(self) -> npt.NDArray[np.float64]:
        """The four corners in order, (4, 2) pixels."""
        along = np.array([math.cos(self.angle), math.sin(self.angle)]) * self.length / 2
        across = np.array([-math.sin(self.angle), math.cos(self.angle)]) * self.breadth / 2
        corners: npt.NDArray[np.float64] = np.array(self.centre) + np.array(
            [along + across, along - across, -along - across, -along + across]
        )
        return corners

    def extent(self) -> float:
        """The larger of the box's width and height on the picture, pixels."""
        corners = self.corners()
        return float((corners.max(axis=0) - corners.min(axis=0)).max())


@dataclass(frozen=True)
class Annotation:
    """What the file says about its picture.

    Attributes:
        ships: In the file's order.
        place: Identifier of the place, or its coordinates, or "".
        region: Where that is, "unknown" without coordinates.
        gsd_m: Metres per pixel, or None.
    """

    ships: tuple[Ship, ...]
    place: str
    region: str
    gsd_m: float | None


def read_annotation(path: Path) -> Annotation:
    """Read a file; any element may be empty or missing but the boxes of ships.

    Raises:
        TileError: No XML, or a ship without a complete box.
    """
    try:
        root = ET.fromstring(path.read_bytes())  # noqa: S314 - expat limits entities itself
        ships = tuple(_ship(node) for node in root.iter("HRSC_Object"))
    except (ET.ParseError, OSError, ValueError) as error:
        raise TileError(
            f"'{path}' cannot be read ({error}); expected an HRSC_Image annotation whose objects have numbers in "
            "mbox_cx, mbox_cy, mbox_w, mbox_h and mbox_ang",
            path,
        ) from error
    location = _text(root, "Img_Location")
    resolution = _text(root, "Img_Resolution")
    return Annotation(
        ships=ships,
        place=_text(root, "Place_ID") or location,
        region=_region(location),
        gsd_m=_positive(resolution),
    )


def _ship(node: ET.Element) -> Ship:
    x, y, length, breadth, angle = (
        float(_text(node, f"mbox_{name}")) for name in ("cx", "cy", "w", "h", "ang")
    )
    if not all(math.isfinite(v) for v in (x, y, length, breadth, angle)):
        raise ValueError("a box that is not finite")
    return Ship((x, y), length, breadth, angle, _text(node, "Class_ID"), _colour(_text(node, "seg_color")))


def _text(node: ET.Element, name: str) -> str:
    return (node.findtext(name) or "").strip()


def _colour(text: str) -> Colour | None:
    parts = text.replace(",", " ").split()
    if len(parts) != 3 or not all(part.isdecimal() and int(part) <= 255 for part in parts):
        return None
    red, green, blue = (int(part) for part in parts)
    return (red, green, blue) if red or green or blue else None  # black is the ground of the mask


def _positive(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < math.inf else None


def _region(location: str) -> str:
    try:
        latitude, longitude = (float(part) for part in location.split(","))
    except ValueError:
        return "unknown"
    if 68 < latitude < 70 and 32 < longitude < 35:
        return "Russia/Murmansk"
    # the other harbours of the set are American
    if 18 < latitude < 50 and -162 < longitude < -66:
        return "USA"
    return "unknown"
