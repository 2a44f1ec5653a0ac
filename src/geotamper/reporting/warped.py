"""The source carried onto the copy: what the copy would look like if nothing but the transform had happened to it."""

import cv2
import numpy as np

from geotamper.imagery.pixel_source import Block, PixelSource
from geotamper.imagery.region import Matrix, Window
from geotamper.inspection.exhibit import Exhibit, ShownFinding
from geotamper.reporting.windows import Size, assemble_window, surroundings

_REACH = 2
"""Pixels that interpolation looks at beyond what it shows."""


def warped_source(exhibit: Exhibit, item: ShownFinding, window: Window, size: Size | None = None) -> Block:
    """What a finding's source looks like when its transform carries it onto the copy.

    Args:
        exhibit: The picture.
        item: One of its findings.
        window: Where to look, in the picture, at the copy's place; it may reach beyond the picture.
        size: Columns and rows of the outcome; the window's own without it.

    Returns:
        Pixels of that size. Valid is what comes from inside the picture and lies on the copy or in its
        `surroundings`; everything else is black. A finding without a transform has no valid pixel.

    Raises:
        InputError: The file is damaged there.
        SpecificationError: The window or the size is empty.
    """
    near = surroundings(item.target.window, exhibit.source)
    matrix = None if item.transform is None else item.transform.index_matrix

    def read(part: Window) -> Block | None:
        return None if matrix is None else _carried(exhibit.source, matrix, part, near)

    return assemble_window(read, window, size or (window.shape[1], window.shape[0]))


def _carried(source: PixelSource, matrix: Matrix, part: Window, near: Window) -> Block | None:
    """The source under the matrix, at full resolution, in a part of the picture; nothing outside `near`."""
    inside = _overlap(part, near)
    before = inside and _origin(matrix, inside, source.width, source.height)
    if not inside or not before:
        return None
    block = source.read(before)
    local = matrix.copy()
    local[:, 2] += matrix[:, :2] @ [before.x0, before.y0] - [inside.x0, inside.y0]
    size = (inside.x1 - inside.x0, inside.y1 - inside.y0)
    warped = cv2.warpAffine(
        block.pixels, local, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    share = cv2.warpAffine(block.valid.astype(np.uint8) * np.uint8(255), local, size, flags=cv2.INTER_LINEAR)
    here = (
        slice(inside.y0 - part.y0, inside.y1 - part.y0),
        slice(inside.x0 - part.x0, inside.x1 - part.x0),
    )
    pixels = np.zeros((*part.shape, 3), np.uint8)
    valid = np.zeros(part.shape, np.bool_)
    valid[here] = np.asarray(share) > 127
    pixels[here] = np.where(valid[here][..., np.newaxis], warped, 0)
    return Block(pixels, valid)


def _overlap(one: Window, other: Window) -> Window | None:
    both = Window(max(one.x0, other.x0), max(one.y0, other.y0), min(one.x1, other.x1), min(one.y1, other.y1))
    return both if both.x0 < both.x1 and both.y0 < both.y1 else None


def _origin(matrix: Matrix, window: Window, width: int, height: int) -> Window | None:
    """The part of the picture that the matrix carries onto a window, with what interpolation needs around it."""
    corners = np.array(
        [
            [window.x0, window.y0],
            [window.x1 - 1, window.y0],
            [window.x0, window.y1 - 1],
            [window.x1 - 1, window.y1 - 1],
        ],
        np.float64,
    )
    sources = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    x0, y0 = np.floor(sources.min(axis=0)).astype(int) - _REACH
    x1, y1 = np.ceil(sources.max(axis=0)).astype(int) + 1 + _REACH
    return _overlap(Window(int(x0), int(y0), int(x1), int(y1)), Window(0, 0, width, height))
