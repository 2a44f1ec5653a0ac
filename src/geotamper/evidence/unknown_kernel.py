"""The kernel of a tool that is not in the bank, estimated from the copy itself."""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from geotamper.evidence.loops.discs import MIN_RANGE
from geotamper.evidence.loops.predictions import kernel_equations
from geotamper.evidence.planes import Planes
from geotamper.imagery.kernels import Kernel
from geotamper.imagery.region import Matrix, Region

Floats = npt.NDArray[np.float64]

NAME = "estimated from the copy (unknown tool)"

SUPPORT = 4
PER_PIXEL = 8
"""Half width of the estimated kernel in pixels, and its knots per pixel."""

MOST_PIXELS = 900
LEAST_PIXELS = 120
"""Textured pixels an estimate needs: a few for each of its knots."""

STEPS = 3
STIFFNESS = 2e-4
"""Of the second difference between knots against the data: keeps knots steady that few pixels touch."""


def estimate_kernel(
    planes: Planes, region: Region, matrix: Matrix, start: Callable[[Floats], Floats], *, seed: int
) -> Kernel | None:
    """Estimate the separable kernel under which a place predicts a region best.

    Gauss-Newton on the kernel's values at knots, the transform being given; the kernel sums to 1 on whole pixels.

    Args:
        planes: The picture.
        region: What is predicted.
        matrix: From the region to the place it is predicted from, index coordinates.
        start: A kernel to start from, weight at a distance in pixels.
        seed: Of the choice of pixels.

    Returns:
        The kernel, or None where the region has too little texture to tell one.
    """
    columns, rows = region.eroded(at_least=LEAST_PIXELS).pixels()
    textured = planes.colour_range[rows, columns] > MIN_RANGE
    columns, rows = columns[textured], rows[textured]
    if len(columns) < LEAST_PIXELS:
        return None
    if len(columns) > MOST_PIXELS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(columns), MOST_PIXELS, replace=False))
        columns, rows = columns[chosen], rows[chosen]
    xs = matrix[0, 0] * columns + matrix[0, 1] * rows + matrix[0, 2]
    ys = matrix[1, 0] * columns + matrix[1, 1] * rows + matrix[1, 2]
    distance = np.arange(SUPPORT * PER_PIXEL + 1) / PER_PIXEL
    knots = np.asarray(start(distance), np.float64)
    knots[-1] = 0.0
    # only the shape of the surroundings tells the kernel; their common level is taken away to condition the fit
    level = float(planes.grey[rows, columns].mean())
    plane = planes.grey - np.float32(level)
    for _ in range(STEPS):
        knots = _improved(plane, (columns, rows), (xs, ys), knots)
    return Kernel(NAME, float(SUPPORT), antialiased=False, function=partial(_interpolated, knots=knots))


def _improved(
    plane: npt.NDArray[np.float32],
    pixels: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    places: tuple[Floats, Floats],
    knots: Floats,
) -> Floats:
    count = len(knots)
    normal, right = np.zeros((count, count)), np.zeros(count)
    kernel_equations(plane, *pixels, *places, knots, float(PER_PIXEL), normal, right)
    normal = np.tril(normal) + np.tril(normal, -1).T
    bend = np.diff(np.eye(count), n=2, axis=0)
    stiffness = STIFFNESS * float(np.trace(normal)) / count
    normal += stiffness * bend.T @ bend + 1e-9 * float(np.trace(normal)) * np.eye(count)
    right = right - stiffness * bend.T @ (bend @ knots)
    step = np.linalg.solve(normal, right)
    step[-1] = 0.0
    return np.asarray(knots + step)


def _interpolated(distance: Floats, *, knots: Floats) -> Floats:
    return np.asarray(np.interp(distance * PER_PIXEL, np.arange(len(knots)), knots, right=0.0))
