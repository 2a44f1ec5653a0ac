"""Which of two alike regions is the copy."""

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.planes import Planes
from geotamper.evidence.region import Region
from geotamper.evidence.resynthesis import Explanation
from geotamper.imagery.kernels import NEAREST

BOTH_EXACT = 0.85
"""Share of exact pixels from which a region follows from the other."""

MOST_CONTOUR_PIXELS = 20_000
"""OpenCV samples at most 32766 points in one row; so many more say nothing new."""


@dataclass(frozen=True)
class Pair:
    """Two regions, each with the prediction of it from the other.

    Attributes:
        regions: The two outlines.
        explanations: How each is predicted from the other's place, in the same order.
    """

    regions: tuple[Region, Region]
    explanations: tuple[Explanation, Explanation]


@dataclass(frozen=True)
class Judgement:
    """An opinion on the direction.

    Attributes:
        log_odds: Of the first region being the copy; 0 says nothing.
        basis: What the opinion rests on.
    """

    log_odds: float
    basis: str

    @property
    def probability(self) -> float:
        """That the more likely direction is right, 0.5 to 1."""
        return 1.0 / (1.0 + math.exp(-min(abs(self.log_odds), 30.0)))


class DirectionJudge(Protocol):
    """Something that has an opinion on which of two regions is the copy."""

    def judge(self, planes: Planes, pair: Pair) -> Judgement:
        """Weigh the two directions."""
        ...


class ResamplingJudge:
    """The copy follows from the source exactly, the source from the copy does not.

    Says nothing about plain moves and nearest-pixel enlargements, where both directions are exact.
    """

    def judge(self, planes: Planes, pair: Pair) -> Judgement:  # noqa: ARG002 - the explanations hold all
        """Compare exact shares and residuals of the two predictions."""
        first, second = pair.explanations
        share = first.share - second.share
        ratio = math.log((first.residual + 0.3) / (second.residual + 0.3))
        log_odds = 0.0
        both_exact = min(first.share, second.share) > BOTH_EXACT
        if both_exact and NEAREST in (first.kernel, second.kernel):
            # an enlargement by nearest pixels holds every pixel of its source: each follows from the other
            return Judgement(0.0, "resampling: both regions follow exactly from each other")
        if abs(share) > 0.06 or abs(ratio) > 0.35:
            log_odds = 12.0 * (share - 0.3 * ratio)
        return Judgement(log_odds, "resampling: one region follows exactly from the other, not the reverse")


class SeamJudge:
    """A paste leaves a step along its outline that the place it was taken from does not have."""

    def judge(self, planes: Planes, pair: Pair) -> Judgement:
        """Compare the steps across the two outlines."""
        first, second = (seam_strength(planes, region) for region in pair.regions)
        return Judgement(0.9 * (first - second), "seam: a step in brightness along the outline of one region")


def judge_direction(planes: Planes, pair: Pair, judges: tuple[DirectionJudge, ...]) -> Judgement:
    """The opinion of the first judge that has one, in the order given; the last one's otherwise."""
    judgement = Judgement(0.0, "nothing distinguishes the two regions")
    for judge in judges:
        judgement = judge.judge(planes, pair)
        if judgement.log_odds != 0.0:
            break
    return judgement


def seam_strength(planes: Planes, region: Region) -> float:
    """Mean step across the outline minus the mean step beside it, grey levels; 0 for tiny regions."""
    window = region.window.grown(8, (planes.height, planes.width))
    mask = region.within(window).astype(np.uint8)
    grey = np.ascontiguousarray(planes.grey[window.slices])
    signed = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    normal_x = cv2.Sobel(signed, cv2.CV_32F, 1, 0, ksize=3)
    normal_y = cv2.Sobel(signed, cv2.CV_32F, 0, 1, ksize=3)
    length = np.hypot(normal_x, normal_y) + 1e-6
    rows, columns = np.nonzero((mask > 0) & (cv2.erode(mask, np.ones((3, 3), np.uint8)) == 0))
    if len(rows) < 8:
        return 0.0
    if len(rows) > MOST_CONTOUR_PIXELS:
        spread = np.linspace(0, len(rows) - 1, MOST_CONTOUR_PIXELS).astype(np.int64)
        rows, columns = rows[spread], columns[spread]
    nx, ny = (normal_x / length)[rows, columns], (normal_y / length)[rows, columns]

    def profile(offset: int) -> npt.NDArray[np.float32]:
        xs = (columns + offset * nx).astype(np.float32)[None]
        ys = (rows + offset * ny).astype(np.float32)[None]
        values = cv2.remap(grey, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return np.asarray(values[0], np.float32)

    at = {offset: profile(offset) for offset in range(-4, 4)}

    def step(inner: int, outer: int) -> npt.NDArray[np.float32]:
        return np.asarray(np.abs(at[inner] - at[outer]), np.float32)

    across = np.maximum.reduce([step(0, -1), step(1, 0), step(-1, -2)])
    beside = 0.5 * (np.maximum(step(3, 2), step(2, 1)) + np.maximum(step(-3, -2), step(-4, -3)))
    return float(across.mean() - beside.mean())
