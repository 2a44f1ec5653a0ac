"""A finding's transform, drawn: the outline of the source, and what the fitted matrix makes of it at the copy."""

import math

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from geotamper.imagery.polygons import Ring, mask_polygons
from geotamper.imagery.region import Region
from geotamper.imagery.similarity import Similarity
from geotamper.inspection.exhibit import ShownFinding
from geotamper.inspection.report import Transform
from geotamper.reporting.svg import Point, arrow_head, drawing, line, path, text

WIDTH, HEIGHT = 520.0, 312.0
LEFT, RIGHT = (125.0, 144.0), (385.0, 144.0)
RADIUS = 88.0
"""Units that the larger of both shapes takes from its middle."""

AXIS = 104.0
BAR = 70.0
SIMPLER = 0.4
"""Units of the drawing by which simplified outlines may be off."""

WAYS = (
    "to the right",
    "to the upper right",
    "upwards",
    "to the upper left",
    "to the left",
    "to the lower left",
    "downwards",
    "to the lower right",
)


def transform_diagram(item: ShownFinding, numbers: Transform) -> Markup | None:
    """Draw what was done to a region.

    Source and copy stand side by side in one scale, each with the direction that points to the right in the source.

    Args:
        item: The finding.
        numbers: Its transform in the report, with uncertainties.

    Returns:
        SVG; None for a finding without a transform.
    """
    if item.transform is None:
        return None
    middle = _middle(item.source)
    carried = item.transform.apply(middle)
    rings = outline(item.source), outline(item.target)
    extent = max(
        _extent(rings[0], middle),
        _extent(rings[1], carried),
        item.transform.scale * _extent(rings[0], middle),
    )
    unit = RADIUS / extent
    simple = outline(item.source, SIMPLER / unit), outline(item.target, SIMPLER / unit)
    moved = [[(x, y) for x, y in item.transform.apply(ring).tolist()] for ring in simple[0]]
    parts = [
        path(_placed(simple[0], middle, LEFT, unit), "source"),
        path(_placed(simple[1], carried, RIGHT, unit), "target"),
        path(_placed(moved, carried, RIGHT, unit), "carried"),
        *_direction(LEFT, 0.0),
        *_turn(item.transform),
        *_way(carried - middle),
        *_bars(numbers),
        text("source", (LEFT[0], 20), anchor="middle"),
        text("copy", (RIGHT[0], 20), anchor="middle"),
        text(
            f"turned {numbers.rotation_deg:+.3f}° ± {numbers.rotation_sigma:.3f}°",
            (RIGHT[0], HEIGHT - 46),
            "value",
            anchor="middle",
        ),
    ]
    title = (
        f"Transform of finding {item.id}: turned by {numbers.rotation_deg:+.2f} degrees, scaled by "
        f"{numbers.scale:.4f}, moved by {math.dist(carried, middle):.1f} pixels"
    )
    return drawing(WIDTH, HEIGHT, parts, title=title, kind="transform")


def outline(region: Region, simplify: float = 0.0) -> list[Ring]:
    """The rings of a region in pixels of the picture.

    Args:
        region: Not empty.
        simplify: Largest distance from the exact outline, pixels.
    """
    x0, y0 = region.window.x0, region.window.y0
    return [[(x + x0, y + y0) for x, y in ring] for ring in mask_polygons(region.mask, simplify=simplify)]


def way_words(dx: float, dy: float) -> str:
    """In which of eight directions on the screen something moved, y down."""
    return WAYS[round(math.degrees(math.atan2(-dy, dx)) / 45) % 8]


def _middle(region: Region) -> npt.NDArray[np.float64]:
    """The mean pixel centre."""
    columns, rows = np.count_nonzero(region.mask, axis=0), np.count_nonzero(region.mask, axis=1)
    x = columns @ np.arange(len(columns)) / columns.sum()
    y = rows @ np.arange(len(rows)) / rows.sum()
    return np.array([x + region.window.x0 + 0.5, y + region.window.y0 + 0.5])


def _extent(rings: list[Ring], middle: npt.NDArray[np.float64]) -> float:
    points = np.concatenate([np.asarray(ring) for ring in rings])
    return max(1.0, float(np.linalg.norm(points - middle, axis=1).max()))


def _placed(rings: list[Ring], middle: npt.NDArray[np.float64], at: Point, unit: float) -> list[list[Point]]:
    return [
        [(at[0] + unit * (x - middle[0]), at[1] + unit * (y - middle[1])) for x, y in ring] for ring in rings
    ]


def _direction(middle: Point, angle_deg: float) -> list[Markup]:
    """An arrow from the middle of a shape, at an angle counter-clockwise on the screen."""
    along = (math.cos(math.radians(angle_deg)), -math.sin(math.radians(angle_deg)))
    tip = (middle[0] + AXIS * along[0], middle[1] + AXIS * along[1])
    return [line(middle, (tip[0] - 8 * along[0], tip[1] - 8 * along[1]), "axis"), arrow_head(tip, along, 10)]


def _turn(transform: Similarity) -> list[Markup]:
    """The source's direction at the copy: as it was (dashed), as it is now, and the angle between them."""
    angle = transform.rotation_deg
    radius = 0.62 * AXIS
    steps = np.radians(np.linspace(0, angle, max(2, math.ceil(abs(angle) / 4) + 1)))
    arc = [(RIGHT[0] + radius * math.cos(step), RIGHT[1] - radius * math.sin(step)) for step in steps]
    before = (RIGHT[0] + AXIS, RIGHT[1])
    return [line(RIGHT, before, "before"), *_direction(RIGHT, angle), path([arc], "angle", closed=False)]


def _way(moved: npt.NDArray[np.float64]) -> list[Markup]:
    x0, x1, y = LEFT[0] + 40, RIGHT[0] - 40, 28.0
    dx, dy = (float(value) for value in moved)
    words = f"moved {math.hypot(dx, dy):.1f} px {way_words(dx, dy)}"
    return [
        line((x0, y), (x1 - 8, y), "axis"),
        arrow_head((x1, y), (1.0, 0.0), 10),
        text(words, ((x0 + x1) / 2, y - 10), "small", anchor="middle"),
    ]


def _bars(numbers: Transform) -> list[Markup]:
    """Two bars whose lengths are in the ratio of the scale."""
    y = HEIGHT - 8
    unit = BAR / max(1.0, numbers.scale)
    spans = ((LEFT[0], unit, "length 1"), (RIGHT[0], unit * numbers.scale, ""))
    parts: list[Markup] = []
    for middle, length, words in spans:
        left, right = middle - length / 2, middle + length / 2
        parts.append(path([[(left, y - 6), (left, y), (right, y), (right, y - 6)]], "angle", closed=False))
        label = words or f"scaled by {numbers.scale:.4f} ± {numbers.scale_sigma:.4f}"
        parts.append(text(label, (middle, y - 10), "value" if not words else "small", anchor="middle"))
    return parts
