"""Fits of one transform to a region under one kernel, and how exactly the region is predicted then."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.loops.discs import MIN_RANGE
from geotamper.evidence.loops.predictions import climb_nearest, fit_pose
from geotamper.evidence.order import median, upper_quartile
from geotamper.evidence.planes import Planes
from geotamper.evidence.resampling import Resampling, sample
from geotamper.imagery.region import Matrix, Region

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Pixels = tuple[Ints, Ints]
"""Columns and rows of pixels."""

FIT_PIXELS = 450
MEASURE_PIXELS = 800

NEAREST_STEP = 0.01
"""Finest step, in pixels, of the search for a nearest-pixel transform."""

LEAST_TEXTURED = 12
"""Pixels with texture below which a region says nothing."""


def _pick(columns: Ints, rows: Ints, most: int, seed: int) -> Pixels:
    if len(columns) <= most:
        return columns, rows
    chosen = np.sort(np.random.default_rng(seed).choice(len(columns), most, replace=False))
    return columns[chosen], rows[chosen]


def _mapped(matrix: Matrix, columns: Ints, rows: Ints) -> tuple[Floats, Floats]:
    xs = matrix[0, 0] * columns + matrix[0, 1] * rows + matrix[0, 2]
    ys = matrix[1, 0] * columns + matrix[1, 1] * rows + matrix[1, 2]
    return np.asarray(xs, np.float64), np.asarray(ys, np.float64)


def refit(
    planes: Planes,
    region: Region,
    matrix: Matrix,
    how: Resampling,
    *,
    softness: float,
    seed: int,
) -> tuple[Matrix, float]:
    """Refine a matrix by robust Gauss-Newton over a region under one kernel.

    Args:
        planes: The picture.
        region: The pixels that are predicted, at least one.
        matrix: Start, index coordinates, region to source of the prediction.
        how: How the prediction interpolates.
        softness: Residual, in grey levels, from which a pixel counts less.
        seed: Of the choice of pixels in large regions.

    Returns:
        The refined matrix and the standard deviation of its scale-rotation part.
    """
    return fit(planes, fit_pixels(region, seed), matrix, how, softness)


def fit_pixels(region: Region, seed: int) -> Pixels:
    """The pixels of a region to which transforms are fitted; `seed` decides which in a large one."""
    return _pick(*region.eroded(at_least=40).pixels(), FIT_PIXELS, seed)


def fit(
    planes: Planes, pixels: Pixels, matrix: Matrix, how: Resampling, softness: float
) -> tuple[Matrix, float]:
    """What `refit` does, on chosen pixels."""
    columns, rows = pixels
    centre = np.array([columns.mean(), rows.mean()])
    pose = np.array([matrix[0, 0], matrix[0, 1], *(matrix[:, :2] @ centre + matrix[:, 2])])
    normal, errors = np.eye(4), np.empty(len(columns))
    kernel = how.kernel
    fit_pose(
        planes.grey,
        planes.gradient_x,
        planes.gradient_y,
        columns,
        rows,
        pose,
        kernel.table(),
        kernel.support,
        how.widening,
        kernel.bias,
        kernel.fractions,
        softness,
        normal,
        errors,
    )
    a, b, u, v = pose
    linear = np.array([[a, b], [-b, a]])
    offset = np.array([u, v]) - linear @ centre
    # the fit's own noise: rounding alone leaves 0.3 grey levels
    noise = max(1.4826 * median(errors), 0.3)
    sigma = noise * math.sqrt(max(float(np.linalg.inv(normal)[0, 0]), 0.0))
    return np.column_stack([linear, offset]), sigma


def refit_nearest(planes: Planes, region: Region, matrix: Matrix, *, seed: int) -> Matrix:
    """Refine a matrix to where most pixels of a region equal the nearest pixel of their prediction.

    Args:
        planes: The picture.
        region: The pixels that are predicted, at least one.
        matrix: Start, right to about half a pixel.
        seed: Of the choice of pixels in large regions.
    """
    columns, rows = region.eroded(at_least=40).pixels()
    textured = planes.colour_range[rows, columns] > MIN_RANGE
    if np.count_nonzero(textured) >= 12:
        columns, rows = columns[textured], rows[textured]
    columns, rows = _pick(columns, rows, MEASURE_PIXELS, seed)
    centre = np.array([columns.mean(), rows.mean()])
    pose = np.array([matrix[0, 0], matrix[0, 1], *(matrix[:, :2] @ centre + matrix[:, 2])])
    reach = max(4.0, float(np.hypot(columns - centre[0], rows - centre[1]).max()))
    climb_nearest(planes.colour, columns, rows, pose, reach, NEAREST_STEP)
    linear = np.array([[pose[0], pose[1]], [-pose[1], pose[0]]])
    return np.column_stack([linear, pose[2:] - linear @ centre])


def exact_tolerance(spread: Floats) -> Floats:
    """Largest residual of an exact pixel in grey levels: rounding, and coordinates cut to 1/32 px."""
    return np.asarray(0.9 + 0.03 * spread)


@dataclass(frozen=True)
class Textured:
    """The pixels of a region by which predictions are measured: the same for all kernels.

    Attributes:
        columns: (n,) of them, at most `MEASURE_PIXELS`.
        rows: (n,).
        colours: (n, 3) float32.
        weight: (n,) texture weights.
        tolerance: (n,) largest residual of an exact pixel, grey levels.
        count: Textured pixels of the whole region.
    """

    columns: Ints
    rows: Ints
    colours: npt.NDArray[np.float32]
    weight: Floats
    tolerance: Floats
    count: int

    @classmethod
    def of(cls, planes: Planes, region: Region, seed: int) -> "Textured":
        """Choose them; `seed` decides which in a large region."""
        columns, rows = region.pixels()
        textured = planes.colour_range[rows, columns] > MIN_RANGE
        columns, rows = columns[textured], rows[textured]
        count = len(columns)
        columns, rows = _pick(columns, rows, MEASURE_PIXELS, seed)
        spread = planes.colour_range[rows, columns].astype(np.float64)
        weight = np.minimum(np.log(spread / MIN_RANGE), 2.0)
        return cls(columns, rows, planes.colour[rows, columns], weight, exact_tolerance(spread), count)

    def measure(self, planes: Planes, matrix: Matrix, how: Resampling) -> tuple[float, float, float]:
        """Share of exact pixels, residual and information, see `Explanation`."""
        if self.count < LEAST_TEXTURED:
            return 0.0, 99.0, 0.0
        predicted = sample(planes.colour, *_mapped(matrix, self.columns, self.rows), how)
        error = np.abs(self.colours - predicted).max(axis=1)
        total = self.weight.sum()
        share = float(self.weight[error <= self.tolerance].sum() / total)
        return share, upper_quartile(error), float(total) * self.count / len(self.columns)


def measure(
    planes: Planes, region: Region, matrix: Matrix, how: Resampling, *, seed: int
) -> tuple[float, float, float]:
    """How exactly a region is predicted: share of exact pixels, residual, information (see `Explanation`)."""
    return Textured.of(planes, region, seed).measure(planes, matrix, how)
