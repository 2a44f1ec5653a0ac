"""From samples of any type to 8 bits, by one common range of values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from geotamper.imagery.limits import MAX_PIXELS
from geotamper.imagery.picture import Pixels
from geotamper.imagery.region import Window

_GRID, _SIDE, _WINDOWS = 64, 512, 64

MAX_SAMPLES = 2**22
"""Samples that percentiles are taken of; of more, every n-th."""

BoolMask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ValueRange:
    """The values that become 0 and 255; one range for all bands, so that hues stay.

    Attributes:
        low: Becomes 0, and everything below.
        high: Becomes 255, and everything above.
    """

    low: float
    high: float

    def to_pixels(self, samples: npt.NDArray[Any]) -> Pixels:
        """Scale samples linearly, rounded to the nearest level.

        Args:
            samples: Any shape, any real type; what is not finite becomes 0.

        Returns:
            uint8 of the same shape.
        """
        # Single precision tells 2^24 values apart, more than 16 bits have.
        kind = np.float32 if samples.dtype.itemsize <= 2 or samples.dtype == np.float32 else np.float64
        span = self.high - self.low
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.subtract(samples, kind(self.low), dtype=kind)
            if span > 0:
                scaled *= kind(255 / span)
                scaled += kind(0.5)
            else:  # one value alone: what lies above it is told from it all the same
                scaled = np.where(scaled > 0, kind(255), kind(0))
            np.nan_to_num(scaled, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
            np.clip(scaled, 0, 255, out=scaled)
        pixels: Pixels = scaled.astype(np.uint8)
        return pixels


class Samples(Protocol):
    """A raster whose raw samples are read in windows."""

    @property
    def width(self) -> int:
        """Columns."""

    @property
    def height(self) -> int:
        """Rows."""

    def is_empty(self, window: Window) -> bool:
        """Whether a window holds nothing."""

    def strips(self, window: Window) -> Iterator[Window]:
        """A window cut into pieces that fit into memory."""

    def samples(self, window: Window) -> tuple[npt.NDArray[Any], BoolMask]:
        """(bands, h, w) samples and (h, w) validity."""


def measure_range(raster: Samples, percentiles: tuple[float, float]) -> ValueRange:
    """The range between two percentiles of the valid samples of all bands; 0 to 1 where none is valid.

    Rasters of up to 16.8 million pixels are read whole, larger ones in 64 windows spread over what they hold; of more
    than `MAX_SAMPLES` samples every n-th counts.

    Args:
        raster: The picture or an overview of it.
        percentiles: 0 to 100, rising.
    """
    whole = Window(0, 0, raster.width, raster.height)
    is_small = raster.width * raster.height <= MAX_PIXELS
    windows = list(raster.strips(whole)) if is_small else _spread_windows(raster)
    values = [np.empty(0)]
    for window in windows:
        samples, valid = raster.samples(window)
        chosen = samples[:, valid]
        step = max(1, -(-chosen.size * len(windows) // MAX_SAMPLES))
        values.append(chosen[:, ::step].astype(np.float64).ravel())
    together = np.concatenate(values)
    if together.size == 0:
        return ValueRange(0.0, 1.0)
    low, high = np.percentile(together, percentiles)
    return ValueRange(float(low), float(high))


def _spread_windows(raster: Samples) -> list[Window]:
    """Windows on an even grid, without the empty ones."""
    columns, rows = (
        np.unique(np.arange(0, side, max(_SIDE, -(-side // _GRID)))) for side in (raster.width, raster.height)
    )
    windows = [
        Window(x, y, min(x + _SIDE, raster.width), min(y + _SIDE, raster.height))
        for y in rows.tolist()
        for x in columns.tolist()
    ]
    held = [window for window in windows if not raster.is_empty(window)]
    chosen = np.unique(np.linspace(0, len(held) - 1, min(len(held), _WINDOWS)).astype(int))
    return [held[index] for index in chosen.tolist()]
