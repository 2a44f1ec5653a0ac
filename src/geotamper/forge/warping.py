"""Carrying masks and pixels of one picture over to another place of it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from geotamper.forge.forgery import BoolMask, Pixels
from geotamper.forge.interpolation import interpolation
from geotamper.forge.sampling import sample, target_grid, tent
from geotamper.imagery.similarity import Similarity

# Every resampling of the table reads fewer pixels than this around a point, splines to within rounding.
_SURROUNDINGS = 32


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels; it may reach beyond the frame.

    Attributes:
        x: First column.
        y: First row.
        width: Number of columns.
        height: Number of rows.
    """

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def around(cls, points: npt.NDArray[np.float64], margin: int) -> Self:
        """The smallest window that holds all (N, 2) points, widened by `margin` pixels on each side."""
        low = np.floor(points.min(axis=0)).astype(int) - margin
        high = np.ceil(points.max(axis=0)).astype(int) + margin
        return cls(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))

    def clipped(self, shape: tuple[int, int]) -> "Window":
        """The part inside a frame of (height, width)."""
        x0, y0 = max(self.x, 0), max(self.y, 0)
        x1, y1 = min(self.x + self.width, shape[1]), min(self.y + self.height, shape[0])
        return Window(x0, y0, max(0, x1 - x0), max(0, y1 - y0))

    @property
    def corners(self) -> npt.NDArray[np.float64]:
        """(4, 2) points."""
        x0, y0, x1, y1 = self.x, self.y, self.x + self.width, self.y + self.height
        return np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]], dtype=np.float64)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, for a window inside the frame."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


def _between(transform: Similarity, source: Window, target: Window) -> Similarity:
    """The transform from the source window's own points to the target window's own points."""
    tx = transform.a * source.x + transform.b * source.y + transform.tx - target.x
    ty = -transform.b * source.x + transform.a * source.y + transform.ty - target.y
    return Similarity(transform.a, transform.b, tx, ty)


def outline_points(mask: BoolMask) -> npt.NDArray[np.float64]:
    """Centres of the first and last pixel of every row of a mask; its convex hull is theirs.

    Args:
        mask: (H, W) bool, not empty.

    Returns:
        (N, 2) points.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    return np.concatenate([np.stack([first, rows], axis=-1), np.stack([last, rows], axis=-1)]) + 0.5


def warp_mask(mask: BoolMask, transform: Similarity) -> BoolMask:
    """Carry a mask over, within its own frame.

    A target pixel belongs to the result where the mask, read as 0 and 1 with linear interpolation at the
    source point of the pixel's centre, is above 0.5. Whole-pixel shifts are exact.

    Args:
        mask: (H, W) bool.
        transform: Takes source points to target points.

    Returns:
        (H, W) bool; parts beyond the frame are cut off.
    """
    window = Window.around(transform.apply(outline_points(mask)), 2).clipped(mask.shape)
    result = np.zeros_like(mask)
    result[window.slices] = warp_mask_into(mask, transform, window)
    return result


def warp_mask_into(mask: BoolMask, transform: Similarity, window: Window) -> BoolMask:
    """As `warp_mask`, within a window that may reach beyond the frame.

    Returns:
        (height, width) bool of the window.
    """
    crop = Window.around(outline_points(mask), 1).clipped(mask.shape)
    # A rim of background, because reading beyond a border repeats the outermost pixels.
    padded = np.pad(mask[crop.slices], 1)
    local = _between(transform, Window(crop.x - 1, crop.y - 1, 0, 0), window)
    x, y = target_grid(local, (window.height, window.width))
    return sample(padded, x, y, kernel=tent, support=1) > 0.5 + 1e-9


def warp_pixels(pixels: Pixels, transform: Similarity, name: str, window: tuple[slice, slice]) -> Pixels:
    """Carry a picture over into a window of its own frame.

    Args:
        pixels: (H, W, 3) uint8.
        transform: Takes source points to target points. With a whole-pixel shift the pixels are copied as
            they are, whatever the interpolation.
        name: Of the interpolation.
        window: Rows and columns of the target window, within the frame.

    Returns:
        uint8 pixels of the window. Source points outside the frame read its repeated border.
    """
    rows, columns = window
    target = Window(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
    wanted = Window.around(transform.inverse().apply(target.corners), _SURROUNDINGS)
    crop = wanted.clipped(pixels.shape[:2])
    before = crop.y - wanted.y, crop.x - wanted.x
    after = wanted.height - crop.height - before[0], wanted.width - crop.width - before[1]
    source = np.pad(pixels[crop.slices], ((before[0], after[0]), (before[1], after[1]), (0, 0)), mode="edge")
    local = _between(transform, wanted, target)
    if transform.a == 1 and transform.b == 0 and local.tx.is_integer() and local.ty.is_integer():
        y, x = -int(local.ty), -int(local.tx)
        return source[y : y + target.height, x : x + target.width].copy()
    return interpolation(name).warp(np.ascontiguousarray(source), local, (target.height, target.width))
