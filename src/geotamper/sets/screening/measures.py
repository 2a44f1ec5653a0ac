"""What screening measures on a raw tile, each a share from 0 to 1."""

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.imagery.picture import Pixels
from geotamper.sets.sources.labels import BoolMask
from geotamper.sets.sources.voids import flat_regions

BLOCK = 32
"""Side of the blocks that are looked at for structure, pixels."""

FLAT_BLOCK = 2.0
"""Standard deviation of grey values, of 255, below which a block has no structure."""

CLOUD_BRIGHTNESS = 200
"""Darkest band of a pixel that may be cloud, of 255."""

CLOUD_COLOUR = 30
"""Largest difference between the bands of a pixel that may be cloud."""

CLOUD_TEXTURE = 6.0
"""Largest standard deviation, within 15 x 15 pixels, of grey values where there may be cloud."""

_CLOUD_WINDOW = (15, 15)
_SMOOTHING = 9


def void_share(pixels: Pixels, ignore: BoolMask) -> float:
    """Share of the tile without data: what the reader marked, and regions of exact black or white.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        ignore: (H, W) bool.
    """
    void = ignore | flat_regions(pixels, 0) | flat_regions(pixels, 255)
    return float(void.mean())


def flat_share(pixels: Pixels) -> float:
    """Share of the blocks of 32 x 32 pixels in which nothing is to be seen.

    Args:
        pixels: (H, W, 3) uint8 RGB, at least one block large.
    """
    grey = _grey(pixels)
    rows, columns = grey.shape[0] // BLOCK, grey.shape[1] // BLOCK
    blocks = grey[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return float((blocks.std(axis=(1, 3)) < FLAT_BLOCK).mean())


def blur_share(pixels: Pixels) -> float:
    """How blurred a picture is: the share of its grey-value steps that a further smoothing leaves as they are.

    0 is sharp, 1 is without detail. The larger value of rows and columns counts. A picture without any steps is
    as blurred as can be. (Crete, Dolmiere, Ladret and Nicolas, "The blur effect: perception and estimation with
    a new no-reference perceptual blur metric", Human Vision and Electronic Imaging XII, 2007.)

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    grey = _grey(pixels)
    return max(_kept_steps(grey), _kept_steps(np.ascontiguousarray(grey.T)))


def cloud_share(pixels: Pixels) -> float:
    """Share of pixels that look like thick cloud: bright, without colour and smooth.

    Bright roofs and concrete count too; thin cloud and its shadow do not.

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    # band by band, because reducing the short last axis takes ten times as long
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    lowest = np.minimum(np.minimum(red, green), blue)
    highest = np.maximum(np.maximum(red, green), blue)
    grey = _grey(pixels)
    mean = np.asarray(cv2.blur(grey, _CLOUD_WINDOW))
    variance = np.asarray(cv2.blur(grey * grey, _CLOUD_WINDOW)) - mean * mean
    like_cloud = (
        (lowest >= CLOUD_BRIGHTNESS) & (highest - lowest <= CLOUD_COLOUR) & (variance <= CLOUD_TEXTURE**2)
    )
    return float(like_cloud.mean())


def _grey(pixels: Pixels) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def _kept_steps(grey: npt.NDArray[np.float32]) -> float:
    """The measure along rows."""
    smoothed = np.asarray(cv2.blur(grey, (_SMOOTHING, 1)))
    before, after = np.abs(np.diff(grey, axis=1)), np.abs(np.diff(smoothed, axis=1))
    total = float(before.sum())
    lost = float(np.maximum(before - after, 0).sum())
    return 1 - lost / total if total > 0 else 1.0
