"""From pairs of points that agree to the two regions that they lie in."""

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.classical.matches import BoolMask, Fit, Grey, Match, Points, moved, ordered_match

_WINDOW = 7
_LEAST_CORRELATION = 0.8
_BORDER = 5
_LEAST_VARIANCE = 1.0
"""Grey levels squared; flat windows correlate with anything."""


def hull(points: Points, shape: tuple[int, int]) -> BoolMask:
    """(H, W) bool: the convex hull of (N, 2) points."""
    canvas = np.zeros(shape, np.uint8)
    corners = cv2.convexHull(np.rint(points).astype(np.int32))
    cv2.fillConvexPoly(canvas, corners, 1)
    return canvas.astype(np.bool_)


def correlating(grey: Grey, matrix: npt.NDArray[np.float64]) -> BoolMask:
    """Where a picture looks like what the map takes it to: local normalised correlation, thresholded.

    Args:
        grey: (H, W) uint8.
        matrix: (2, 3) index matrix from every place to its partner.
    """
    first = grey.astype(np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    second = np.asarray(cv2.warpAffine(first, matrix, grey.shape[::-1], flags=flags), np.float32)
    inside = cv2.warpAffine(np.ones_like(first), matrix, grey.shape[::-1], flags=flags) > 0.99
    mean_1, mean_2 = _mean(first), _mean(second)
    variance_1, variance_2 = _mean(first**2) - mean_1**2, _mean(second**2) - mean_2**2
    covariance = _mean(first * second) - mean_1 * mean_2
    textured = (variance_1 > _LEAST_VARIANCE) & (variance_2 > _LEAST_VARIANCE)
    product = np.sqrt(np.maximum(variance_1 * variance_2, _LEAST_VARIANCE**2))
    return np.asarray(inside & textured & (covariance > _LEAST_CORRELATION * product))


def matched_regions(grey: Grey, here: Points, there: Points, fit: Fit, weight: float = 1.0) -> Match:
    """The regions around pairs that agree: what correlates and touches an inlier, at least their hulls.

    The strength is the number of inliers times the share of their hull that correlates: look-alikes agree in a few
    corners, copies everywhere (the correlation map of Pan and Lyu, IEEE TIFS 2010).

    Args:
        grey: (H, W) uint8.
        here: (N, 2) points, inliers and others.
        there: (N, 2), their partners.
        fit: The map and its inliers.
        weight: What one inlier counts.
    """
    own = here[fit.inliers]
    seeds = np.zeros(grey.shape, np.uint8)
    columns, rows = np.rint(own).astype(int).T
    seeds[np.clip(rows, 0, grey.shape[0] - 1), np.clip(columns, 0, grey.shape[1] - 1)] = 1
    exact = correlating(grey, fit.matrix)
    inner = hull(own, grey.shape)
    strength = weight * len(own) * float(exact[inner].mean())
    alike = cv2.morphologyEx(exact.astype(np.uint8), cv2.MORPH_CLOSE, _square(5))
    labels = cv2.connectedComponents(alike)[1]
    touched = np.unique(labels[cv2.dilate(seeds, _square(9)) > 0])
    region = np.isin(labels, touched[touched > 0])
    # a window that reaches over the border correlates less, so that the border itself is missing
    region = cv2.dilate(region.astype(np.uint8), _square(_BORDER)) > 0
    region |= inner
    target = moved(region, fit.matrix) | hull(there[fit.inliers], grey.shape)
    return ordered_match(region, target, fit, strength)


def _square(side: int) -> npt.NDArray[np.uint8]:
    return np.ones((side, side), np.uint8)


def _mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.boxFilter(values, cv2.CV_32F, (_WINDOW, _WINDOW)), np.float32)
