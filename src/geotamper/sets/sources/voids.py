"""Parts of a picture that show nothing: the exact black or white that fills what a scanner did not see."""

import cv2
import numpy as np

from geotamper.imagery.picture import Pixels
from geotamper.sets.sources.labels import BoolMask

LARGEST_SPECK = 100
"""A region of one exact colour up to this many pixels may be a shadow or a glint."""


def flat_regions(pixels: Pixels, value: int) -> BoolMask:
    """Connected regions of more than `LARGEST_SPECK` pixels in which all bands have one exact value.

    Args:
        pixels: (H, W, 3) uint8.
        value: 0 for black, 255 for white.

    Returns:
        (H, W) bool.
    """
    # band by band, because reducing the short last axis takes ten times as long
    exact = (pixels[..., 0] == value) & (pixels[..., 1] == value) & (pixels[..., 2] == value)
    if np.count_nonzero(exact) <= LARGEST_SPECK:
        return np.zeros(exact.shape, dtype=np.bool_)
    _, components, statistics, _ = cv2.connectedComponentsWithStats(exact.astype(np.uint8), connectivity=8)
    is_large = statistics[:, cv2.CC_STAT_AREA] > LARGEST_SPECK
    is_large[0] = False  # everything else
    return np.asarray(is_large[components], dtype=np.bool_)
