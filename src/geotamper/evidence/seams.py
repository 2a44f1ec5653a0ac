"""Steps and kinks along an outline: a paste has them, the place it was taken from has not."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.planes import LUMA, Planes
from geotamper.imagery.region import Region

FloatPlane = npt.NDArray[np.float32]

REACH = 7
"""How far from the outline the picture is looked at, pixels."""

STEP = 2.0
"""Grey levels by which one step must exceed another to count."""

KINK_FLOOR = 3.0
"""Added to kinks before their logarithm is taken, grey levels: smaller ones are noise."""

MOST_POINTS = 20_000
"""Points of an outline that are looked at: OpenCV samples at most 32766 at once, and more say nothing new."""

_ORDER = 4
"""Order of the difference that measures a kink: natural edges are smooth to the camera, cut ones are not."""

_NEAR = 2.1
"""Pixels from the outline within which a kink belongs to it: outlines that were found are no sharper."""


@dataclass(frozen=True)
class Seam:
    """What the outline of a region looks like.

    Attributes:
        share: Share of outline points whose largest luma step on the outline exceeds the largest one beside it,
            minus the reverse; -1 to 1.
        kink: Mean log ratio of the largest fourth difference of any colour on the outline to the mean beside it.
    """

    share: float
    kink: float


NO_SEAM = Seam(0.0, 0.0)
"""Of regions too small to have an outline."""


def _profiles(colour: FloatPlane, mask: npt.NDArray[np.uint8]) -> FloatPlane | None:
    """(2 * REACH + 1, n, 3) colours across the outline at its n points, from outside to inside."""
    signed = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    normal_x = cv2.Sobel(signed, cv2.CV_32F, 1, 0, ksize=3)
    normal_y = cv2.Sobel(signed, cv2.CV_32F, 0, 1, ksize=3)
    length = np.hypot(normal_x, normal_y) + 1e-6
    rows, columns = np.nonzero((mask > 0) & (cv2.erode(mask, np.ones((3, 3), np.uint8)) == 0))
    if len(rows) < 10:
        return None
    if len(rows) > MOST_POINTS:
        spread = np.linspace(0, len(rows) - 1, MOST_POINTS).astype(np.int64)
        rows, columns = rows[spread], columns[spread]
    offset = np.arange(-REACH, REACH + 1, dtype=np.float32)[:, None]
    xs = (columns + offset * (normal_x / length)[rows, columns]).astype(np.float32)
    ys = (rows + offset * (normal_y / length)[rows, columns]).astype(np.float32)
    values = [
        cv2.remap(colour, x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)[0]
        for x, y in zip(xs, ys, strict=True)
    ]
    return np.asarray(values, np.float32)


def find_seam(planes: Planes, region: Region) -> Seam:
    """Look at the outline of a region."""
    window = region.window.grown(REACH + 2, (planes.height, planes.width))
    colour = np.ascontiguousarray(planes.colour[window.slices])
    profiles = _profiles(colour, region.within(window).astype(np.uint8))
    if profiles is None:
        return NO_SEAM
    return Seam(_step_share(profiles @ np.asarray(LUMA, np.float32)), _kink(profiles))


def _step_share(luma: FloatPlane) -> float:
    steps = np.abs(np.diff(luma[1:-1], axis=0))
    middle = REACH - 1
    across = steps[middle - 2 : middle + 2].max(axis=0)
    beside = np.maximum(steps[: middle - 3].max(axis=0), steps[middle + 3 :].max(axis=0))
    return float(np.mean(across > beside + STEP) - np.mean(beside > across + STEP))


def _kink(profiles: FloatPlane) -> float:
    kinks = np.abs(np.diff(profiles, n=_ORDER, axis=0)).max(axis=2)
    # the outline lies between the last pixel outside and the first inside; a difference is centred on its samples
    distance = np.abs(np.arange(len(kinks)) + _ORDER / 2 - (REACH - 0.5))
    on, beside = kinks[distance <= _NEAR].max(axis=0), kinks[distance > _NEAR + 0.9].mean(axis=0)
    return float(np.mean(np.log((on + KINK_FLOOR) / (beside + KINK_FLOOR))))
