"""Cutting windows out of raw images and bringing them to the size of a tile."""

from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.imagery.picture import Pixels
from geotamper.sets.sources.protocol import TILE_SIDE, Window

MAX_ENLARGEMENT = 2.0
"""A picture smaller than a tile is enlarged up to this factor; still smaller ones are left out."""

_Scalar = TypeVar("_Scalar", bound=np.generic)


def grid_windows(width: int, height: int, *, side: int = TILE_SIDE) -> list[Window]:
    """Windows of one size side by side from the top left corner, row by row; what remains is dropped.

    Args:
        width: Of the image, pixels.
        height: Of the image, pixels.
        side: Of the windows, pixels.
    """
    return [
        Window(x, y, side)
        for y in range(0, height - side + 1, side)
        for x in range(0, width - side + 1, side)
    ]


def flexible_windows(width: int, height: int) -> list[Window]:
    """A grid of tile-sized windows, or for a smaller image one window as large as fits at its top left.

    Returns:
        Windows; none where even `MAX_ENLARGEMENT` does not make a tile of the image.
    """
    shorter = min(width, height)
    if shorter >= TILE_SIDE:
        return grid_windows(width, height)
    return [Window(0, 0, shorter)] if shorter * MAX_ENLARGEMENT >= TILE_SIDE else []


def resize_pixels(pixels: Pixels) -> Pixels:
    """Bring a square picture to 512 x 512: by area averaging when it shrinks, bicubic when it grows.

    Args:
        pixels: (side, side, 3) uint8.
    """
    side = pixels.shape[0]
    if side == TILE_SIDE:
        return pixels
    method = cv2.INTER_AREA if side > TILE_SIDE else cv2.INTER_CUBIC
    resized = cv2.resize(pixels, (TILE_SIDE, TILE_SIDE), interpolation=method)
    return np.asarray(resized, dtype=np.uint8)


def resize_ids(ids: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    """Bring a square map of ids to 512 x 512, each pixel taking the id under its centre.

    Args:
        ids: (side, side) of any type.
    """
    side = ids.shape[0]
    if side == TILE_SIDE:
        return ids
    # With an even reduction the centre falls on a pixel edge; the pixel after it is taken.
    nearest = ((np.arange(TILE_SIDE) + 0.5) * (side / TILE_SIDE)).astype(np.intp)
    return ids[np.ix_(nearest, nearest)]


def renumber(instances: npt.NDArray[np.integer[Any]]) -> tuple[npt.NDArray[np.int32], list[int]]:
    """Give the instances of a tile the ids 1 to n, in rising order of the ids they had.

    Args:
        instances: Ids of any size, 0 where there is none.

    Returns:
        The map, int32, and the former id of each new one, the former id of 1 first.
    """
    values, inverse = np.unique(instances, return_inverse=True)
    positive = values > 0
    new_ids = np.where(positive, np.cumsum(positive), 0).astype(np.int32)
    return new_ids[inverse.reshape(instances.shape)], [int(v) for v in values[positive]]
