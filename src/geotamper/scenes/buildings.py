"""Buildings seen from above: gabled and hipped houses, sheds with ribbed metal roofs, flat-roofed blocks."""

from dataclasses import dataclass

import numpy as np

from geotamper.scenes.canvas import Canvas, Colour
from geotamper.scenes.geometry import Points, box_at, ellipse, rectangle
from geotamper.scenes.ground import varied
from geotamper.scenes.result import CLASS_LABELS
from geotamper.scenes.stencil import Sprite, Stencil

_LABEL = CLASS_LABELS["Building"]
_TILES: tuple[Colour, ...] = (
    (0.55, 0.33, 0.25), (0.60, 0.39, 0.30), (0.42, 0.38, 0.36), (0.36, 0.37, 0.40), (0.50, 0.44, 0.38),
)  # fmt: skip
_METAL: tuple[Colour, ...] = ((0.70, 0.71, 0.72), (0.50, 0.56, 0.61), (0.60, 0.57, 0.53), (0.50, 0.54, 0.50))
_FLAT: tuple[Colour, ...] = ((0.62, 0.61, 0.58), (0.50, 0.49, 0.47), (0.74, 0.73, 0.70), (0.56, 0.50, 0.44))


@dataclass(frozen=True)
class Site:
    """Where a building stands.

    Attributes:
        centre: Picture position, pixels.
        heading: Picture direction of its long side, radians.
        length: Along the heading, metres.
        width: Across, metres.
    """

    centre: tuple[float, float]
    heading: float
    length: float
    width: float


def draw_house(canvas: Canvas, site: Site) -> Sprite:
    """A dwelling with a gabled or hipped tile roof, sometimes with a wing, and what sits on the roof."""
    rng = canvas.rng
    stencil = _stencil(canvas, site)
    colour = varied(rng, _TILES[int(rng.integers(len(_TILES)))], 0.08)
    hip = float(rng.choice([0.0, 0.5, 0.9])) * site.width / 2
    if rng.random() < 0.45:
        _wing(canvas, stencil, site, colour)
    _roof(canvas, stencil, (site.length, site.width), hip, colour)
    stencil.ribs(rng, spacing=0.45, strength=0.03)
    stencil.weather(rng, strength=0.05, cell=3)
    ridge = site.length / 2 - hip
    if rng.random() < 0.5:
        _panels(canvas, stencil, (ridge, site.width))
    _chimney(canvas, stencil, (float(rng.uniform(-0.8, 0.8)) * ridge, float(rng.uniform(-0.6, 0.6))))
    return stencil.sprite(_LABEL, height=float(rng.uniform(5.0, 7.5)))


def draw_shed(canvas: Canvas, site: Site) -> Sprite:
    """A warehouse, barn or hangar under a low ribbed metal roof with skylights and vents."""
    rng = canvas.rng
    stencil = _stencil(canvas, site)
    colour = varied(rng, _METAL[int(rng.integers(len(_METAL)))], 0.06)
    _roof(canvas, stencil, (site.length, site.width), 0.0, colour, pitch=0.5)
    stencil.ribs(rng, spacing=float(rng.uniform(0.8, 1.3)), strength=0.025)
    stencil.weather(rng, strength=0.06, cell=6)
    x = -site.length / 2 + float(rng.uniform(2, 5))
    while x < site.length / 2 - 2:
        for side in (-1, 1):
            if rng.random() < 0.7:
                light = box_at(
                    (x, side * site.width * rng.uniform(0.2, 0.3)), rng.uniform(0.8, 1.2), site.width * 0.22
                )
                stencil.polygon(light, varied(rng, (0.80, 0.83, 0.82), 0.06))
        if rng.random() < 0.6:
            _box(canvas, stencil, (x + 1.5, 0.0), (1.1, 1.1), (0.58, 0.58, 0.57))
        x += float(rng.uniform(5, 8))
    return stencil.sprite(_LABEL, height=float(rng.uniform(7, 11)))


