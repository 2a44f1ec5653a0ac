"""What the class network sees of a region: two crops with the region's mask, and the shape of its outline."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.imagery.picture import Pixels

BoolMask = npt.NDArray[np.bool_]

SIDE = 96
"""Of a crop, pixels."""

TIGHT = 1.25
"""Side of the first crop over the longer side of the region's box."""

CONTEXT = 2.5
"""Side of the second crop over the longer side of the region's box."""

SMALLEST_CONTEXT = 96
"""Of the second crop before resizing, pixels: around a small object more is seen."""

SHAPE_SIZE = 9
"""Numbers that describe an outline."""


@dataclass(frozen=True)
class RegionViews:
    """A region as the network takes it.

    Attributes:
        crops: (2, 96, 96, 4) uint8, tight and context: RGB, and the share of the region in each pixel, 0 to 255.
        shape: (9,) float32, see `describe_outline`.
    """

    crops: npt.NDArray[np.uint8]
    shape: npt.NDArray[np.float32]


def region_views(pixels: Pixels, region: BoolMask) -> RegionViews:
    """Cut the two crops around a region; beyond the frame the picture is mirrored.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        region: (H, W) bool, with at least one pixel inside.
    """
    box = _box(region)
    longest = max(box[2] - box[0], box[3] - box[1])
    sides = (max(4.0, TIGHT * longest), max(float(SMALLEST_CONTEXT), CONTEXT * longest))
    crops = np.stack([_crop(pixels, region, box, round(side)) for side in sides])
    return RegionViews(crops, describe_outline(region[box[1] : box[3], box[0] : box[2]]))


def describe_outline(region: BoolMask) -> npt.NDArray[np.float32]:
    """Nine numbers of order one about a region cut to its box.

    Logarithms of area, length over width of the smallest turned box, greatest half width and number of parts;
    the shares of the region in its convex hull, its turned box and its upright box, of holes in the filled
    region; and perimeter squared over area, as a logarithm.

    Args:
        region: (h, w) bool, with at least one pixel inside.
    """
    import cv2

    mask = np.pad(region, 1).astype(np.uint8)
    area = float(np.count_nonzero(region))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = np.concatenate(contours)
    hull = float(cv2.contourArea(cv2.convexHull(points)))
    _, (one, other), _ = cv2.minAreaRect(points)
    long, short = max(one, other) + 1, min(one, other) + 1
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    perimeter = sum(float(cv2.arcLength(contour, closed=True)) for contour in contours) + 4
    half_width = float(cv2.distanceTransform(mask, cv2.DIST_L2, 3).max())
    values = (
        np.log(area) / 4 - 2,
        np.log(long / short),
        np.log(half_width) - 2,
        np.log(len(contours)),
        min(1.5, area / max(1.0, hull)),
        min(1.5, area / (long * short)),
        area / region.size,
        1 - area / float(np.count_nonzero(filled)),
        np.log(perimeter**2 / area) - 3,
    )
    return np.array(values, dtype=np.float32)


def _box(region: BoolMask) -> tuple[int, int, int, int]:
    columns, rows = np.flatnonzero(region.any(axis=0)), np.flatnonzero(region.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _crop(
    pixels: Pixels, region: BoolMask, box: tuple[int, int, int, int], side: int
) -> npt.NDArray[np.uint8]:
    """A square of `side` pixels around the middle of the box, resized."""
    import cv2

    x0, y0 = (box[0] + box[2] - side) // 2, (box[1] + box[3] - side) // 2
    columns = _mirrored(np.arange(x0, x0 + side), pixels.shape[1])
    rows = _mirrored(np.arange(y0, y0 + side), pixels.shape[0])
    inside = np.zeros((side, side), np.uint8)
    left, upper = box[0] - x0, box[1] - y0
    part = region[box[1] : box[3], box[0] : box[2]]
    inside[upper : upper + part.shape[0], left : left + part.shape[1]] = 255 * part.astype(np.uint8)
    square = np.dstack([pixels[rows[:, np.newaxis], columns], inside])
    method = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=method), dtype=np.uint8)


def _mirrored(places: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """Indices inside 0 .. size - 1, mirrored at the border pixels as often as it takes."""
    period = max(1, 2 * (size - 1))
    folded = np.abs(places) % period
    return np.asarray(np.minimum(folded, period - folded), dtype=np.int64)
