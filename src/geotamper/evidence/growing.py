"""From a registered disc to the region around it that the same transform predicts."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.exact_fit import refit, refit_nearest
from geotamper.evidence.loops.discs import MIN_RANGE
from geotamper.evidence.planes import Planes
from geotamper.evidence.resampling import Resampling, residual
from geotamper.imagery.kernels import LINEAR, NEAREST, OPENCV_CUBIC
from geotamper.imagery.region import Matrix, Region, Window

BoolMask = npt.NDArray[np.bool_]

_WAYS = (Resampling(LINEAR), Resampling(OPENCV_CUBIC), Resampling(NEAREST))
"""Interpolations tried while growing; the others are close enough to one of them for the tolerance."""

FIRST_REACH = 24
ROUNDS = 5
SMALLEST = 25
"""Pixels below which a region carries no fit of four parameters."""


@dataclass(frozen=True)
class Grown:
    """A region and the transform that predicts it.

    Attributes:
        region: Connected pixels around the seed.
        matrix: From the region to the place that predicts it, index coordinates.
    """

    region: Region
    matrix: Matrix


def pose_matrix(centre: npt.NDArray[np.int64], pose: npt.NDArray[np.float64]) -> Matrix:
    """The (2, 3) index matrix of a pose (a, b, u, v) about a centre."""
    a, b, u, v = (float(value) for value in pose)
    x, y = float(centre[0]), float(centre[1])
    return np.array([[a, b, u - a * x - b * y], [-b, a, v + b * x - a * y]])


def _agreeing(planes: Planes, error: npt.NDArray[np.float32], window: Window) -> BoolMask:
    """Pixels whose neighbourhood is predicted well, flat ones only where textured ones vouch for them."""
    # a fixed tolerance floods sky, water and tarmac; one that follows the activity does not
    tolerance = np.minimum(2.0 + 0.25 * planes.activity[window.slices], 8.0)
    share = cv2.boxFilter((error <= tolerance).astype(np.float32), -1, (3, 3))
    agreeing = share > 0.6
    textured = agreeing & (planes.colour_range[window.slices] > MIN_RANGE)
    agreeing &= cv2.dilate(textured.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    return cv2.morphologyEx(agreeing.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def component_at(mask: BoolMask, x: int, y: int, reach: int = 5) -> BoolMask | None:
    """The connected part that covers most of the square around (x, y), or None where there is none."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    near = labels[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
    near = near[near > 0]
    if len(near) == 0:
        return None
    return np.asarray(labels == np.bincount(near).argmax())


def _touches(mask: BoolMask) -> bool:
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


def _best_way(errors: list[npt.NDArray[np.float32]], mask: BoolMask) -> int:
    """Index of the interpolation that predicts most of the region closely."""
    return int(np.argmax([float((error[mask] <= 1.5).mean()) for error in errors]))


def _refitted(planes: Planes, region: Region, matrix: Matrix, how: Resampling, seed: int) -> Matrix:
    if how.kernel is NEAREST:
        smooth, _ = refit(planes, region, matrix, _WAYS[0], softness=8.0, seed=seed)
        return refit_nearest(planes, region, smooth, seed=seed)
    fitted, _ = refit(planes, region, matrix, how, softness=3.0, seed=seed)
    return fitted


def grow(planes: Planes, seed: tuple[int, int], matrix: Matrix, *, random_seed: int = 0) -> Grown | None:
    """Grow the region around a seed, refitting the transform as it grows.

    Args:
        planes: The picture.
        seed: Column and row of the registered disc's centre.
        matrix: Its transform, index coordinates.
        random_seed: Of the choice of pixels in large regions.

    Returns:
        The region, or None where nothing of size grows.
    """
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    if not 0.35 < scale < 2.9:
        return None
    shape = (planes.height, planes.width)
    reach, way = FIRST_REACH, -1
    grown: Grown | None = None
    for _ in range(ROUNDS):
        window = Window.around(*seed, reach, shape)
        errors = [residual(planes, matrix, window, how) for how in _WAYS]
        error = errors[way] if way >= 0 else np.minimum.reduce(errors)
        part = component_at(_agreeing(planes, error, window), seed[0] - window.x0, seed[1] - window.y0)
        if part is None or np.count_nonzero(part) < SMALLEST:
            return grown
        way = _best_way(errors, part)
        region = Region.cut(window, part)
        matrix = _refitted(planes, region, matrix, _WAYS[way], random_seed)
        before = grown.region if grown else None
        grown = Grown(region, matrix)
        touching = _touches(part)
        if before is not None and not touching:
            same = before.shared_with(region)
            if before.area + region.area - 2 * same < 0.02 * region.area:
                break
        if touching:
            reach = int(reach * 2.2)
    return grown
