"""What all classical detectors yield: two regions, the map between them, and how much speaks for it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.imagery.similarity import Similarity

BoolMask = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
Grey = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]

NEAR_PX = 16.0
"""Places closer than this show the same thing and are no pair."""


@dataclass(frozen=True)
class Match:
    """Two regions that look alike; which one is the copy is not known.

    Attributes:
        source: (H, W) bool, the region whose centre lies further left.
        target: (H, W) bool, the other one.
        transform: Takes source points to target points.
        sigma: Standard deviation of the scale, and in radians of the rotation.
        strength: What the method counts in favour: correlating inliers, votes, or correlating pixels.
    """

    source: BoolMask
    target: BoolMask
    transform: Similarity
    sigma: float
    strength: float

    def enlarged(self, factor: float, shape: tuple[int, int]) -> "Match":
        """The match on a picture of (rows, columns) `shape` that is `factor` times as large."""
        moved = self.transform
        source, target = (
            cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
            for mask in (self.source, self.target)
        )
        transform = Similarity(moved.a, moved.b, moved.tx * factor, moved.ty * factor)
        return Match(source, target, transform, self.sigma, self.strength)


@dataclass(frozen=True)
class Fit:
    """A similarity that takes points to their partners.

    Attributes:
        matrix: (2, 3) float64 between array indices, pixel centres at whole numbers.
        inliers: (N,) bool, the pairs that follow it.
        sigma: As for `Match`.
    """

    matrix: npt.NDArray[np.float64]
    inliers: BoolMask
    sigma: float


def fit_similarity(here: Points, there: Points, tolerance: float, least: int) -> Fit | None:
    """Fit a similarity by RANSAC; None where fewer than `least` pairs agree, or the two places are one.

    Args:
        here: (N, 2) float32 columns and rows.
        there: (N, 2), their partners.
        tolerance: Largest distance of a partner from where the similarity takes its point, pixels.
        least: Fewest pairs that count.
    """
    if len(here) < max(least, 2):
        return None
    cv2.setRNGSeed(0)  # the same picture shall give the same answer, whatever was looked at before
    matrix, chosen = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=tolerance, maxIters=5000, confidence=0.999
    )
    inliers = np.asarray(chosen).ravel().astype(bool)  # none of them where there is no similarity
    if int(inliers.sum()) < least:
        return None
    own, partners = here[inliers].astype(np.float64), there[inliers].astype(np.float64)
    if np.linalg.norm(partners.mean(axis=0) - own.mean(axis=0)) < NEAR_PX:
        return None
    found = np.asarray(matrix, np.float64)
    residual = own @ found[:, :2].T + found[:, 2] - partners
    lever = math.sqrt(float(((own - own.mean(axis=0)) ** 2).sum())) + 1e-6
    return Fit(found, inliers, max(float(np.sqrt((residual**2).mean())), 0.1) / lever)


def ordered_match(source: BoolMask, target: BoolMask, fit: Fit, strength: float) -> Match:
    """A match whose source is the region further left, since nothing tells which one is the copy."""
    transform = Similarity.from_index_matrix(fit.matrix)
    if np.nonzero(source)[1].mean() > np.nonzero(target)[1].mean():
        source, target, transform = target, source, transform.inverse()
    return Match(source, target, transform, fit.sigma, strength)


def moved(mask: BoolMask, matrix: npt.NDArray[np.float64]) -> BoolMask:
    """A region where a (2, 3) index matrix takes it, cut at the frame."""
    taken = cv2.warpAffine(mask.astype(np.uint8), matrix, mask.shape[::-1], flags=cv2.INTER_NEAREST)
    return np.asarray(taken > 0)
