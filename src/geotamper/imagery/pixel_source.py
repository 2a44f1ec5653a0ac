"""Pixels on demand: what the search of large scenes and the report read, whether they lie in memory or in a file."""

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.imagery.picture import Geotransform, Picture, Pixels
from geotamper.imagery.region import Window

BoolMask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Block:
    """The pixels of a window, perhaps at a reduced size.

    Attributes:
        pixels: (h, w, 3) uint8 RGB.
        valid: (h, w) bool, false where the picture holds nothing (nodata, a mask, transparency).
    """

    pixels: Pixels
    valid: BoolMask


class Described(Protocol):
    """What pictures and pixel sources say about themselves."""

    @property
    def path(self) -> str | None:
        """As the caller gave it; None where there is no file."""

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the file, or of the pixels where there is none."""

    @property
    def width(self) -> int:
        """Columns."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def bands(self) -> int:
        """Bands of the file, alpha included."""

    @property
    def dtype(self) -> str:
        """Of the file's samples, as NumPy names it."""

    @property
    def crs(self) -> str | None:
        """Coordinate reference system: "EPSG:..." or WKT."""

    @property
    def geotransform(self) -> Geotransform | None:
        """Six numbers in GDAL's order."""

    @property
    def pixel_area_m2(self) -> float | None:
        """Ground area of a pixel, square metres."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was dropped, assumed or converted, in sentences without a full stop."""


class PixelSource(Described, Protocol):
    """A picture of any size that is read in windows; safe to ask from one thread at a time."""

    def read(self, window: Window) -> Block:
        """The pixels of a window inside the picture at full resolution.

        Raises:
            InputError: The file is damaged there.
            SpecificationError: The window is empty or reaches beyond the picture.
        """

    def is_empty(self, window: Window) -> bool:
        """Whether a window is known to hold nothing, without decoding it; false where that is not known."""

    def reduced(self, longest: int) -> Block:
        """The whole picture, its longer side at most `longest` pixels.

        Raises:
            InputError: The file is damaged.
        """


def check_window(window: Window, width: int, height: int) -> None:
    """Refuse a window that is empty or not inside a picture of this size.

    Raises:
        SpecificationError: With both.
    """
    is_inside = 0 <= window.x0 < window.x1 <= width and 0 <= window.y0 < window.y1 <= height
    if not is_inside:
        raise SpecificationError(
            f"the window of columns {window.x0} to {window.x1} and rows {window.y0} to {window.y1} is empty or not "
            f"inside the picture of {width} x {height} pixels"
        )


class PictureSource:
    """A picture in memory, read in windows.

    Args:
        picture: The whole of it.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    @property
    def path(self) -> str | None:
        """As `PixelSource.path`."""
        return self._picture.path

    @property
    def sha256(self) -> str:
        """As `PixelSource.sha256`."""
        return self._picture.sha256

    @property
    def width(self) -> int:
        """As `PixelSource.width`."""
        return self._picture.width

    @property
    def height(self) -> int:
        """As `PixelSource.height`."""
        return self._picture.height

    @property
    def bands(self) -> int:
        """As `PixelSource.bands`."""
        return self._picture.bands

    @property
    def dtype(self) -> str:
        """As `PixelSource.dtype`."""
        return self._picture.dtype

    @property
    def crs(self) -> str | None:
        """As `PixelSource.crs`."""
        return self._picture.crs

    @property
    def geotransform(self) -> Geotransform | None:
        """As `PixelSource.geotransform`."""
        return self._picture.geotransform

    @property
    def pixel_area_m2(self) -> float | None:
        """As `PixelSource.pixel_area_m2`."""
        return self._picture.pixel_area_m2

    @property
    def notes(self) -> tuple[str, ...]:
        """As `PixelSource.notes`."""
        return self._picture.notes

    def read(self, window: Window) -> Block:
        """As `PixelSource.read`; the pixels are shared with the picture."""
        check_window(window, self.width, self.height)
        pixels, valid = self._picture.pixels[window.slices], self._picture.valid
        return Block(pixels, np.ones(pixels.shape[:2], np.bool_) if valid is None else valid[window.slices])

    def is_empty(self, window: Window) -> bool:
        """As `PixelSource.is_empty`."""
        check_window(window, self.width, self.height)
        valid = self._picture.valid
        return valid is not None and not valid[window.slices].any()

    def reduced(self, longest: int) -> Block:
        """As `PixelSource.reduced`."""
        pixels = self._picture.pixels
        size = reduced_size(self.width, self.height, longest)
        if size != (self.width, self.height):
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        return Block(pixels, np.ones(pixels.shape[:2], np.bool_))


def reduced_size(width: int, height: int, longest: int) -> tuple[int, int]:
    """Columns and rows of a picture whose longer side is at most `longest`; never enlarged, never empty."""
    share = min(1.0, longest / max(width, height))
    return max(1, math.floor(width * share + 0.5)), max(1, math.floor(height * share + 0.5))
