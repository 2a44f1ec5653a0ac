"""A picture of any size made small, piece by piece."""

from collections.abc import Iterator
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.imagery.picture import Pixels
from geotamper.imagery.pixel_source import Block
from geotamper.imagery.region import Window

_TILE = 2048
_PIECE_PIXELS = 2**23  # of 8-bit RGB with single-precision weights: below 200 MB

Weights = npt.NDArray[np.float32]


class Readable(Protocol):
    """A picture that is read in windows."""

    @property
    def width(self) -> int:
        """Columns."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def is_striped(self) -> bool:
        """Whether whole rows are decoded at once."""

    def read(self, window: Window) -> Block:
        """Pixels and validity of a window."""

    def is_empty(self, window: Window) -> bool:
        """Whether a window holds nothing."""


def shrink(picture: Readable, size: tuple[int, int]) -> Block:
    """The whole picture at a smaller size: means over the valid pixels, valid where there is one.

    Args:
        picture: Read once, in windows; empty ones are left out.
        size: Columns and rows, at most those of the picture.

    Returns:
        Pixels and validity of this size; 0 where nothing is valid.
    """
    factor = max(1, min(picture.width // size[0], picture.height // size[1]))
    columns, rows = -(-picture.width // factor), -(-picture.height // factor)
    colour: Pixels = np.zeros((rows, columns, 3), np.uint8)
    weight: Weights = np.zeros((rows, columns), np.float32)
    for window in _pieces(picture, factor):
        if picture.is_empty(window):
            continue
        means, share = _means(picture.read(window), factor)
        place = (
            slice(window.y0 // factor, window.y0 // factor + means.shape[0]),
            slice(window.x0 // factor, window.x0 // factor + means.shape[1]),
        )
        colour[place], weight[place] = means, share
    return _resized(colour, weight, size)


def _pieces(picture: Readable, factor: int) -> Iterator[Window]:
    """Windows that begin at multiples of the factor."""
    width, height = picture.width, picture.height
    if picture.is_striped and width * factor <= _PIECE_PIXELS:
        across, down = width, max(1, _PIECE_PIXELS // (width * factor)) * factor
    else:
        across = down = max(1, _TILE // factor) * factor
        while across > factor and across * down > _PIECE_PIXELS:
            across = max(factor, across // 2 // factor * factor)
    for y in range(0, height, down):
        for x in range(0, width, across):
            yield Window(x, y, min(x + across, width), min(y + down, height))


def _means(block: Block, factor: int) -> tuple[Pixels, Weights]:
    """Means over squares of factor x factor pixels and the valid share of each."""
    if factor == 1:
        return np.where(block.valid[..., np.newaxis], block.pixels, np.uint8(0)), block.valid.astype(
            np.float32
        )
    height, width = block.valid.shape
    rows, columns = -(-height // factor), -(-width // factor)
    if block.valid.all() and (rows * factor, columns * factor) == (height, width):
        means = cv2.resize(block.pixels, (columns, rows), interpolation=cv2.INTER_AREA)
        return np.asarray(means, np.uint8), np.ones((rows, columns), np.float32)
    missing = ((0, rows * factor - height), (0, columns * factor - width))
    valid = np.pad(block.valid, missing).astype(np.float32)
    share = np.asarray(cv2.resize(valid, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
    out: Pixels = np.zeros((rows, columns, 3), np.uint8)
    for band in range(3):
        plane = np.pad(block.pixels[..., band], missing) * valid
        out[..., band] = _over(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), share)
    return out, share


def _resized(colour: Pixels, weight: Weights, size: tuple[int, int]) -> Block:
    if (colour.shape[1], colour.shape[0]) == size:
        return Block(colour, weight > 0)
    if weight.min() == 1:
        means = np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), np.uint8)
        return Block(means, np.ones(means.shape[:2], np.bool_))
    share = np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), np.float32)
    out: Pixels = np.zeros((size[1], size[0], 3), np.uint8)
    for band in range(3):
        plane = colour[..., band] * weight
        out[..., band] = _over(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), share)
    return Block(out, share > 0)


def _over(total: object, share: Weights) -> Pixels:
    means = np.asarray(total, np.float32) / np.maximum(share, np.float32(1e-6))
    return np.clip(np.rint(means), 0, 255).astype(np.uint8)
