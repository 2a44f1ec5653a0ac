"""The textbook copy-move detector, as a reference: SIFT, ratio test, RANSAC, convex hulls."""

import cv2
import numpy as np
import numpy.typing as npt

from _common.detection import Detection, Pixels
from geotamper.imagery.similarity import Similarity
from geotamper.metrics import RegionPair

RATIO = 0.6
NEAR_PX = 16.0
NEIGHBOURS = 10
REPROJECTION_PX = 3.0
LEAST_INLIERS = 4

Points = npt.NDArray[np.float32]


def detect_with_sift(pixels: Pixels) -> Detection:
    """Match a picture's keypoints with each other and fit one similarity.

    The detector cannot tell source from copy: of the two regions the one with the smaller x is called source.

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    height, width = pixels.shape[:2]
    first, second = _matches(pixels)
    nothing = Detection(tampered=False, score=0.0, regions=RegionPair.empty((height, width)), transform=None)
    if len(first) < LEAST_INLIERS:
        return nothing
    matrix, chosen = cv2.estimateAffinePartial2D(
        first,
        second,
        method=cv2.RANSAC,
        ransacReprojThreshold=REPROJECTION_PX,
        maxIters=5000,
        confidence=0.999,
    )
    inliers = chosen.ravel().astype(bool) if matrix is not None else np.zeros(len(first), dtype=bool)
    count = int(inliers.sum())
    if count < LEAST_INLIERS:
        return nothing
    here, there = first[inliers], second[inliers]
    transform = Similarity.from_index_matrix(np.asarray(matrix, dtype=np.float64))
    if here[:, 0].mean() > there[:, 0].mean():
        here, there, transform = there, here, transform.inverse()
    regions = RegionPair(_hull(here, (height, width)), _hull(there, (height, width)))
    return Detection(tampered=True, score=1 - 1 / count, regions=regions, transform=transform)


def _matches(pixels: Pixels) -> tuple[Points, Points]:
    """Pairs of keypoints that pass the ratio test, each in both directions: (N, 2) and (N, 2), (x, y)."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    keypoints, descriptors = cv2.SIFT_create().detectAndCompute(grey, None)  # type: ignore[attr-defined, unused-ignore]
    if descriptors is None or len(keypoints) < NEIGHBOURS:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    places = np.array([keypoint.pt for keypoint in keypoints], dtype=np.float32)
    pairs = set()
    for ranked in cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors, descriptors, k=NEIGHBOURS):
        here = ranked[0].queryIdx
        # A keypoint is its own best match, and the next best are often the same corner seen again.
        away = [m for m in ranked if np.hypot(*(places[m.trainIdx] - places[here])) > NEAR_PX]
        if len(away) >= 2 and away[0].distance < RATIO * away[1].distance:
            pairs |= {(here, away[0].trainIdx), (away[0].trainIdx, here)}
    order = np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2)
    return places[order[:, 0]], places[order[:, 1]]


def _hull(points: Points, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    canvas = np.zeros(shape, dtype=np.uint8)
    cv2.fillConvexPoly(canvas, cv2.convexHull(np.rint(points).astype(np.int32)), 1)
    return canvas.astype(np.bool_)