def draw_block(canvas: Canvas, site: Site, *, height: float) -> Sprite:
    """A flat-roofed building of `height` metres: parapet, gravel or membrane, stair heads, machinery."""
    rng = canvas.rng
    stencil = _stencil(canvas, site)
    colour = varied(rng, _FLAT[int(rng.integers(len(_FLAT)))], 0.06)
    parts = _plan(rng, site.length, site.width)
    rim = tuple(min(c * 1.22, 0.92) for c in colour)
    stencil.polygons([rectangle(*part) for part in parts], rim)
    _parapet_shade(canvas, stencil, parts, colour)
    stencil.ribs(rng, spacing=float(rng.uniform(1.6, 3.0)), strength=0.018)
    stencil.weather(rng, strength=0.045, cell=2.5)
    for part in parts:
        _installations(canvas, stencil, part)
    return stencil.sprite(_LABEL, height=height)


def _stencil(canvas: Canvas, site: Site) -> Stencil:
    radius = float(np.hypot(site.length, site.width)) * 0.5 + 4
    return Stencil(site.centre, site.heading, unit=canvas.unit, radius=radius)


def _lit(canvas: Canvas, heading: float, normal: float, pitch: float) -> float:
    """Brightness factor of a roof plane that falls off in the building's direction `normal`, radians."""
    facing = -(
        np.cos(heading + normal) * canvas.light.away[0] + np.sin(heading + normal) * canvas.light.away[1]
    )
    return float(1 + 0.34 * pitch * facing)


def _roof(
    canvas: Canvas,
    stencil: Stencil,
    size: tuple[float, float],
    hip: float,
    colour: Colour,
    *,
    pitch: float = 1.0,
) -> None:
    """Planes of a pitched roof; `hip` metres at either end slope down lengthwise."""
    a, b, ridge = size[0] / 2, size[1] / 2, size[0] / 2 - hip
    planes: list[tuple[float, list[tuple[float, float]]]] = [
        (np.pi / 2, [(-a, b), (a, b), (ridge, 0), (-ridge, 0)]),
        (-np.pi / 2, [(-a, -b), (a, -b), (ridge, 0), (-ridge, 0)]),
        (0.0, [(a, -b), (a, b), (ridge, 0)]),
        (np.pi, [(-a, -b), (-a, b), (-ridge, 0)]),
    ]
    for normal, corners in planes[: 4 if hip else 2]:
        factor = _lit(canvas, stencil.heading, normal, pitch)
        stencil.polygon(np.array(corners), [c * factor for c in colour])
    stencil.polygon(rectangle(-ridge, -0.14, ridge, 0.14), [min(c * 1.2, 0.9) for c in colour])


def _wing(canvas: Canvas, stencil: Stencil, site: Site, colour: Colour) -> None:
    """A lower cross wing on one side, its ridge at right angles to the main one."""
    rng = canvas.rng
    width = float(rng.uniform(0.32, 0.5)) * site.length
    x = float(rng.choice([-1, 1])) * (site.length - width) / 2 * float(rng.uniform(0.6, 1))
    side = float(rng.choice([-1, 1]))
    end = side * (site.width / 2 + float(rng.uniform(1.5, 3.5)))
    for half, normal in ((1, 0.0), (-1, np.pi)):
        plane = np.array([(x, 0), (x + half * width / 2, 0), (x + half * width / 2, end), (x, end)])
        factor = _lit(canvas, stencil.heading, normal, 1.0)
        stencil.polygon(plane, [c * factor for c in colour])


def _chimney(canvas: Canvas, stencil: Stencil, place: tuple[float, float]) -> None:
    _box(canvas, stencil, place, (0.8, 0.7), varied(canvas.rng, (0.50, 0.36, 0.30), 0.1))


def _panels(canvas: Canvas, stencil: Stencil, room: tuple[float, float]) -> None:
    """Solar panels on the sunny side."""
    rng = canvas.rng
    side = 1.0 if _lit(canvas, stencil.heading, np.pi / 2, 1) > 1 else -1.0
    columns, rows = int(rng.integers(2, 6)), int(rng.integers(1, 3))
    x0 = float(rng.uniform(-0.8, 0.1)) * room[0]
    for column in range(columns):
        for row in range(rows):
            centre = (x0 + column * 1.1, side * (room[1] * 0.13 + row * 1.5 + 0.7))
            if centre[0] + 0.6 < room[0] and abs(centre[1]) + 0.8 < room[1] / 2:
                stencil.polygon(box_at(centre, 0.98, 1.38), varied(rng, (0.15, 0.18, 0.27), 0.08))


