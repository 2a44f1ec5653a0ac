"""Regions of a picture as small windows, so that work on them does not grow with the picture."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

BoolMask = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float64]
"""(2, 3) similarity between array indices (pixel centres at whole numbers), copy to original."""

_BOX_3 = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels: columns x0 to x1 - 1, rows y0 to y1 - 1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def around(cls, x: int, y: int, reach: int, shape: tuple[int, int]) -> "Window":
        """The square of half width `reach` around a pixel, cut at the frame of (height, width)."""
        height, width = shape
        return cls(
            max(0, x - reach), max(0, y - reach), min(width, x + reach + 1), min(height, y + reach + 1)
        )

    def grown(self, margin: int, shape: tuple[int, int]) -> "Window":
        """The window with a margin on all sides, cut at the frame of (height, width)."""
        height, width = shape
        return Window(
            max(0, self.x0 - margin),
            max(0, self.y0 - margin),
            min(width, self.x1 + margin),
            min(height, self.y1 + margin),
        )

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index a plane."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, counted."""
        return max(0, self.y1 - self.y0), max(0, self.x1 - self.x0)


@dataclass(frozen=True)
class Region:
    """A set of pixels, held as the mask of its window.

    Attributes:
        window: Where the mask lies.
        mask: (rows, columns) bool of the window.
    """

    window: Window
    mask: BoolMask

    @classmethod
    def cut(cls, window: Window, mask: BoolMask) -> "Region":
        """The region of a mask, with its window shrunk to what is set; empty regions keep a 0 x 0 window."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows) == 0:
            return cls(Window(window.x0, window.y0, window.x0, window.y0), np.zeros((0, 0), bool))
        y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
        tight = Window(window.x0 + x0, window.y0 + y0, window.x0 + x1, window.y0 + y1)
        return cls(tight, np.ascontiguousarray(mask[y0:y1, x0:x1]))

    @property
    def area(self) -> int:
        """Pixels."""
        return int(np.count_nonzero(self.mask))

    def pixels(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Columns and rows of all pixels, in the picture."""
        rows, columns = np.nonzero(self.mask)
        return columns + self.window.x0, rows + self.window.y0

    def within(self, window: Window) -> BoolMask:
        """The mask as seen in another window, cut or padded."""
        out = np.zeros(window.shape, bool)
        x0, y0 = max(window.x0, self.window.x0), max(window.y0, self.window.y0)
        x1, y1 = min(window.x1, self.window.x1), min(window.y1, self.window.y1)
        if x0 < x1 and y0 < y1:
            out[y0 - window.y0 : y1 - window.y0, x0 - window.x0 : x1 - window.x0] = self.mask[
                y0 - self.window.y0 : y1 - self.window.y0, x0 - self.window.x0 : x1 - self.window.x0
            ]
        return out

    def full(self, shape: tuple[int, int]) -> BoolMask:
        """The mask at the size of the picture, (height, width)."""
        return self.within(Window(0, 0, shape[1], shape[0]))

    def reduced(self, shape: tuple[int, int], small: tuple[int, int]) -> "Region":
        """The region in the picture reduced from `shape` to `small`, both (height, width).

        It holds every pixel that it touches there, so that small regions do not vanish.
        """
        if shape == small or self.area == 0:
            return self
        window, mask = self.window, self.mask
        ends: list[tuple[int, int]] = []
        for axis, (first, last) in enumerate(((window.y0, window.y1), (window.x0, window.x1))):
            places = ((np.arange(first, last) + 0.5) * (small[axis] / shape[axis])).astype(np.int64)
            starts = np.flatnonzero(np.diff(places, prepend=-1))
            mask = np.logical_or.reduceat(mask, starts, axis=axis)
            ends.append((int(places[0]), int(places[-1]) + 1))
        (y0, y1), (x0, x1) = ends
        return Region(Window(x0, y0, x1, y1), mask)

    def contains(self, x: float, y: float) -> bool:
        """Whether the pixel nearest to (x, y) belongs to the region."""
        column, row = round(x) - self.window.x0, round(y) - self.window.y0
        rows, columns = self.mask.shape
        return 0 <= row < rows and 0 <= column < columns and bool(self.mask[row, column])

    def shared_with(self, other: "Region") -> int:
        """Pixels that belong to both."""
        return int(np.count_nonzero(self.mask & other.within(self.window)))

    def dilated(self, pixels: int, shape: tuple[int, int]) -> "Region":
        """The region with everything within a square of `pixels`, cut at the frame."""
        window = self.window.grown(pixels, shape)
        box = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
        return Region(window, cv2.dilate(self.within(window).astype(np.uint8), box) > 0)

    def eroded(self, *, at_least: int) -> "Region":
        """The region without its outermost pixels, or itself where fewer than `at_least` would remain."""
        if self.area < max(1, at_least):
            return self
        mask = self.mask.astype(np.uint8)
        inner = cv2.erode(mask, _BOX_3, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
        return Region(self.window, inner) if np.count_nonzero(inner) >= at_least else self

    def moved(self, matrix: Matrix, shape: tuple[int, int]) -> "Region":
        """The image of the region under an index matrix, cut at the frame of (height, width)."""
        height, width = shape
        w = self.window
        if self.area == 0:
            return self
        corners = np.array([[w.x0 - 1, w.y0 - 1], [w.x1, w.y0 - 1], [w.x0 - 1, w.y1], [w.x1, w.y1]], float)
        image = corners @ matrix[:, :2].T + matrix[:, 2]
        x0, y0 = np.floor(image.min(axis=0)).astype(int)
        x1, y1 = np.ceil(image.max(axis=0)).astype(int) + 1
        window = Window(max(0, int(x0)), max(0, int(y0)), min(width, int(x1)), min(height, int(y1)))
        if window.x0 >= window.x1 or window.y0 >= window.y1:
            return Region(Window(0, 0, 0, 0), np.zeros((0, 0), bool))
        local = matrix.copy()
        local[:, 2] += matrix[:, :2] @ [w.x0 - 1, w.y0 - 1] - [window.x0, window.y0]
        padded = np.pad(self.mask, 1).astype(np.uint8) * np.uint8(255)
        size = (window.x1 - window.x0, window.y1 - window.y0)
        return Region.cut(window, cv2.warpAffine(padded, local, size, flags=cv2.INTER_LINEAR) > 127)
