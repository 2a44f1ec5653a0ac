"""Where a file holds pixels at all: absent blocks of sparse TIFFs, and gaps between the parts of a VRT."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from geotamper.imagery.region import Window

BoolMask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.floating[Any]]


class Coverage(Protocol):
    """The part of a picture that is stored."""

    def is_empty(self, window: Window) -> bool:
        """Whether nothing is stored within the window."""

    def at(self, columns: Positions, rows: Positions) -> BoolMask:
        """Whether something is stored where rows and columns cross.

        Args:
            columns: (w,) positions inside the picture, pixel centres at +0.5, rising.
            rows: (h,) likewise.

        Returns:
            (h, w) bool.
        """


@dataclass(frozen=True, eq=False)
class BlockCoverage:
    """Tiles or strips of a TIFF, some of them absent.

    Attributes:
        present: (rows, columns) bool of the grid of blocks.
        width: Of a block, pixels.
        height: Of a block, pixels.
    """

    present: BoolMask
    width: int
    height: int

    def is_empty(self, window: Window) -> bool:
        """As `Coverage.is_empty`."""
        rows = slice(window.y0 // self.height, -(-window.y1 // self.height))
        columns = slice(window.x0 // self.width, -(-window.x1 // self.width))
        return not self.present[rows, columns].any()

    def at(self, columns: Positions, rows: Positions) -> BoolMask:
        """As `Coverage.at`."""
        grid = np.ix_((rows // self.height).astype(np.intp), (columns // self.width).astype(np.intp))
        stored: BoolMask = self.present[grid]
        return stored


@dataclass(frozen=True, eq=False)
class RectangleCoverage:
    """Rectangles that the parts of a VRT fill.

    Attributes:
        rectangles: (N, 4) of x0, y0, x1, y1, pixels.
    """

    rectangles: npt.NDArray[np.float64]

    def is_empty(self, window: Window) -> bool:
        """As `Coverage.is_empty`."""
        x0, y0, x1, y1 = self.rectangles.T
        return not ((x0 < window.x1) & (x1 > window.x0) & (y0 < window.y1) & (y1 > window.y0)).any()

    def at(self, columns: Positions, rows: Positions) -> BoolMask:
        """As `Coverage.at`."""
        covered = np.zeros((len(rows), len(columns)), np.bool_)
        for x0, y0, x1, y1 in self.rectangles:
            left, right = np.searchsorted(columns, (x0, x1))
            top, bottom = np.searchsorted(rows, (y0, y1))
            covered[top:bottom, left:right] = True
        return covered
