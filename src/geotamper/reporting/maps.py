"""Maps of a georeferenced picture, drawn without any other source: where it lies, and where in it the findings lie."""

import base64
import io
import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from PIL import Image

from geotamper.imagery.pixel_source import reduced_size
from geotamper.imagery.region import Region, Window
from geotamper.inspection.exhibit import Exhibit, ShownFinding
from geotamper.reporting.diagram import outline
from geotamper.reporting.graticule import Meridian, graticule
from geotamper.reporting.place import Place, degrees_text, metres_per_degree
from geotamper.reporting.svg import (
    Point,
    arrow_head,
    drawing,
    element,
    line,
    north_arrow,
    path,
    scale_bar,
    text,
)
from geotamper.reporting.windows import assemble_window

Points = npt.NDArray[np.float64]
Placed = Callable[[npt.ArrayLike], list[Point]]
"""Takes pixels of the picture to the drawing."""

SIDE = 420.0
"""Longer side of a map, units of the drawing."""

PICTURE_PIXELS = 840
"""Pixels on the longer side of the picture below a map: two per unit, for fine screens and paper."""

EDGE_LEFT, EDGE_TOP, EDGE_RIGHT, EDGE_BOTTOM = 78.0, 14.0, 14.0, 30.0
"""Room around the frame, for the graticule's labels."""

AROUND = 6.0
"""Sides of the surroundings, as a multiple of the longer side of the picture."""

CLOSE = 0.5
"""A finding is shown by a map of its own where its regions span less than this share of the picture."""

MARK = 7.0
"""Smallest half side of a region's mark: regions that would be drawn smaller get a ring."""


def surroundings_map(exhibit: Exhibit, place: Place) -> Markup:
    """The outline of the picture among degrees of longitude and latitude, north up.

    Args:
        exhibit: The picture; its findings are dots.
        place: Where it lies.
    """
    corners = place.to_degrees(place.corners)
    middle = corners.mean(axis=0)
    metres = np.array(metres_per_degree(float(middle[1])))
    span = AROUND * float(np.max(np.ptp(corners, axis=0) * metres)) / metres
    span = span * min(1.0, 170 / span[1], 350 / span[0])
    low = middle - span / 2
    low[1] = min(max(low[1], -90.0), 90.0 - span[1])

    def placed(degrees: Points) -> list[Point]:
        share = (degrees - low) / span
        return [(EDGE_LEFT + SIDE * x, EDGE_TOP + SIDE * (1 - y)) for x, y in share.tolist()]

    parts = [element("rect", kind="paper", x=EDGE_LEFT, y=EDGE_TOP, width=SIDE, height=SIDE)]
    box = (float(low[0]), float(low[1]), float(low[0] + span[0]), float(low[1] + span[1]))
    labels = _Labels((SIDE, SIDE))
    for meridian in graticule(lambda points: points, box):
        points = placed(meridian.points[[0, -1]])
        parts.append(path([points], "graticule", closed=False))
        labels.add(meridian, points)
    parts.append(path([placed(corners)], "footprint"))
    for item in exhibit.items:
        for role, region in _roles(item):
            (dot,) = placed(place.to_degrees([_middle(region.window)]))
            parts.append(element("circle", kind=role, cx=dot[0], cy=dot[1], r=2.5))
    parts += [
        element("rect", kind="frame", x=EDGE_LEFT, y=EDGE_TOP, width=SIDE, height=SIDE),
        *labels.parts,
        *north_arrow((EDGE_LEFT + SIDE - 30, EDGE_TOP + 36), (0.0, -1.0), on_picture=False),
        *scale_bar(
            (EDGE_LEFT + 16, EDGE_TOP + SIDE - 14),
            SIDE / 3,
            float(span[0] * metres[0]) / SIDE,
            on_picture=False,
        ),
    ]
    title = f"The picture in its surroundings, around {degrees_text(*middle.tolist())}"
    size = (EDGE_LEFT + SIDE + EDGE_RIGHT, EDGE_TOP + SIDE + EDGE_BOTTOM)
    return drawing(*size, parts, title=title, kind="surroundings")


def picture_map(
    exhibit: Exhibit, place: Place, window: Window, *, title: str, inner: Window | None = None
) -> Markup:
    """A window of the picture with its findings, in pixels as they lie, among degrees.

    Args:
        exhibit: The picture and its findings; those that do not meet the window are left out.
        place: Where it lies.
        window: What to show, inside the picture.
        title: What it is, for those who do not see it.
        inner: A window to be marked, or None.
    """
    rows, columns = window.shape
    unit = SIDE / max(rows, columns)
    width, height = columns * unit, rows * unit

    def placed(points: npt.ArrayLike) -> list[Point]:
        share = (np.asarray(points, np.float64) - [window.x0, window.y0]) * unit
        return [(EDGE_LEFT + x, EDGE_TOP + y) for x, y in share.tolist()]

    parts = [_backdrop(exhibit, window, width, height)]
    box = (float(window.x0), float(window.y0), float(window.x1), float(window.y1))
    labels = _Labels((width, height))
    for meridian in graticule(place.to_degrees, box):
        points = placed(meridian.points)
        parts.append(path([points], "on-picture", closed=False))
        labels.add(meridian, points)
    if inner is not None:
        parts.append(path([placed(_ring(inner))], "window"))
    shown = [item for item in exhibit.items if _meets(item, window)]
    parts += [part for item in shown for part in _regions(item, placed, unit)]
    parts += [part for item in shown for part in _link(item, placed)]
    middle = (window.x0 + columns / 2, window.y0 + rows / 2)
    parts += [
        element("rect", kind="frame", x=EDGE_LEFT, y=EDGE_TOP, width=width, height=height),
        *labels.parts,
        *north_arrow((EDGE_LEFT + width - 34, EDGE_TOP + 34), place.north(*middle), on_picture=True),
        *scale_bar(
            (EDGE_LEFT + 20, EDGE_TOP + height - 18),
            width / 4,
            place.pixel_metres(*middle)[0] / unit,
            on_picture=True,
        ),
    ]
    size = (EDGE_LEFT + width + EDGE_RIGHT, EDGE_TOP + height + EDGE_BOTTOM)
    return drawing(*size, parts, title=title, kind="picture-map")


