"""Windows of an open raster file as pixels and validity, within a memory bound."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.io import DatasetReader
from rasterio.windows import Window as RasterioWindow

from geotamper.imagery.band_choice import BandChoice
from geotamper.imagery.coverage import Coverage
from geotamper.imagery.picture import Pixels
from geotamper.imagery.pixel_source import Block
from geotamper.imagery.region import Window
from geotamper.imagery.stretch import ValueRange

BoolMask = npt.NDArray[np.bool_]

PIECE_BYTES = 64 * 2**20
"""Raw samples that are held at a time."""


@dataclass(frozen=True, eq=False)
class BlockReader:
    """Reads an open file, or one of its overviews, as stored.

    Attributes:
        source: The open file.
        choice: What to read of it.
        values: The range that becomes 0 to 255; None where samples are taken as they are.
        coverage: Which part of the file is stored; None for all of it.
        full_size: Columns and rows that the coverage refers to.
    """

    source: DatasetReader
    choice: BandChoice
    values: ValueRange | None
    coverage: Coverage | None
    full_size: tuple[int, int]

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.source.width)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.source.height)

    @property
    def is_striped(self) -> bool:
        """Whether whole rows are decoded at once."""
        return int(self.source.block_shapes[0][1]) >= self.width

    def is_empty(self, window: Window) -> bool:
        """Whether nothing of a window is stored; false where that is not known."""
        if self.coverage is None:
            return False
        (across, down), w = self._scale, window
        scaled = Window(
            math.floor(w.x0 * across),
            math.floor(w.y0 * down),
            min(self.full_size[0], math.ceil(w.x1 * across)),
            min(self.full_size[1], math.ceil(w.y1 * down)),
        )
        return self.coverage.is_empty(scaled)

    def read(self, window: Window) -> Block:
        """The pixels of a window, read in bands of rows that fit."""
        rows, columns = window.shape
        block = Block(np.zeros((rows, columns, 3), np.uint8), np.zeros((rows, columns), np.bool_))
        if self.is_empty(window):
            return block
        for part in self.strips(window):
            samples, valid = self.samples(part)
            inside = slice(part.y0 - window.y0, part.y1 - window.y0)
            block.pixels[inside] = self._pixels(samples)
            block.valid[inside] = valid
        return block

    @property
    def _scale(self) -> tuple[float, float]:
        return self.full_size[0] / self.width, self.full_size[1] / self.height

    def strips(self, window: Window) -> Iterator[Window]:
        """The window cut into bands of rows, along the blocks of the file where they fit."""
        height = int(self.source.block_shapes[0][0])
        bands = len(self.choice.colour) + (self.choice.alpha is not None)
        row_bytes = (window.x1 - window.x0) * bands * self.choice.dtype.itemsize
        fitting = max(1, PIECE_BYTES // row_bytes)
        fitting = fitting // height * height or fitting
        start = window.y0
        while start < window.y1:
            end = min(window.y1, (start // fitting + 1) * fitting)
            yield Window(window.x0, start, window.x1, end)
            start = end

    def samples(self, window: Window) -> tuple[npt.NDArray[Any], BoolMask]:
        """Raw samples of a window.

        Returns:
            (bands, h, w) of the chosen bands, and (h, w) bool: where they mean something.
        """
        choice = self.choice
        place = RasterioWindow(window.x0, window.y0, window.x1 - window.x0, window.y1 - window.y0)
        bands = [*choice.colour] if choice.alpha is None else [*choice.colour, choice.alpha]
        raw = self.source.read(bands, window=place)
        samples = raw[: len(choice.colour)]
        valid = np.ones(samples.shape[1:], np.bool_)
        if choice.alpha is not None:
            valid &= raw[-1] != 0
        if choice.has_mask:
            valid &= self.source.read_masks(choice.colour[0], window=place) != 0
        if choice.dtype.kind == "f":
            valid &= np.isfinite(samples).all(axis=0)
        if any(value is not None for value in choice.nodata):
            valid &= ~_all_nodata(samples, choice.nodata)
        if self.coverage is not None:
            across, down = self._scale
            columns = (np.arange(window.x0, window.x1) + 0.5) * across
            rows = (np.arange(window.y0, window.y1) + 0.5) * down
            valid &= self.coverage.at(columns, rows)
        return samples, valid

    def _pixels(self, samples: npt.NDArray[Any]) -> Pixels:
        """(h, w, 3), or (h, w, 1) for grey."""
        if self.choice.table is not None and self.values is None:
            expanded: Pixels = self.choice.table[samples[0]]
            return expanded
        pixels = samples if self.values is None else self.values.to_pixels(samples)
        pixels = np.moveaxis(pixels, 0, -1).astype(np.uint8, copy=False)
        return np.uint8(255) - pixels if self.choice.is_inverted else pixels


def _all_nodata(samples: npt.NDArray[Any], nodata: tuple[float | None, ...]) -> BoolMask:
    """Where every chosen band holds its nodata value; a band without one holds something everywhere."""
    empty: BoolMask = np.ones(samples.shape[1:], np.bool_)
    for band, value in zip(samples, nodata, strict=True):
        if value is None:
            return np.zeros_like(empty)
        empty &= np.isnan(band) if np.isnan(value) else band == _as_sample(value, band.dtype)
    return empty


def _as_sample(value: float, dtype: np.dtype[Any]) -> Any:  # noqa: ANN401 - a NumPy or Python number
    """The value as the samples hold it: -3.4e38 written in a header is rarely the nearest single-precision number."""
    return dtype.type(value) if dtype.kind == "f" else value
