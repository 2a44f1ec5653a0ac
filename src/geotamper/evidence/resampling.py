"""Predicting pixels from another place of the picture under any interpolation kernel."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.loops.predictions import resample_points, residual_window
from geotamper.evidence.planes import Planes
from geotamper.imagery.kernels import Kernel
from geotamper.imagery.region import Matrix, Window

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Resampling:
    """How a prediction interpolates.

    Attributes:
        kernel: The interpolation kernel.
        widening: Factor >= 1 by which it is stretched (antialiasing).
    """

    kernel: Kernel
    widening: float = 1.0


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
    kernel = how.kernel
    table, support = kernel.table(), kernel.support
    resample_points(picture, xs, ys, table, support, how.widening, kernel.bias, kernel.fractions, out)
    return out


def residual(planes: Planes, matrix: Matrix, window: Window, how: Resampling) -> FloatPlane:
    """How far each pixel of a window is from its prediction, grey levels.

    Args:
        planes: The picture.
        matrix: Where each pixel is predicted from, index coordinates.
        window: The pixels asked for.
        how: How the prediction interpolates.

    Returns:
        (rows, columns) float32, the largest of the three channels; `OUTSIDE` (99) where nothing can be said.
    """
    out = np.empty(window.shape, np.float32)
    kernel = how.kernel
    residual_window(
        planes.colour,
        matrix,
        window.x0,
        window.y0,
        kernel.table(),
        kernel.support,
        how.widening,
        kernel.bias,
        kernel.fractions,
        out,
    )
    return out