def close_window(exhibit: Exhibit) -> Window | None:
    """A window around the first finding; None where it would be most of the picture, or nothing was found."""
    if not exhibit.items:
        return None
    item = exhibit.items[0]
    one, other = item.source.window, item.target.window
    both = Window(min(one.x0, other.x0), min(one.y0, other.y0), max(one.x1, other.x1), max(one.y1, other.y1))
    source = exhibit.source
    if max(both.shape) > CLOSE * max(source.width, source.height):
        return None
    return both.grown(max(8, round(0.2 * max(both.shape))), (source.height, source.width))


def _backdrop(exhibit: Exhibit, window: Window, width: float, height: float) -> Markup:
    rows, columns = window.shape
    source = exhibit.source
    if (columns, rows) == (source.width, source.height):
        pixels = source.reduced(PICTURE_PIXELS).pixels
    else:
        pixels = assemble_window(source.read, window, reduced_size(columns, rows, PICTURE_PIXELS)).pixels
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
    address = f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
    return element(
        "image",
        href=address,
        preserveAspectRatio="none",
        x=EDGE_LEFT,
        y=EDGE_TOP,
        width=width,
        height=height,
    )


def _roles(item: ShownFinding) -> list[tuple[str, Region]]:
    target = ("target", item.target)
    return [target] if item.transform is None else [("source", item.source), target]


def _regions(item: ShownFinding, placed: Placed, unit: float) -> list[Markup]:
    parts: list[Markup] = []
    for role, region in _roles(item):
        parts.append(path([placed(ring) for ring in outline(region, 0.5 / unit)], role))
        (x, y), half = placed([_middle(region.window)])[0], max(region.window.shape) * unit / 2
        if half < MARK:
            parts.append(element("circle", kind=role, cx=x, cy=y, r=MARK))
        words = str(item.id)
        down = y + max(half, MARK) + 13
        parts += [
            element(
                "rect",
                kind="plate",
                x=x - 4 - 4 * len(words),
                y=down - 11,
                width=8 + 8 * len(words),
                height=15,
                rx=3,
            ),
            text(words, (x, down), "plate-text", anchor="middle"),
        ]
    return parts


def _link(item: ShownFinding, placed: Placed) -> list[Markup]:
    """The arrow from source to copy."""
    if item.transform is None:
        return []
    start, end = placed([_middle(item.source.window), _middle(item.target.window)])
    length = math.dist(start, end)
    if length < 4 * MARK:
        return []
    along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    gap = min(MARK + 3, length / 4)
    start = (start[0] + gap * along[0], start[1] + gap * along[1])
    end = (end[0] - gap * along[0], end[1] - gap * along[1])
    neck = (end[0] - 9 * along[0], end[1] - 9 * along[1])
    return [line(start, neck, "casing"), line(start, neck, "link"), arrow_head(end, along, 12, "link-head")]


class _Labels:
    """The values of lines, below the frame or to its left where they end there, as far as there is room.

    Args:
        frame: Width and height.
    """

    def __init__(self, frame: tuple[float, float]) -> None:
        self._width, self._height = frame
        self._taken: tuple[list[float], list[float]] = ([], [])
        self.parts: list[Markup] = []

    def add(self, meridian: Meridian, points: Sequence[Point]) -> None:
        """Write the value of one line, whose points are in the drawing."""
        left, bottom = EDGE_LEFT, EDGE_TOP + self._height
        if meridian.axis == 0:
            x, y = max(points, key=lambda point: point[1])
            half = 3.4 * len(meridian.words)
            ends_here = bottom - y < 1 and half < x < left + self._width + EDGE_RIGHT - half
            place, room, anchor, at = x, 2 * half, "middle", (x, bottom + 16)
        else:
            x, y = min(points)
            ends_here = x - left < 1 and EDGE_TOP + 4 < y < bottom - 4
            place, room, anchor, at = y, 14.0, "end", (left - 6, y + 4)
        taken = self._taken[meridian.axis]
        if ends_here and all(abs(place - other) >= room for other in taken):
            taken.append(place)
            self.parts.append(text(meridian.words, at, "small", anchor=anchor))


def _middle(window: Window) -> Point:
    return (window.x0 + window.x1) / 2, (window.y0 + window.y1) / 2


def _ring(window: Window) -> list[Point]:
    return [
        (window.x0, window.y0),
        (window.x1, window.y0),
        (window.x1, window.y1),
        (window.x0, window.y1),
    ]


def _meets(item: ShownFinding, window: Window) -> bool:
    return any(
        region.window.x0 < window.x1
        and window.x0 < region.window.x1
        and region.window.y0 < window.y1
        and window.y0 < region.window.y1
        for _, region in _roles(item)
    )
