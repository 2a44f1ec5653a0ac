"""Windows of any size shown at a small one, read piece by piece so that memory never grows with the window."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from geotamper.errors import SpecificationError
from geotamper.imagery.pixel_source import Block, PixelSource
from geotamper.imagery.region import Window

ReadWindow = Callable[[Window], Block | None]
"""Gives the pixels of a window at full resolution; None where there are none to show."""

Size = tuple[int, int]
"""Columns and rows."""

LARGEST_PIECE = 1024
"""Pixels on a side of what is read at once: 3 MB of RGB."""

MARGIN_SHARE = 0.3
SMALLEST_MARGIN = 6


def surroundings(window: Window, source: PixelSource) -> Window:
    """The window of a region with a margin that shows where it lies, inside the picture."""
    margin = max(SMALLEST_MARGIN, round(MARGIN_SHARE * max(window.shape)))
    return window.grown(margin, (source.height, source.width))


def assemble_window(read: ReadWindow, window: Window, size: Size) -> Block:
    """Read a window at full resolution, piece by piece, and bring it to a size.

    Reduced pixels are means over what they cover; enlarged ones repeat the nearest.

    Args:
        read: Asked for parts of the window; where it gives None the outcome is black and not valid.
        window: What to show; it may not be empty.
        size: Columns and rows of the outcome.

    Returns:
        Pixels of that size; a reduced pixel is valid where at least half of what it covers is.

    Raises:
        SpecificationError: The window or the size is empty.
    """
    rows, columns = window.shape
    if min(rows, columns, *size) < 1:
        raise SpecificationError(
            f"a window of {columns} x {rows} pixels was asked for at {size[0]} x {size[1]}; "
            "expected at least 1 x 1 for both"
        )
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    valid = np.zeros((size[1], size[0]), np.bool_)
    for top, bottom, y0, y1 in _pieces(window.y0, rows, size[1]):
        for left, right, x0, x1 in _pieces(window.x0, columns, size[0]):
            block = read(Window(x0, y0, x1, y1))
            if block is not None:
                shown = _resized(block, (right - left, bottom - top))
                pixels[top:bottom, left:right] = shown.pixels
                valid[top:bottom, left:right] = shown.valid
    return Block(pixels, valid)


def _pieces(start: int, length: int, count: int) -> Iterator[tuple[int, int, int, int]]:
    """Cut one axis: first and last shown pixel (exclusive), and the pixels of the picture behind them."""
    step = max(1, min(count, LARGEST_PIECE * count // length, LARGEST_PIECE))
    for low in range(0, count, step):
        high = min(count, low + step)
        first = start + low * length // count
        last = start + -(-high * length // count)
        yield low, high, first, max(last, first + 1)


def _resized(block: Block, size: Size) -> Block:
    rows, columns = block.valid.shape
    if size == (columns, rows):
        return block
    is_smaller = size[0] < columns or size[1] < rows
    method = cv2.INTER_AREA if is_smaller else cv2.INTER_NEAREST
    pixels = np.asarray(cv2.resize(block.pixels, size, interpolation=method), np.uint8)
    share = cv2.resize(block.valid.astype(np.uint8) * np.uint8(255), size, interpolation=method)
    return Block(pixels, np.asarray(share) > 127)
