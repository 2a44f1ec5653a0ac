"""Close-ups of a finding: source, source carried onto the copy, copy, and what differs between the two."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.inspection.findings import BoolMask, Finding
from geotamper.inspection.regions import bounding_box

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


def finding_crops(pixels: Pixels, item: Finding) -> tuple[Crop, ...]:
    """The close-ups of one finding.

    Args:
        pixels: (H, W, 3) uint8 RGB, the whole picture.
        item: The finding; for a blur there is one close-up only.
    """
    window = _window(item.target)
    if item.transform is None:
        return (Crop("blurred region", _fit(_cut(pixels, window))),)
    x0, y0, x1, y1 = window
    matrix = item.transform.index_matrix
    matrix[:, 2] -= (x0, y0)
    size = (x1 - x0, y1 - y0)
    warped = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    copy = _cut(pixels, window)
    difference = cv2.absdiff(np.asarray(warped, np.uint8), copy)
    amplified = np.minimum(difference.astype(np.uint16) * AMPLIFICATION, 255).astype(np.uint8)
    outside = ~item.target[y0:y1, x0:x1]
    amplified[outside] //= 3
    return (
        Crop("source", _fit(_cut(pixels, _window(item.source)))),
        Crop("source carried onto the copy", _fit(np.asarray(warped, np.uint8))),
        Crop("copy", _fit(copy)),
        Crop(f"difference, {AMPLIFICATION} times", _fit(amplified)),
    )


def _window(mask: BoolMask) -> tuple[int, int, int, int]:
    """The box of a mask with a margin, inside the picture; x1 and y1 exclusive."""
    x0, y0, x1, y1 = bounding_box(mask)
    margin = max(SMALLEST_MARGIN, round(MARGIN_SHARE * max(x1 - x0, y1 - y0)))
    height, width = mask.shape
    return max(0, x0 - margin), max(0, y0 - margin), min(width, x1 + margin), min(height, y1 + margin)


def _cut(pixels: Pixels, window: tuple[int, int, int, int]) -> Pixels:
    x0, y0, x1, y1 = window
    return pixels[y0:y1, x0:x1]


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
