"""Aeroplanes on the ground seen from above."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geotamper.scenes.canvas import Canvas, Colour
from geotamper.scenes.geometry import Points, ellipse, mirrored, rectangle
from geotamper.scenes.ground import varied
from geotamper.scenes.result import CLASS_LABELS
from geotamper.scenes.stencil import Sprite, Stencil

_LABEL = CLASS_LABELS["Airplane"]
_LIVERIES: tuple[Colour, ...] = (
    (0.16, 0.26, 0.52), (0.66, 0.14, 0.15), (0.12, 0.42, 0.36), (0.78, 0.50, 0.16), (0.30, 0.32, 0.36),
)  # fmt: skip


@dataclass(frozen=True)
class _Shape:
    """Measures of an aeroplane, metres and ratios."""

    length: float
    span: float
    body: float
    sweep: float
    wing_at: float
    root: float
    tip: float
    engines: int


def draw_airliner(canvas: Canvas, centre: tuple[float, float], heading: float) -> Sprite:
    """A jet with swept wings, 26 to 37 m long, its nose in the picture direction `heading`, radians."""
    rng = canvas.rng
    length = float(rng.uniform(26, 37))
    shape = _Shape(
        length=length,
        span=length * float(rng.uniform(0.82, 0.98)),
        body=length * float(rng.uniform(0.095, 0.115)),
        sweep=float(rng.uniform(0.42, 0.62)),
        wing_at=length * float(rng.uniform(0.06, 0.11)),
        root=length * float(rng.uniform(0.17, 0.21)),
        tip=length * float(rng.uniform(0.04, 0.06)),
        engines=2 if length < 34 or rng.random() < 0.6 else 4,
    )
    return _draw(canvas, centre, heading, shape)


def draw_light_aircraft(canvas: Canvas, centre: tuple[float, float], heading: float) -> Sprite:
    """A propeller aeroplane with straight wings, 8 to 12 m long."""
    rng = canvas.rng
    length = float(rng.uniform(8, 12))
    shape = _Shape(
        length=length,
        span=length * float(rng.uniform(1.2, 1.4)),
        body=length * float(rng.uniform(0.13, 0.16)),
        sweep=float(rng.uniform(0.0, 0.06)),
        wing_at=length * float(rng.uniform(0.12, 0.18)),
        root=length * float(rng.uniform(0.17, 0.21)),
        tip=length * float(rng.uniform(0.11, 0.15)),
        engines=0,
    )
    return _draw(canvas, centre, heading, shape)


def _draw(canvas: Canvas, centre: tuple[float, float], heading: float, shape: _Shape) -> Sprite:
    rng = canvas.rng
    stencil = Stencil(centre, heading, unit=canvas.unit, radius=max(shape.length, shape.span) * 0.56)
    white = varied(
        rng, ((0.87, 0.88, 0.89), (0.76, 0.78, 0.80), (0.85, 0.84, 0.79))[int(rng.integers(3))], 0.03
    )
    livery = varied(rng, _LIVERIES[int(rng.integers(len(_LIVERIES)))], 0.1)
    wing = _panel(shape.wing_at, shape.span / 2, shape.root, shape.tip, shape.sweep)
    tail_root = shape.root * 0.5
    tail = _panel(-0.4 * shape.length, shape.span * 0.18, tail_root, tail_root * 0.45, shape.sweep * 1.1)
    _engines(stencil, shape, livery)
    for half in (wing, mirrored(wing), tail, mirrored(tail)):
        stencil.polygon(half, [c * 0.88 for c in white])
    _flaps(stencil, shape, white)
    _fuselage(canvas, stencil, shape, white)
    nose = shape.length / 2
    stencil.polygon(
        rectangle(
            nose - 0.075 * shape.length, -shape.body * 0.27, nose - 0.055 * shape.length, shape.body * 0.27
        ),
        (0.16, 0.18, 0.21),
    )
    fin = np.array(
        [(-0.34, 0.004), (-0.47, 0.014), (-0.51, 0.010), (-0.51, -0.010), (-0.47, -0.014), (-0.34, -0.004)]
    )
    stencil.polygon(fin * shape.length, livery)
    stencil.weather(rng, strength=0.025, cell=2.5)
    height = 0.16 * shape.length
    return stencil.sprite(_LABEL, height=height, clearance=0.3 * height)


def _panel(front: float, half_span: float, root: float, tip: float, sweep: float) -> Points:
    """Right wing or tailplane: leading edge from `front` on the axis, swept back by `sweep` per metre."""
    end = front - sweep * half_span
    # The trailing edge has a kink at a third of the span, as those of most jets.
    kink = (front - sweep * half_span * 0.34 - root * 0.72 - tip * 0.1, half_span * 0.34)
    return np.array(
        [
            (front, 0),
            (end, half_span),
            (end - 0.5 * tip, half_span * 1.01),
            (end - tip, half_span),
            kink,
            (front - root, 0),
        ]
    )


def _fuselage(canvas: Canvas, stencil: Stencil, shape: _Shape, colour: Colour) -> None:
    """The body, lighter along the side that faces the sun."""
    half = shape.length / 2
    x = np.array([1.0, 0.985, 0.95, 0.89, 0.78, 0.4, -0.35, -0.6, -0.8, -0.93, -1.0]) * half
    r = np.array([0.0, 0.3, 0.58, 0.83, 1.0, 1.0, 1.0, 0.84, 0.52, 0.25, 0.1]) * shape.body / 2
    sunny = -(
        -np.sin(stencil.heading) * canvas.light.away[0] + np.cos(stencil.heading) * canvas.light.away[1]
    )
    tones = np.linspace(-1, 1, 7)
    for left, right in pairwise(tones):
        middle = (left + right) / 2
        factor = 1.02 - 0.1 * middle**2 + 0.13 * middle * float(sunny)
        strip = np.concatenate([np.stack([x, r * left], axis=1), np.stack([x, r * right], axis=1)[::-1]])
        stencil.polygon(strip, [min(c * factor, 0.95) for c in colour])


def _flaps(stencil: Stencil, shape: _Shape, colour: Colour) -> None:
    """Dark gap in front of the flaps along the trailing edge."""
    y0, y1 = shape.span * 0.09, shape.span * 0.36
    x0 = shape.wing_at - shape.sweep * y0 - shape.root * 0.72
    x1 = shape.wing_at - shape.sweep * y1 - (shape.root * 0.3 + shape.tip * 0.45)
    gap = np.array([(x0, y0), (x1, y1), (x1 - 0.25, y1), (x0 - 0.25, y0)])
    stencil.polygons([gap, mirrored(gap)], [c * 0.62 for c in colour])


def _engines(stencil: Stencil, shape: _Shape, livery: Colour) -> None:
    """Nacelles ahead of the wing, two or four."""
    places = {0: (), 2: (0.33,), 4: (0.3, 0.58)}[shape.engines]
    for share in places:
        y = share * shape.span / 2
        x = shape.wing_at - shape.sweep * y
        size = shape.body * 0.62
        for side in (-1, 1):
            nacelle = ellipse((x + 0.1 * size, side * y), size * 1.15, size * 0.5)
            stencil.polygon(nacelle, [0.5 * c + 0.35 for c in livery])
            stencil.polygon(ellipse((x + 1.1 * size, side * y), size * 0.18, size * 0.42), (0.2, 0.2, 0.22))
