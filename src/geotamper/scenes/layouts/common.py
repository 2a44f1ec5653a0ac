"""What several plans share."""

import numpy as np

from geotamper.scenes.canvas import Canvas
from geotamper.scenes.geometry import Frame
from geotamper.scenes.placement import Planting
from geotamper.scenes.result import OTHER_LABEL
from geotamper.scenes.vegetation import draw_tree

OPEN_GROUND = frozenset({OTHER_LABEL})
"""Where plants may grow: ground that is not paved, built over or farmed."""


def frame_for(
    canvas: Canvas, *, bend: float = 0.0, tilt: float = np.pi / 7, straight: bool = False
) -> tuple[Frame, float]:
    """A plan turned by up to `tilt` radians from one of the picture's axes, its origin mid-picture.

    Args:
        canvas: The picture.
        bend: Sideways swing of the plan's lines, metres.
        tilt: Largest turn away from the axes, radians.
        straight: Whether the plan's x axis stays within `tilt` of the picture's, either way round.

    Returns:
        The frame, and the distance in metres from the origin that covers the picture in all directions.
    """
    rng = canvas.rng
    height, width = canvas.shape
    quarter = 2 * int(rng.integers(2)) if straight else int(rng.integers(4))
    angle = quarter * np.pi / 2 + float(rng.uniform(-tilt, tilt))
    wavelength, phase = float(rng.uniform(160, 260)), float(rng.uniform(0, 2 * np.pi))
    frame = Frame((width / 2, height / 2), angle, canvas.unit, bend, wavelength, phase)
    return frame, float(np.hypot(height, width)) / 2 / canvas.unit + bend


def plant_tree(
    canvas: Canvas,
    planting: Planting,
    place: tuple[float, float],
    *,
    diameter: tuple[float, float],
    on: frozenset[int] | None = None,
) -> None:
    """Plant a tree where there is room; its crown may hang over other ground than its trunk stands on.

    Args:
        canvas: The picture.
        planting: What stands there already.
        place: Picture position of the trunk, pixels.
        diameter: Range of the crown's width, metres.
        on: Class ids of the ground that the trunk may stand on, or None for any.
    """
    size = float(canvas.rng.uniform(*diameter))
    if canvas.sees(place, margin=size / 2) and planting.is_open(place, on):
        planting.place(draw_tree(canvas, place, diameter=size), whole=False)


def scatter_trees(
    canvas: Canvas, planting: Planting, *, per_hectare: float, diameter: tuple[float, float] = (3, 8)
) -> None:
    """Plant single trees and small groups on open ground anywhere in the picture."""
    rng = canvas.rng
    height, width = canvas.shape
    hectares = height * width / canvas.unit**2 / 10_000
    for _ in range(rng.poisson(per_hectare * hectares)):
        x, y = float(rng.uniform(0, width)), float(rng.uniform(0, height))
        for _ in range(int(rng.integers(1, 4))):
            place = (x + float(rng.normal(0, 4 * canvas.unit)), y + float(rng.normal(0, 4 * canvas.unit)))
            plant_tree(canvas, planting, place, diameter=diameter, on=OPEN_GROUND)