def _plan(rng: np.random.Generator, length: float, width: float) -> list[tuple[float, float, float, float]]:
    """Rectangles of a block's ground plan: plain, L or T."""
    a, b = length / 2, width / 2
    form = int(rng.integers(3))
    if form == 0 or min(a, b) < 7:
        return [(-a, -b, a, b)]
    depth = float(rng.uniform(0.4, 0.6)) * width
    arm = float(rng.uniform(0.35, 0.55)) * length
    x = -a if form == 1 else float(rng.uniform(-a, a - arm))
    return [(-a, -b, a, -b + depth), (x, -b, x + arm, b)]


def _parapet_shade(
    canvas: Canvas, stencil: Stencil, parts: list[tuple[float, float, float, float]], colour: Colour
) -> None:
    """The roof within the parapet, with the parapet's shadow along the sunny edges."""
    dx, dy = _own_axes(stencil, canvas.light.away)
    depth = 0.9 * canvas.light.reach
    inner = [(x0 + 0.5, y0 + 0.5, x1 - 0.5, y1 - 0.5) for x0, y0, x1, y1 in parts]
    stencil.polygons([rectangle(*part) for part in inner], [c * 0.55 for c in colour])
    for x0, y0, x1, y1 in inner:
        lit = rectangle(
            x0 + max(dx, 0) * depth, y0 + max(dy, 0) * depth, x1 + min(dx, 0) * depth, y1 + min(dy, 0) * depth
        )
        stencil.polygon(lit, colour)
    if len(parts) > 1:
        # Where the parts meet there is no parapet.
        (_, _, _, y1), (x0, _, x1, _) = inner
        stencil.polygon(rectangle(x0 + max(dx, 0) * depth, y1 - 1.5, x1 + min(dx, 0) * depth, y1 + 2), colour)


def _installations(canvas: Canvas, stencil: Stencil, part: tuple[float, float, float, float]) -> None:
    """Stair head, air conditioners, ducts and vents, each with its shadow on the roof."""
    rng = canvas.rng
    x0, y0, x1, y1 = part[0] + 2, part[1] + 2, part[2] - 2, part[3] - 2
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    area = (x1 - x0) * (y1 - y0)
    for _ in range(int(rng.integers(1, 3 + int(area / 70)))):
        place = (float(rng.uniform(x0, x1)), float(rng.uniform(y0, y1)))
        size = (float(rng.uniform(0.8, 2.2)), float(rng.uniform(0.8, 1.8)))
        _box(canvas, stencil, place, size, varied(rng, (0.68, 0.69, 0.69), 0.12))
        if rng.random() < 0.5:
            stencil.polygon(ellipse(place, size[0] * 0.25, size[0] * 0.25), (0.28, 0.29, 0.30))
    if area > 60:
        place = (float(rng.uniform(x0 + 1, x1 - 1)), float(rng.uniform(y0 + 1, y1 - 1)))
        size = (float(rng.uniform(2.5, 4)), float(rng.uniform(2.2, 3.5)))
        _box(canvas, stencil, place, size, varied(rng, (0.60, 0.58, 0.55), 0.1), rise=2.4)


def _box(
    canvas: Canvas,
    stencil: Stencil,
    place: tuple[float, float],
    size: tuple[float, float],
    colour: Colour,
    *,
    rise: float = 1.1,
) -> None:
    """A box on a roof with its shadow, which stays on the roof's own colours."""
    dx, dy = _own_axes(stencil, canvas.light.away)
    length = rise * canvas.light.reach
    body = box_at(place, *size)
    stencil.darken(_hull(body, (dx * length, dy * length)), 0.55)
    stencil.polygon(body, colour)


def _hull(body: Points, shift: tuple[float, float]) -> list[Points]:
    """The body drawn out along a shift, as overlapping copies."""
    steps = np.linspace(0, 1, 6)
    return [body + step * np.asarray(shift) for step in steps]


def _own_axes(stencil: Stencil, direction: tuple[float, float]) -> tuple[float, float]:
    cos, sin = np.cos(stencil.heading), np.sin(stencil.heading)
    return (
        float(direction[0] * cos + direction[1] * sin),
        float(direction[1] * cos - direction[0] * sin),
    )
