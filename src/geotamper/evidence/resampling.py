"""Predicting pixels from another place of the picture under any interpolation kernel."""

import math

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled
from geotamper.evidence.planes import Planes
from geotamper.evidence.region import Matrix, Window
from geotamper.imagery.kernels import STEPS_PER_PIXEL, Kernel

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

OUTSIDE = 99.0
"""Residual of a pixel whose prediction would lie outside the picture or on the pixel itself."""

MIN_SHIFT = 8.0
"""A place is not predicted from less than this many pixels away: neighbours resemble each other."""


@compiled
def _resample(
    picture: FloatPlane,
    xs: Floats,
    ys: Floats,
    table: Floats,
    support: float,
    widening: float,
    out: FloatPlane,
) -> None:
    """Sample `picture` (H, W, C) at n points with a separable kernel given as a table."""
    height, width, channels = picture.shape
    reach = support * widening
    step = STEPS_PER_PIXEL / widening
    wx = np.empty(64)
    sums = np.empty(channels)
    for i in range(len(xs)):
        x, y = xs[i], ys[i]
        x0, x1 = int(math.ceil(x - reach)), int(math.floor(x + reach))
        y0, y1 = int(math.ceil(y - reach)), int(math.floor(y + reach))
        total_x = 0.0
        for j in range(x0, x1 + 1):
            at = abs(x - j) * step
            k = int(at)
            wx[j - x0] = table[k] + (at - k) * (table[k + 1] - table[k])
            total_x += wx[j - x0]
        total_y = 0.0
        for c in range(channels):
            sums[c] = 0.0
        for row in range(y0, y1 + 1):
            at = abs(y - row) * step
            k = int(at)
            wy = table[k] + (at - k) * (table[k + 1] - table[k])
            total_y += wy
            r = min(max(row, 0), height - 1)
            for j in range(x0, x1 + 1):
                weight = wx[j - x0] * wy
                column = min(max(j, 0), width - 1)
                for c in range(channels):
                    sums[c] += weight * picture[r, column, c]
        norm = 1.0 / (total_x * total_y)
        for c in range(channels):
            out[i, c] = min(max(sums[c] * norm, 0.0), 255.0)


def sample(
    picture: FloatPlane, xs: Floats, ys: Floats, kernel: Kernel, widening: float = 1.0
) -> FloatPlane:
    """Values of a picture between its pixels.

    Args:
        picture: (H, W, C) float32, grey levels.
        xs: (n,) columns, fractions allowed; beyond the frame the border is repeated.
        ys: (n,) rows.
        kernel: How to interpolate.
        widening: Factor >= 1 by which the kernel is stretched (antialiasing).

    Returns:
        (n, C) float32, clipped to 0..255, not rounded.
    """
    out = np.empty((len(xs), picture.shape[2]), np.float32)
    _resample(picture, xs, ys, kernel.table(), kernel.support, widening, out)
    return out


def residual(planes: Planes, matrix: Matrix, window: Window, kernel: Kernel, widening: float = 1.0) -> FloatPlane:
    """How far each pixel of a window is from its prediction, grey levels.

    Args:
        planes: The picture.
        matrix: Where each pixel is predicted from, index coordinates.
        window: The pixels asked for.
        kernel: How the prediction interpolates.
        widening: Factor by which the kernel is stretched.

    Returns:
        (rows, columns) float32, the largest of the three channels; `OUTSIDE` where nothing can be said.
    """
    rows, columns = np.mgrid[window.y0 : window.y1, window.x0 : window.x1].astype(np.float64)
    xs = matrix[0, 0] * columns + matrix[0, 1] * rows + matrix[0, 2]
    ys = matrix[1, 0] * columns + matrix[1, 1] * rows + matrix[1, 2]
    predicted = sample(planes.colour, xs.ravel(), ys.ravel(), kernel, widening)
    difference = np.abs(planes.colour[window.slices] - predicted.reshape(*window.shape, -1)).max(axis=2)
    blind = (xs < 0) | (ys < 0) | (xs > planes.width - 1) | (ys > planes.height - 1)
    blind |= (xs - columns) ** 2 + (ys - rows) ** 2 < MIN_SHIFT**2
    difference[blind] = OUTSIDE
    return np.asarray(difference, np.float32)
