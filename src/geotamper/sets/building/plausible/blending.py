"""Joining a copy to its new surroundings by Poisson blending."""

import numpy as np
import numpy.typing as npt

from geotamper.forge.forgery import Forgery, Pixels
from geotamper.forge.warping import Window, outline_points, warp_pixels
from geotamper.sets.building.forgers import MadeForgery, with_pixels

REACH = 6
"""Pixels beyond the outline in which colours are adapted."""

_ERODED = 3
"""OpenCV takes so many pixels off the edge of the mask that it is given."""


def poisson_blended(forgery: Forgery) -> MadeForgery:
    """The same forgery, its colours adapted to the new surroundings (Perez et al., "Poisson image editing", 2003).

    The object is taken with a band of its own surroundings, so that not its outline but that of the band takes on
    the colours of the place. Masks and transform stay as they are, and so do pixels further than `REACH` from the
    target mask.

    Args:
        forgery: A copy-move with a hard edge.
    """
    import cv2

    if forgery.transform is None:
        return MadeForgery(forgery)
    window = Window.around(outline_points(forgery.target_mask), REACH + _ERODED + 2)
    inside = window.clipped(forgery.target_mask.shape)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * REACH + 1, 2 * REACH + 1))
    grown = np.asarray(
        cv2.dilate(forgery.target_mask[inside.slices].astype(np.uint8), kernel), dtype=np.uint8
    )
    # OpenCV cannot solve up to the border of its picture
    grown[[0, -1], :] = 0
    grown[:, [0, -1]] = 0
    name = "opencv-nearest" if forgery.interpolation in (None, "none") else forgery.interpolation
    copied = warp_pixels(forgery.original, forgery.transform, name or "opencv-nearest", inside.slices)
    blended = _clone(copied, np.ascontiguousarray(forgery.original[inside.slices]), grown)
    pixels = forgery.original.copy()
    pixels[inside.slices][grown > 0] = blended[grown > 0]
    return with_pixels(MadeForgery(forgery), pixels, "poisson")


def _clone(copied: Pixels, place: Pixels, mask: npt.NDArray[np.uint8]) -> Pixels:
    """OpenCV's seamless clone with the mask exactly where it is."""
    import cv2

    x, y, width, height = cv2.boundingRect(mask)
    centre = (x + width // 2, y + height // 2)
    return np.asarray(
        cv2.seamlessClone(copied, place, mask * np.uint8(255), centre, cv2.NORMAL_CLONE), dtype=np.uint8
    )
