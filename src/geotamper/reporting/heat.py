"""Where a picture is likely forged, as colours that can lie over it."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.imagery.region import BoolMask, Region, Window
from geotamper.inspection.exhibit import Exhibit
from geotamper.reporting.windows import Size

Probabilities = npt.NDArray[np.float32]
Rgba = npt.NDArray[np.uint8]

SMALLEST_SPREAD, LARGEST_SPREAD = 1.5, 24.0
SPREAD_SHARE = 0.1
"""Standard deviation of the fall outside a region, as a share of the side of a square of its area."""

REACH = 3.0
"""Standard deviations after which the fall has ended."""

STRONGEST = 0.85
"""Opacity of certainty: the picture stays visible below."""


def heat_block(exhibit: Exhibit, window: Window, size: Size) -> Rgba:
    """The heat map of a window: colour tells the probability that a pixel is forged, and so does opacity.

    The colours are those of "inferno": their lightness grows steadily from dark violet to pale yellow, so that
    they are read rightly without colour vision and in grey. The cost depends on the size and not on the window.

    Args:
        exhibit: The findings; for an undecided picture its candidates.
        window: Where to look; it may reach beyond the picture, where there is no heat.
        size: Columns and rows of the outcome.

    Returns:
        (rows, columns, 4) uint8 RGBA; opacity 0 where nothing is likely forged.
    """
    probability = forgery_probability(exhibit, window, size)
    levels = np.rint(255 * probability).astype(np.uint8)
    bgr = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
    opacity = np.rint(255 * STRONGEST * np.sqrt(probability)).astype(np.uint8)
    return np.dstack([bgr[..., ::-1], opacity])


def forgery_probability(exhibit: Exhibit, window: Window, size: Size) -> Probabilities:
    """How likely each pixel of a window is forged.

    Inside a forged region it is the finding's confidence; outside it falls like a bell curve whose width follows the
    size of the region. Where findings meet the larger value counts.

    Args:
        exhibit: As for `heat_block`.
        window: As for `heat_block`.
        size: As for `heat_block`. Reduced, a pixel has the largest value that it covers, so that a small region stays
            visible in a large scene.

    Returns:
        (rows, columns) float32, 0 to 1.
    """
    columns, rows = size
    probability = np.zeros((rows, columns), np.float32)
    for item in exhibit.items:
        spread = _spread(item.target)
        margin = math.ceil(REACH * spread)
        reached = item.target.window.grown(margin, (exhibit.source.height, exhibit.source.width))
        if _meets(reached, window):
            fall = _fall(item.target, window, size, spread)
            np.maximum(probability, np.float32(item.confidence) * fall, out=probability)
    frame = Window(0, 0, exhibit.source.width, exhibit.source.height)
    probability[~_inside_frame(frame, window, size)] = 0
    return probability


def _spread(region: Region) -> float:
    return min(LARGEST_SPREAD, max(SMALLEST_SPREAD, SPREAD_SHARE * math.sqrt(region.area)))


def _meets(one: Window, other: Window) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _fall(region: Region, window: Window, size: Size, spread: float) -> Probabilities:
    """1 inside the region, falling to 0 outside, on the grid of the outcome."""
    height, width = window.shape
    step = (max(1.0, width / size[0]), max(1.0, height / size[1]))
    margin = math.ceil(REACH * spread / min(step)) + 1
    grid = (min(size[0], width), min(size[1], height))
    mask = _shown(region, window, grid, margin)
    if not mask.any():
        return np.zeros((size[1], size[0]), np.float32)
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    distance = distance[margin : margin + grid[1], margin : margin + grid[0]] * math.sqrt(step[0] * step[1])
    end = math.exp(-REACH * REACH / 2)  # taken off, so that the fall ends at 0 without a rim
    bell = np.exp(-0.5 * np.square(distance / spread))
    fall = np.clip((bell - end) / (1 - end), 0, 1).astype(np.float32)
    if grid != size:
        return np.asarray(cv2.resize(fall, size, interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(fall, np.float32)


def _shown(region: Region, window: Window, grid: Size, margin: int) -> BoolMask:
    """The region on the grid of the outcome and a margin around it; a cell is set where it holds one set pixel."""
    columns = _edges(window.x0, window.x1, grid[0], margin)
    rows = _edges(window.y0, window.y1, grid[1], margin)
    out = np.zeros((grid[1] + 2 * margin, grid[0] + 2 * margin), np.bool_)
    box = region.window
    left, right = _cells(columns, box.x0, box.x1)
    top, bottom = _cells(rows, box.y0, box.y1)
    if left >= right or top >= bottom:
        return out
    xs = np.clip(columns[left : right + 1] - box.x0, 0, box.x1 - box.x0)
    ys = np.clip(rows[top : bottom + 1] - box.y0, 0, box.y1 - box.y0)
    inside = region.mask[ys[0] : ys[-1], xs[0] : xs[-1]]
    by_row = np.logical_or.reduceat(inside, ys[:-1] - ys[0], axis=0)
    out[top:bottom, left:right] = np.logical_or.reduceat(by_row, xs[:-1] - xs[0], axis=1)
    return out


def _edges(start: int, end: int, count: int, margin: int) -> npt.NDArray[np.int64]:
    """Where the cells of one axis begin, and where the last one ends, in pixels of the picture."""
    return start + np.arange(-margin, count + margin + 1) * (end - start) // count


def _cells(edges: npt.NDArray[np.int64], low: int, high: int) -> tuple[int, int]:
    """First and last cell (exclusive) that shares pixels with the span from low to high."""
    first = int(np.searchsorted(edges, low, side="right")) - 1
    last = int(np.searchsorted(edges, high, side="left"))
    return max(0, first), min(len(edges) - 1, last)


def _inside_frame(frame: Window, window: Window, size: Size) -> BoolMask:
    """Which cells of the outcome share area with the picture."""
    height, width = window.shape
    x = window.x0 + np.arange(size[0] + 1) * width / size[0]
    y = window.y0 + np.arange(size[1] + 1) * height / size[1]
    inside_x = (x[1:] > frame.x0) & (x[:-1] < frame.x1)
    inside_y = (y[1:] > frame.y0) & (y[:-1] < frame.y1)
    return np.asarray(inside_y[:, np.newaxis] & inside_x[np.newaxis, :], np.bool_)
