"""Close-ups of a finding: source, source carried onto the copy, copy, and what differs between the two."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region, Window
from geotamper.inspection.exhibit import ShownFinding

Pixels = npt.NDArray[np.uint8]

AMPLIFICATION = 8
"""Factor of the difference image: 32 grey values already show as white."""

MARGIN_SHARE = 0.3
SMALLEST_MARGIN = 6
SMALLEST_SIDE = 240
LARGEST_SIDE = 480


@dataclass(frozen=True)
class Crop:
    """One close-up.

    Attributes:
        title: What it shows.
        pixels: (h, w, 3) uint8 RGB, enlarged where the region is small.
    """

    title: str
    pixels: Pixels


def finding_crops(source: PixelSource, item: ShownFinding) -> tuple[Crop, ...]:
    """The close-ups of one finding.

    Args:
        source: The picture; only windows around the regions are read.
        item: The finding; for a blur there is one close-up only.
    """
    shape = (source.height, source.width)
    window = _window(item.target, shape)
    copy = source.read(window).pixels
    if item.transform is None:
        return (Crop("blurred region", _fit(copy)),)
    origin = _window(item.source, shape)
    original = source.read(origin).pixels
    matrix = item.transform.index_matrix
    matrix[:, 2] += matrix[:, :2] @ (origin.x0, origin.y0) - (window.x0, window.y0)
    size = (window.x1 - window.x0, window.y1 - window.y0)
    warped = cv2.warpAffine(original, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    difference = cv2.absdiff(np.asarray(warped, np.uint8), copy)
    amplified = np.minimum(difference.astype(np.uint16) * AMPLIFICATION, 255).astype(np.uint8)
    amplified[~item.target.within(window)] //= 3
    return (
        Crop("source", _fit(original)),
        Crop("source carried onto the copy", _fit(np.asarray(warped, np.uint8))),
        Crop("copy", _fit(copy)),
        Crop(f"difference, {AMPLIFICATION} times", _fit(amplified)),
    )


def _window(region: Region, shape: tuple[int, int]) -> Window:
    """The box of a region with a margin, inside the picture of (height, width)."""
    margin = max(SMALLEST_MARGIN, round(MARGIN_SHARE * max(region.window.shape)))
    return region.window.grown(margin, shape)


def _fit(pixels: Pixels) -> Pixels:
    """Enlarge small close-ups by a whole factor, so that pixels stay visible; reduce large ones."""
    longer = max(pixels.shape[:2])
    if longer > LARGEST_SIDE:
        share = LARGEST_SIDE / longer
        return np.asarray(
            cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8
        )
    factor = max(1, SMALLEST_SIDE // longer)
    return np.repeat(np.repeat(pixels, factor, axis=0), factor, axis=1)
