"""Cars, vans and lorries seen from above."""

import numpy as np

from geotamper.scenes.canvas import Canvas, Colour
from geotamper.scenes.geometry import Points, box_at, rectangle
from geotamper.scenes.ground import varied
from geotamper.scenes.result import CLASS_LABELS
from geotamper.scenes.stencil import Sprite, Stencil

_LABEL = CLASS_LABELS["Car"]
_PAINT: tuple[Colour, ...] = (
    (0.88, 0.88, 0.87), (0.70, 0.71, 0.73), (0.12, 0.12, 0.14), (0.34, 0.36, 0.39), (0.60, 0.13, 0.12),
    (0.16, 0.26, 0.48), (0.80, 0.78, 0.72), (0.20, 0.33, 0.26), (0.72, 0.60, 0.22),
)  # fmt: skip
_GLASS: Colour = (0.13, 0.16, 0.19)


def draw_car(canvas: Canvas, centre: tuple[float, float], heading: float) -> Sprite:
    """A passenger car or van facing the picture direction `heading`, radians."""
    rng = canvas.rng
    length, width = float(rng.uniform(4.0, 5.1)), float(rng.uniform(1.8, 2.05))
    stencil = Stencil(centre, heading, unit=canvas.unit, radius=3.2)
    paint = varied(rng, _PAINT[int(rng.integers(len(_PAINT)))], 0.1)
    stencil.polygon(_body(length, width, float(rng.uniform(0.3, 0.55))), [c * 0.9 for c in paint])
    bonnet = length / 2 - float(rng.uniform(1.0, 1.4))
    roof_front, roof_back = bonnet - float(rng.uniform(0.7, 0.95)), -length / 2 + float(rng.uniform(0.5, 1.3))
    inner = width / 2 - 0.18
    stencil.polygon(_trapezium(bonnet, inner, roof_front, inner - 0.14), _GLASS)
    stencil.polygon(_trapezium(roof_back - 0.45, inner - 0.05, roof_back, inner - 0.14), _GLASS)
    stencil.polygon(rectangle(roof_back, -inner, roof_front, inner), [c * 0.45 for c in paint])
    stencil.polygon(
        rectangle(roof_back, -inner + 0.14, roof_front, inner - 0.14), [min(1.08 * c, 0.93) for c in paint]
    )
    stencil.weather(rng, strength=0.05, cell=1.2)
    return stencil.sprite(_LABEL, height=float(rng.uniform(1.4, 1.9)))


def draw_lorry(canvas: Canvas, centre: tuple[float, float], heading: float) -> Sprite:
    """A lorry with a box body or trailer."""
    rng = canvas.rng
    length, width = float(rng.uniform(8, 13)), float(rng.uniform(2.4, 2.6))
    stencil = Stencil(centre, heading, unit=canvas.unit, radius=7.5)
    cab = float(rng.uniform(1.8, 2.3))
    front = length / 2
    stencil.polygon(_body(length, width * 0.8, 0.1), (0.22, 0.22, 0.23))
    stencil.polygon(
        rectangle(front - cab, -width / 2, front, width / 2), varied(rng, _PAINT[int(rng.integers(9))], 0.1)
    )
    stencil.polygon(rectangle(front - 0.55, -width / 2 + 0.15, front - 0.15, width / 2 - 0.15), _GLASS)
    load = varied(
        rng, ((0.82, 0.82, 0.80), (0.45, 0.50, 0.56), (0.62, 0.44, 0.30))[int(rng.integers(3))], 0.08
    )
    stencil.polygon(box_at((-(cab + 0.4) / 2, 0), length - cab - 0.4, width), load)
    stencil.weather(rng, strength=0.05, cell=2)
    return stencil.sprite(_LABEL, height=float(rng.uniform(3.0, 3.8)))


def _body(length: float, width: float, nose: float) -> Points:
    """Outline with rounded corners of about `nose` metres."""
    a, b = length / 2, width / 2
    half = np.array([(a - nose, b), (a - 0.3 * nose, b - 0.3 * nose), (a, b - nose)])
    front = np.concatenate([half, half[::-1] * (1, -1)])
    return np.concatenate([front, front[::-1] * (-1, 1)])


def _trapezium(x0: float, half0: float, x1: float, half1: float) -> Points:
    return np.array([(x0, -half0), (x0, half0), (x1, half1), (x1, -half1)])
