"""The classical detectors by name, with the thresholds above which a picture counts as tampered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from geotamper.classical.blocks import DCT, PCA
from geotamper.classical.keypoints import ORB, SIFT
from geotamper.classical.matches import Grey, Match, Pixels
from geotamper.classical.names import MethodName
from geotamper.classical.zernike import ZERNIKE
from geotamper.control import Control

LARGEST_SIDE = 1024
"""Pixels; larger pictures are reduced, so that time and memory stay bounded."""


class Finder(Protocol):
    """How regions that look alike are found."""

    def find(self, grey: Grey, control: Control) -> list[Match]:
        """Matches of an (H, W) uint8 picture with itself, the strongest first."""


@dataclass(frozen=True)
class ClassicalMethod:
    """A detector and its threshold.

    Attributes:
        title: Name for people.
        finder: Finds what looks alike.
        threshold: Strength from which a match is taken for a copy; its probability is then one half.
        counts: What the strength is a number of.
    """

    title: str
    finder: Finder
    threshold: float
    counts: str

    def probability(self, match: Match) -> float:
        """That a match is a copy: strength over strength and threshold, which rises with it and is not calibrated."""
        return match.strength / (match.strength + self.threshold)

    def matches(self, pixels: Pixels, control: Control) -> list[Match]:
        """All matches of a picture, the strongest first, those below the threshold too.

        Args:
            pixels: (H, W, 3) uint8 RGB.
            control: Progress and cancellation.

        Raises:
            CancelledError: The caller asked to stop.
        """
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        factor = max(1.0, max(grey.shape) / LARGEST_SIDE)
        if factor == 1.0:
            return self.finder.find(grey, control)
        size = (round(grey.shape[1] / factor), round(grey.shape[0] / factor))
        small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        return [match.enlarged(factor, grey.shape) for match in self.finder.find(small, control)]


METHODS: Mapping[MethodName, ClassicalMethod] = {
    "sift": ClassicalMethod("SIFT keypoints", SIFT, 9, "correlating inliers"),
    "orb": ClassicalMethod("ORB keypoints", ORB, 24, "correlating inliers"),
    "block-dct": ClassicalMethod("blocks, DCT", DCT, 165, "votes"),
    "block-pca": ClassicalMethod("blocks, PCA", PCA, 159, "votes"),
    "zernike": ClassicalMethod("dense field of Zernike moments", ZERNIKE, 322, "correlating pixels"),
}
"""Thresholds are the strength that about one in twenty untouched pictures exceeds, of fold train and for blocks of fold
val, see docs/explanation/classical.md."""
