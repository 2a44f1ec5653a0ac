"""Steps along an outline: a paste has them, the place it was taken from has not."""

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.region import Region

FloatPlane = npt.NDArray[np.float32]

REACH = 6
"""How far from the outline steps are compared, pixels."""

MARGIN = 2.0
"""Grey levels by which one step must exceed another to count."""


def _profiles(grey: FloatPlane, mask: npt.NDArray[np.uint8]) -> FloatPlane | None:
    """(2 * REACH + 1, n) grey levels across the outline at its n points, from outside to inside."""
    signed = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    normal_x = cv2.Sobel(signed, cv2.CV_32F, 1, 0, ksize=3)
    normal_y = cv2.Sobel(signed, cv2.CV_32F, 0, 1, ksize=3)
    length = np.hypot(normal_x, normal_y) + 1e-6
    rows, columns = np.nonzero((mask > 0) & (cv2.erode(mask, np.ones((3, 3), np.uint8)) == 0))
    if len(rows) < 10:
        return None
    offset = np.arange(-REACH, REACH + 1, dtype=np.float32)[:, None]
    xs = columns + offset * (normal_x / length)[rows, columns]
    ys = rows + offset * (normal_y / length)[rows, columns]
    values = cv2.remap(
        grey, xs.astype(np.float32), ys.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(values, np.float32)


def seam_share(views: Views, region: Region) -> float:
    """Share of outline points with a step on the outline, minus those with one beside it; -1 to 1, 0 for tiny regions.

    A step counts where it exceeds the largest on the other side of the comparison by 2 grey levels; the outline
    takes in 2 pixels on both sides, as outlines of inexact copies are not sharper than that.
    """
    window = region.window.grown(REACH + 2, views.shape)
    grey = np.ascontiguousarray(views.planes.grey[window.slices])
    profiles = _profiles(grey, region.within(window).astype(np.uint8))
    if profiles is None:
        return 0.0
    steps = np.abs(np.diff(profiles, axis=0))
    across = steps[REACH - 2 : REACH + 2].max(axis=0)
    beside = np.maximum(steps[: REACH - 3].max(axis=0), steps[REACH + 3 :].max(axis=0))
    return float(np.mean(across > beside + MARGIN) - np.mean(beside > across + MARGIN))
