"""Predicting pixels from another place of the picture under any interpolation kernel."""

import math
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Resampling:
    """How a prediction interpolates.

    Attributes:
        kernel: The interpolation kernel.
        widening: Factor >= 1 by which it is stretched (antialiasing).
    """

    kernel: Kernel
    widening: float = 1.0


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


@compiled
def _residual(
    colour: FloatPlane,
    matrix: Floats,
    x0: int,
    y0: int,
    table: Floats,
    support: float,
    widening: float,
    bias: float,
    out: FloatPlane,
) -> None:
    """Largest channel difference of each pixel of a window from its prediction."""
    height, width, _ = colour.shape
    reach = support * widening
    step = STEPS_PER_PIXEL / widening
    wx = np.empty(64)
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            px, py = column + x0, row + y0
            x = matrix[0, 0] * px + matrix[0, 1] * py + matrix[0, 2]
            y = matrix[1, 0] * px + matrix[1, 1] * py + matrix[1, 2]
            dx, dy = x - px, y - py
            if x < 0 or y < 0 or x > width - 1 or y > height - 1 or dx * dx + dy * dy < MIN_SHIFT * MIN_SHIFT:
                out[row, column] = OUTSIDE
                continue
            left, right = int(math.ceil(x - reach)), int(math.floor(x + reach))
            top, bottom = int(math.ceil(y - reach)), int(math.floor(y + reach))
            total_x = 0.0
            for j in range(left, right + 1):
                at = abs(x - j) * step
                k = int(at)
                wx[j - left] = table[k] + (at - k) * (table[k + 1] - table[k])
                total_x += wx[j - left]
            total_y = red = green = blue = 0.0
            for i in range(top, bottom + 1):
                at = abs(y - i) * step
                k = int(at)
                wy = table[k] + (at - k) * (table[k + 1] - table[k])
                total_y += wy
                r = min(max(i, 0), height - 1)
                for j in range(left, right + 1):
                    weight = wx[j - left] * wy
                    c = min(max(j, 0), width - 1)
                    red += weight * colour[r, c, 0]
                    green += weight * colour[r, c, 1]
                    blue += weight * colour[r, c, 2]
            norm = 1.0 / (total_x * total_y)
            e0 = abs(colour[py, px, 0] - min(max(red * norm - bias, 0.0), 255.0))
            e1 = abs(colour[py, px, 1] - min(max(green * norm - bias, 0.0), 255.0))
            e2 = abs(colour[py, px, 2] - min(max(blue * norm - bias, 0.0), 255.0))
            out[row, column] = max(e0, e1, e2)


def sample(picture: FloatPlane, xs: Floats, ys: Floats, how: Resampling) -> FloatPlane:
    """Values of a picture between its pixels.

    Args:
        picture: (H, W, C) float32, grey levels.
        xs: (n,) columns, fractions allowed; beyond the frame the border is repeated.
        ys: (n,) rows.
        how: How to interpolate.

    Returns:
        (n, C) float32, clipped to 0..255, not rounded.
    """
    out = np.empty((len(xs), picture.shape[2]), np.float32)
    _resample(picture, xs, ys, how.kernel.table(), how.kernel.support, how.widening, out)
    return out - np.float32(how.kernel.bias) if how.kernel.bias else out


def residual(planes: Planes, matrix: Matrix, window: Window, how: Resampling) -> FloatPlane:
    """How far each pixel of a window is from its prediction, grey levels.

    Args:
        planes: The picture.
        matrix: Where each pixel is predicted from, index coordinates.
        window: The pixels asked for.
        how: How the prediction interpolates.

    Returns:
        (rows, columns) float32, the largest of the three channels; `OUTSIDE` where nothing can be said.
    """
    out = np.empty(window.shape, np.float32)
    kernel = how.kernel
    _residual(
        planes.colour,
        matrix,
        window.x0,
        window.y0,
        kernel.table(),
        kernel.support,
        how.widening,
        kernel.bias,
        out,
    )
    return out
