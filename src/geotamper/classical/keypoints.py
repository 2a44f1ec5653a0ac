"""SIFT and ORB: match a picture's keypoints with each other, ratio test, RANSAC.

Amerini et al., "A SIFT-Based Forensic Method for Copy-Move Attack Detection and Transformation Recovery", IEEE TIFS
2011; Pan and Lyu, "Region Duplication Detection Using Image Feature Matching", IEEE TIFS 2010; Rublee et al., "ORB: an
efficient alternative to SIFT or SURF", ICCV 2011.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.classical.matches import NEAR_PX, Grey, Match, Points, fit_similarity
from geotamper.classical.regions import matched_regions
from geotamper.control import Control

_NEIGHBOURS = 10
_TOLERANCE_PX = 3.0
_LEAST_INLIERS = 4
_MOST_KEYPOINTS = 8000
_MOST_MATCHES = 3

Descriptors = npt.NDArray[Any]


@dataclass(frozen=True)
class KeypointMethod:
    """How keypoints are found and compared.

    Attributes:
        detect: Keypoints and descriptors of a grey picture.
        norm: OpenCV's distance of two descriptors.
        ratio: Largest ratio of the nearest to the second nearest distance.
    """

    detect: Callable[[Grey], tuple[Points, Descriptors]]
    norm: int
    ratio: float

    def find(self, grey: Grey, control: Control) -> list[Match]:
        """The strongest similarities of a picture with itself; see `matched_regions` for the strength.

        Args:
            grey: (H, W) uint8.
            control: Progress and cancellation.
        """
        control.checkpoint(0.0, "finding keypoints")
        points, descriptors = self.detect(grey)
        if len(points) < _NEIGHBOURS:
            return []
        control.checkpoint(0.4, "matching keypoints")
        here, there = self._pairs(points, descriptors)
        return list(_fits(grey, here, there, control))

    def _pairs(self, points: Points, descriptors: Descriptors) -> tuple[Points, Points]:
        """Pairs that pass the ratio test, each in both directions: (N, 2) and (N, 2)."""
        pairs = set()
        for ranked in cv2.BFMatcher(self.norm).knnMatch(descriptors, descriptors, k=_NEIGHBOURS):
            here = ranked[0].queryIdx
            # A keypoint is its own best match, and the next best are often the same corner seen again.
            away = [m for m in ranked if np.hypot(*(points[m.trainIdx] - points[here])) > NEAR_PX]
            if len(away) >= 2 and away[0].distance < self.ratio * away[1].distance:
                pairs |= {(here, away[0].trainIdx), (away[0].trainIdx, here)}
        order = np.array(sorted(pairs), np.intp).reshape(-1, 2)
        return points[order[:, 0]], points[order[:, 1]]


def _fits(grey: Grey, here: Points, there: Points, control: Control) -> Iterator[Match]:
    """Fit one similarity after the other, each to the pairs that the earlier ones leave."""
    for number in range(_MOST_MATCHES):
        control.checkpoint(0.6 + 0.1 * number, "fitting a similarity")
        fit = fit_similarity(here, there, _TOLERANCE_PX, _LEAST_INLIERS)
        if fit is None:
            return
        yield matched_regions(grey, here, there, fit)
        inverse = np.asarray(cv2.invertAffineTransform(fit.matrix), np.float64)
        back = here @ inverse[:, :2].T + inverse[:, 2] - there
        used = fit.inliers | (np.hypot(back[:, 0], back[:, 1]) < _TOLERANCE_PX)
        here, there = here[~used], there[~used]


def _detected(detector: Any, grey: Grey) -> tuple[Points, Descriptors]:  # noqa: ANN401 - a cv2.Feature2D
    keypoints, descriptors = detector.detectAndCompute(grey, None)
    if descriptors is None:
        return np.empty((0, 2), np.float32), np.empty((0, 1), np.float32)
    return np.array([keypoint.pt for keypoint in keypoints], np.float32), descriptors


def _sift(grey: Grey) -> tuple[Points, Descriptors]:
    return _detected(cv2.SIFT.create(nfeatures=_MOST_KEYPOINTS), grey)


def _orb(grey: Grey) -> tuple[Points, Descriptors]:
    return _detected(cv2.ORB.create(nfeatures=_MOST_KEYPOINTS, fastThreshold=7), grey)


SIFT = KeypointMethod(_sift, cv2.NORM_L2, ratio=0.6)
ORB = KeypointMethod(_orb, cv2.NORM_HAMMING, ratio=0.7)
