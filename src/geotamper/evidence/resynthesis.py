"""The exact test: a pasted object is a deterministic resampling of its source.

With the right transform and the right interpolation kernel, the pixels of the copy follow from those of the
source up to rounding. Genuine look-alikes never come that close.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.evidence.loops.discs import MIN_RANGE
from geotamper.evidence.loops.predictions import climb_nearest, fit_pose
from geotamper.evidence.planes import Planes
from geotamper.evidence.region import Matrix, Region
from geotamper.evidence.resampling import Resampling, sample
from geotamper.evidence.unknown_kernel import estimate_kernel
from geotamper.imagery.kernels import KERNELS, LINEAR, NEAREST, Kernel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FIT_PIXELS = 450
MEASURE_PIXELS = 800
UNKNOWN_SHARE = 0.25
"""Share of exact pixels under the bank from which an unknown tool is thought of."""

NEAREST_STEP = 0.01
"""Finest step, in pixels, of the search for a nearest-pixel transform."""

SCOUTS = 3
HOPELESS_SHARE = 0.2
"""If the first kernels of the bank leave a smaller exact share than this, no other kernel makes it a copy."""

GOOD_SHARE = 0.97
GOOD_RESIDUAL = 0.5
"""A kernel with such a share of exact pixels and such a residual is the right one: no further kernel is tried."""


@dataclass(frozen=True)
class Explanation:
    """The best resampling of one place that predicts a region.

    Attributes:
        matrix: From the region to the place it is predicted from, index coordinates.
        kernel: The interpolation that fits best.
        widening: Stretch of the kernel, >= 1.
        share: Information-weighted share of textured pixels that are exact, 0 to 1.
        residual: 75th percentile of the residual over textured pixels, grey levels.
        information: Total weight of the region's textured pixels, nats.
        pose_sigma: Standard deviation of a + ib of the matrix (a length ratio and radians at scale 1).
    """

    matrix: Matrix
    kernel: Kernel
    widening: float
    share: float
    residual: float
    information: float
    pose_sigma: float

    @property
    def scale(self) -> float:
        """Length ratio from the region to the place it is predicted from."""
        return math.hypot(self.matrix[0, 0], self.matrix[1, 0])

    @property
    def resampling(self) -> Resampling:
        """Kernel and stretch together."""
        return Resampling(self.kernel, self.widening)


def _pick(columns: Ints, rows: Ints, most: int, seed: int) -> tuple[Ints, Ints]:
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
    columns, rows = _pick(*region.eroded(at_least=40).pixels(), FIT_PIXELS, seed)
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
    noise = max(1.4826 * float(np.median(errors)), 0.3)
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


def measure(
    planes: Planes, region: Region, matrix: Matrix, how: Resampling, *, seed: int
) -> tuple[float, float, float]:
    """How exactly a region is predicted: share of exact pixels, residual, information (see `Explanation`)."""
    columns, rows = region.pixels()
    textured = planes.colour_range[rows, columns] > MIN_RANGE
    columns, rows = columns[textured], rows[textured]
    count = len(columns)
    if count < 12:
        return 0.0, 99.0, 0.0
    columns, rows = _pick(columns, rows, MEASURE_PIXELS, seed)
    xs, ys = _mapped(matrix, columns, rows)
    predicted = sample(planes.colour, xs, ys, how)
    error = np.abs(planes.colour[rows, columns] - predicted).max(axis=1)
    spread = planes.colour_range[rows, columns].astype(np.float64)
    weight = np.minimum(np.log(spread / MIN_RANGE), 2.0)
    share = float(weight[error <= exact_tolerance(spread)].sum() / weight.sum())
    return share, float(np.percentile(error, 75)), float(weight.sum()) * count / len(columns)


def exact_tolerance(spread: Floats) -> Floats:
    """Largest residual of an exact pixel in grey levels: rounding, and coordinates cut to 1/32 px."""
    return np.asarray(0.9 + 0.03 * spread)


def explain_with(planes: Planes, region: Region, matrix: Matrix, kernel: Kernel, *, seed: int) -> Explanation:
    """Refine a matrix under one kernel and measure how exact the region becomes.

    Args:
        planes: The picture.
        region: What is predicted.
        matrix: Start, index coordinates, region to source of the prediction.
        kernel: The interpolation.
        seed: Of the choice of pixels.
    """
    widening = max(1.0, math.hypot(matrix[0, 0], matrix[1, 0])) if kernel.antialiased else 1.0
    # the nearest pixel has no derivative to follow; the linear fit is right for it to a fraction of a pixel
    smooth = LINEAR if kernel is NEAREST else kernel
    softness = 8.0 if kernel is NEAREST else 2.0
    fitted, sigma = refit(planes, region, matrix, Resampling(smooth, widening), softness=softness, seed=seed)
    if kernel is NEAREST:
        fitted = refit_nearest(planes, region, fitted, seed=seed)
    inner = region.eroded(at_least=60)
    share, error, information = measure(planes, inner, fitted, Resampling(kernel, widening), seed=seed)
    return Explanation(fitted, kernel, widening, share, error, information, sigma)


def explain(
    planes: Planes, region: Region, matrix: Matrix, *, seed: int, kernels: tuple[Kernel, ...] = KERNELS
) -> Explanation:
    """Find the kernel and matrix that predict a region best.

    Args:
        planes: The picture.
        region: What is predicted.
        matrix: Start, index coordinates, region to source of the prediction.
        seed: Of the choice of pixels.
        kernels: The bank, tried in order until one is exact, or until the first few are far from it.
    """
    shrinking = math.hypot(matrix[0, 0], matrix[1, 0]) >= 1.08
    best: Explanation | None = None
    for tried, kernel in enumerate(kernels):
        if kernel.antialiased and not shrinking:
            continue
        if best is not None and tried >= SCOUTS and best.share < HOPELESS_SHARE:
            break
        this = explain_with(planes, region, matrix, kernel, seed=seed)
        if best is None or _fits_better(this, best):
            best = this
        if best.share > GOOD_SHARE and best.residual <= GOOD_RESIDUAL:
            break
    if best is None:
        raise SpecificationError("the kernel bank holds no kernel that applies to this scale")
    if best.share > UNKNOWN_SHARE and (best.share < GOOD_SHARE or best.residual > GOOD_RESIDUAL):
        best = _with_unknown_kernel(planes, region, best, seed=seed)
    return best


def _with_unknown_kernel(planes: Planes, region: Region, best: Explanation, *, seed: int) -> Explanation:
    """Estimate the kernel where the bank has none that is exact; transform and kernel in turn."""
    tried = best
    for _ in range(2):
        kernel = estimate_kernel(planes, region, tried.matrix, tried.kernel.function, seed=seed)
        if kernel is None:
            break
        tried = explain_with(planes, region, tried.matrix, kernel, seed=seed)
    return tried if _fits_better(tried, best) else best


def _fits_better(this: Explanation, best: Explanation) -> bool:
    """Whether a kernel explains a region better: by share, near ties by residual."""
    gain = this.share - best.share
    return gain > 0.02 or (gain > -0.02 and this.residual < best.residual - 0.02)
