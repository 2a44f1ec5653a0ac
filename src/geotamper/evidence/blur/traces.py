"""What blurring leaves in every pixel: codes of small differences, and how much they speak for a blur.

Three things tell a blurred pixel from a smooth genuine one. Blurring removes the finest detail, so that the
second difference in both directions (the 3 x 3 mask [1 -2 1] x [1 -2 1], "D4") falls to what rounding to whole
grey levels leaves. Rounding is independent in the three channels, while the fine detail of a decoded JPEG is
mostly the same in all of them: smooth water differs from blurred water in that. Oil painting leaves steps that
are either small or large. Each pixel's differences are put into one of a few thousand cells; a table, learned
as the logarithm of how much more often the cell occurs in blurred regions than elsewhere, gives its weight.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled, for_slices

Codes = npt.NDArray[np.int16]
Bins = npt.NDArray[np.uint8]
FloatPlane = npt.NDArray[np.float32]
Coupling = Literal["tight", "coupled", "free", "grey"]

NO_CODE = -1
"""Marks pixels that cannot be judged: the frame, and saturated ones."""

UNJUDGED = -1.0
"""Weight of such pixels: a region of nothing else is never proposed."""


def _bins(edges: tuple[int, ...], size: int) -> Bins:
    table = np.zeros(size, np.uint8)
    for edge in edges:
        table[edge:] += 1
    return table


_SUM = _bins((1, 2, 3, 4, 5, 6, 7, 9, 12, 16, 23, 40), 6150)
_SPREAD = _bins((1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 30), 4090)
_BEND = _bins((1, 2, 3, 4, 5, 6, 8, 11, 16, 30), 512)
_SUM_COARSE = _bins((1, 2, 3, 5, 8, 13, 22), 6150)
_SPREAD_COARSE = _bins((1, 2, 3, 5, 8, 13), 4090)
_EQUAL = np.array([0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4], np.uint8)
_LOOSE = np.array([0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3], np.uint8)
_MIDDLE = np.array([0, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3], np.uint8)
_LARGE = np.array([0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3], np.uint8)

SMOOTH_CELLS = 13 * 12 * 11
_PLATEAU_CELLS = 8 * 7 * 5 * 4
PAINTED_CELLS = _PLATEAU_CELLS + 4 * 4 * 5 * 4 * 3


# One edge between neighbours adds one of these to a packed count of up to 12 edges of each sort.
_EQUAL_STEP, _LOOSE_STEP, _MIDDLE_STEP, _LARGE_STEP, _COUPLED_STEP = 1, 16, 256, 4096, 0


@compiled
def _edge(pixels: npt.NDArray[np.uint8], y: int, x: int, below: int, right: int) -> int:
    """The sort of the step from a pixel to its neighbour: equal, small (in some channels only), middle, large."""
    high, low = -1000, 1000
    for c in range(3):
        step = int(pixels[y, x, c]) - int(pixels[y + below, x + right, c])
        high, low = max(high, step), min(low, step)
    size = max(high, -low)
    if size == 0:
        return _EQUAL_STEP
    if size > 8:
        return _LARGE_STEP
    if size > 2:
        return _MIDDLE_STEP
    return _LOOSE_STEP if high != low else _COUPLED_STEP


@compiled
def _code_smooth(
    pixels: npt.NDArray[np.uint8],
    start: int,
    stop: int,
    tables: tuple[Bins, ...],
    smooth: Codes,
    coarse: Codes,
) -> None:
    """Code D4 and bends; `coarse` takes the cell of D4 for plateaus, or `NO_CODE`."""
    total_bin, spread_bin, bend_bin, total_coarse, spread_coarse = tables
    for y in range(start, stop):
        for x in range(1, pixels.shape[1] - 1):
            total, bend, saturated = 0, 0, True
            highest, lowest = -100000, 100000
            for c in range(3):
                left, centre, right = int(pixels[y, x - 1, c]), int(pixels[y, x, c]), int(pixels[y, x + 1, c])
                above, below = int(pixels[y - 1, x, c]), int(pixels[y + 1, x, c])
                corners = int(pixels[y - 1, x - 1, c]) + int(pixels[y - 1, x + 1, c])
                corners += int(pixels[y + 1, x - 1, c]) + int(pixels[y + 1, x + 1, c])
                value = corners - 2 * (left + right + above + below) + 4 * centre
                total += value
                highest, lowest = max(highest, value), min(lowest, value)
                bend = max(bend, abs(left + right - 2 * centre), abs(above + below - 2 * centre))
                saturated = saturated and centre in (0, 255)
            if saturated:
                smooth[y, x] = coarse[y, x] = NO_CODE
                continue
            total, spread = abs(total), highest - lowest
            smooth[y, x] = (total_bin[total] * 12 + spread_bin[spread]) * 11 + bend_bin[bend]
            coarse[y, x] = total_coarse[total] * 7 + spread_coarse[spread]


@compiled
def _code_painted(
    pixels: npt.NDArray[np.uint8], start: int, stop: int, tables: tuple[Bins, ...], painted: Codes
) -> None:
    """Code the 12 steps among 3 x 3 pixels; `painted` holds the plateau cell of D4 before."""
    equal_bin, loose_bin, middle_bin, large_bin = tables
    width = pixels.shape[1]
    # Packed counts of the three edges of a column of pixels, to the right and downwards.
    across, down = np.zeros(width, np.int32), np.zeros(width, np.int32)
    for y in range(start, stop):
        for x in range(width):
            down[x] = _edge(pixels, y - 1, x, 1, 0) + _edge(pixels, y, x, 1, 0)
            if x + 1 < width:
                across[x] = (
                    _edge(pixels, y - 1, x, 0, 1) + _edge(pixels, y, x, 0, 1) + _edge(pixels, y + 1, x, 0, 1)
                )
        for x in range(1, width - 1):
            if painted[y, x] == NO_CODE:
                continue
            packed = across[x - 1] + across[x] + down[x - 1] + down[x] + down[x + 1]
            equal, loose = packed & 15, (packed >> 4) & 15
            middle, large = (packed >> 8) & 15, (packed >> 12) & 15
            if large == 0:
                painted[y, x] = (painted[y, x] * 5 + equal_bin[equal]) * 4 + min(middle, 3)
            else:
                small = min(4, (13 - large - middle) // 3)
                few = 0 if equal == 0 else 1 if equal < 3 else 2
                steps = ((large_bin[large] * 4 + middle_bin[middle]) * 5 + small) * 4 + loose_bin[loose]
                painted[y, x] = _PLATEAU_CELLS + steps * 3 + few


@dataclass(frozen=True)
class TraceCodes:
    """The cell of every pixel.

    Attributes:
        smooth: (H, W) int16 below `SMOOTH_CELLS`, or `NO_CODE`: what a Gaussian blur shows in.
        painted: (H, W) int16 below `PAINTED_CELLS`, or `NO_CODE`: what oil painting shows in.
    """

    smooth: Codes
    painted: Codes

    @classmethod
    def of(cls, pixels: npt.NDArray[np.uint8], workers: int = 1) -> "TraceCodes":
        """Code a picture, (H, W, 3) uint8 RGB of at least 3 x 3 pixels."""
        shape = pixels.shape[:2]
        smooth, painted = np.full(shape, NO_CODE, np.int16), np.full(shape, NO_CODE, np.int16)
        of_detail = (_SUM, _SPREAD, _BEND, _SUM_COARSE, _SPREAD_COARSE)
        of_steps = (_EQUAL, _LOOSE, _MIDDLE, _LARGE)

        def work(start: int, stop: int) -> None:
            _code_smooth(pixels, start + 1, stop + 1, of_detail, smooth, painted)
            _code_painted(pixels, start + 1, stop + 1, of_steps, painted)

        for_slices(work, shape[0] - 2, workers)
        return cls(smooth, painted)


def smooth_histogram(codes: TraceCodes) -> npt.NDArray[np.float64]:
    """How many pixels each smooth cell holds, (`SMOOTH_CELLS`,)."""
    return _histogram(codes.smooth, SMOOTH_CELLS)


def _histogram(codes: Codes, cells: int) -> npt.NDArray[np.float64]:
    counts = np.zeros(cells)
    for first in range(0, codes.shape[0], 512):  # in strips, because bincount copies to 64 bits
        part = codes[first : first + 512]
        counts += np.bincount(part[part >= 0], minlength=cells)
    return counts


GREY_SHARE, TIGHT_SPREAD, COUPLED_SPREAD = 0.995, 2.2, 5.0


def coupling(histogram: npt.NDArray[np.float64]) -> Coupling:
    """How the fine detail of the three channels hangs together, from the histogram of smooth cells.

    "grey": the channels are equal; "tight" and "coupled": their fine detail is mostly the same, as in pictures
    that were strongly or weakly compressed as JPEG; "free": it is not, as in lossless ones.
    """
    cube = histogram.reshape(13, 12, 11)
    if cube[:, 0].sum() >= GREY_SHARE * max(1.0, cube.sum()):
        return "grey"
    spread = channel_spread(histogram)
    if spread < TIGHT_SPREAD:
        return "tight"
    return "coupled" if spread < COUPLED_SPREAD else "free"


def channel_spread(histogram: npt.NDArray[np.float64]) -> float:
    """Mean cell (0 to 11) of the spread of D4 over the channels, where their sum is well above rounding."""
    by_spread = histogram.reshape(13, 12, 11)[5:12].sum(axis=(0, 2))
    return float((by_spread * np.arange(12)).sum() / max(1.0, by_spread.sum()))


def weights(codes: Codes, table: npt.NDArray[np.float32]) -> FloatPlane:
    """Look up the weight of every pixel, (H, W); pixels without a code weigh `UNJUDGED`."""
    padded = np.append(table, np.float32(UNJUDGED))
    return np.asarray(padded[codes], dtype=np.float32)
