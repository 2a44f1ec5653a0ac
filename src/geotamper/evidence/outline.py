"""The crisp outline of a pasted region: where the exact prediction holds, and nowhere else."""

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.loops.discs import MIN_RANGE
from geotamper.evidence.planes import Planes
from geotamper.evidence.resampling import residual
from geotamper.evidence.resynthesis import Explanation
from geotamper.imagery.region import Matrix, Region, Window

Bytes = npt.NDArray[np.uint8]

MARGIN = 600
"""How far from the known region further parts of a multi-part object are looked for, pixels."""

_SMALL_BOX = np.ones((3, 3), np.uint8)
_ROUND_5 = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
_ROUND_9 = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))


def exact_outline(planes: Planes, found: Explanation, region: Region, *, margin: int = MARGIN) -> Region:
    """Outline all that one resampling predicts exactly.

    Args:
        planes: The picture.
        found: The transform and kernel.
        region: What is known of the pasted region.
        margin: Distance within which further parts may lie, pixels.

    Returns:
        The region, in one or several parts; empty where nothing is exact.
    """
    window = region.window.grown(margin, (planes.height, planes.width))
    error = residual(planes, found.matrix, window, found.resampling)
    spread = planes.colour_range[window.slices]
    exact = error <= 1.0 + 0.03 * spread
    textured = spread > MIN_RANGE
    share = cv2.boxFilter(exact.astype(np.float32), -1, (3, 3), borderType=cv2.BORDER_REPLICATE)
    core = share > 0.75
    core &= cv2.dilate((core & textured & exact).astype(np.uint8), _ROUND_9) > 0
    solid = cv2.morphologyEx(core.astype(np.uint8), cv2.MORPH_OPEN, _SMALL_BOX)
    solid = cv2.dilate(solid, _SMALL_BOX) & exact.astype(np.uint8)
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, _ROUND_5)
    # under a half turn the source is predicted from its copy by the same map: it is no part of the copy
    elsewhere = region.moved(found.matrix, (planes.height, planes.width)).within(window)
    solid[elsewhere & ~region.within(window)] = 0
    # white follows white at the rim of a void, where only the neighbours of a pixel differ
    informative = exact & (np.minimum(spread, _predicted_range(planes, found.matrix, window)) >= 8)
    kept = _supported_parts(np.asarray(solid, np.uint8), region.within(window), informative)
    return Region.cut(window, _filled(kept, exact))


def _predicted_range(planes: Planes, matrix: Matrix, window: Window) -> npt.NDArray[np.float32]:
    """(rows, columns) range of values around the place that each pixel of a window is predicted from."""
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ (window.x0, window.y0)
    rows, columns = window.shape
    how = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(planes.colour_range, shifted, (columns, rows), flags=how), np.float32)


def _supported_parts(solid: Bytes, known: npt.NDArray[np.bool_], informative: npt.NDArray[np.bool_]) -> Bytes:
    """Parts that overlap the known region, or that are exact with enough texture of their own."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    area = statistics[:, cv2.CC_STAT_AREA]
    flat = labels.ravel()
    overlap = np.bincount(flat, weights=known.ravel(), minlength=count)
    evidence = np.bincount(flat, weights=informative.ravel(), minlength=count)
    keep = (overlap > 0.3 * area) & (area >= 12)
    keep |= (evidence >= 25) & (area >= 40)
    keep[0] = False
    return np.asarray(keep[labels], np.uint8)


def _filled(kept: Bytes, exact: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Fill holes that are small or largely exact; a big inexact hole is a hole."""
    padded = np.pad(1 - kept, 1, constant_values=1)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(padded, connectivity=4)
    if count <= 2:
        return np.asarray(kept > 0)
    inner = labels[1:-1, 1:-1]
    area = statistics[:, cv2.CC_STAT_AREA]
    agreeing = np.bincount(inner.ravel(), weights=exact.ravel(), minlength=count)
    fill = (area < 60) | (agreeing > 0.3 * area)
    fill[0] = False
    fill[labels[0, 0]] = False
    return np.asarray((kept > 0) | fill[inner])
