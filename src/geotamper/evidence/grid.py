"""The block grid of an earlier JPEG compression: a pasted region breaks it, the place it was taken from keeps it.

The 8 x 8 cosine coefficients of a picture that once was a JPEG lie near multiples of its quantisation steps, and do so
only on the grid of that compression. What was moved by anything but whole blocks lies off the grid. Where the picture
was compressed once more after the forgery, all of it lies on the new grid; but what had been on the old one was
quantised twice, which leaves some multiples rarer than others.
"""

import math
import weakref
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geotamper.evidence.planes import Planes
from geotamper.imagery.region import Region

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Phase = tuple[int, int]

BLOCK = 8

LEAST_BLOCKS = 150
"""Blocks without which a picture is too small for its coefficients to be counted."""

MOST_BLOCKS = 4096
"""Blocks of a grid that are counted: more say nothing new."""

MOST_LEVEL = 255
"""Colours are clipped at 0 and at this."""

LEAST_TOUCHED = 4
"""Pixels of a block that belong to a region from which the block counts."""

_BINS = 48
_BINS_PER_LEVEL = 2.0
_LARGEST_STEP = 40
_PRIOR_COUNT = 2.0
_PHASE_BLOCKS = 160
_STEP_BLOCKS = 900
_NEAR_ZERO = 0.8
"""Largest coefficient that rounding to whole grey levels leaves of a zero."""

_LATTICE = 0.55
"""Mean cosine from which coefficients lie on a lattice of steps; 1 when exactly, 0 when anywhere."""

_LEAST_VALUES = 40
_LEAST_STEPS = 3
_CLIP = 6.0
"""Largest log likelihood ratio of one block: the coefficients of one block are not independent."""

_MOST_TWICE = 20.0
"""Largest opinion on what was compressed twice: blocks of one region are not independent."""

_OFF_GRID = ((4, 3), (3, 5))
"""Rows and columns by which the grids of comparison are shifted: far from the true one in both directions."""


def _cosines() -> FloatPlane:
    """(64, 64) matrix that takes a flattened block to its coefficients."""
    rows = np.arange(BLOCK)[:, None]
    table = np.cos((2 * np.arange(BLOCK) + 1) * rows * np.pi / (2 * BLOCK)) * np.sqrt(2.0 / BLOCK)
    table[0] /= np.sqrt(2.0)
    return np.asarray(np.kron(table, table), np.float32)


_COSINES = _cosines()
_ORDER = np.add.outer(np.arange(BLOCK), np.arange(BLOCK)).ravel()
_FINE = np.flatnonzero(_ORDER >= 6)
_FINE_COSINES = np.ascontiguousarray(_COSINES[_FINE].T)
_VARYING = np.flatnonzero(_ORDER > 0)


def block_coefficients(blocks: FloatPlane) -> FloatPlane:
    """(n, 64) orthonormal cosine coefficients of (n, 8, 8) blocks, row frequencies first."""
    return np.asarray(blocks.reshape(-1, BLOCK * BLOCK) @ _COSINES.T, np.float32)


def _blocks(grey: FloatPlane, corner: Phase, most: int) -> FloatPlane:
    """(n, 8, 8) blocks of the grid that begins at a (row, column), spread over the picture."""
    part = grey[corner[0] :, corner[1] :]
    rows, columns = part.shape[0] // BLOCK, part.shape[1] // BLOCK
    grid = part[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)
    chosen = np.linspace(0, rows * columns - 1, min(most, rows * columns)).astype(np.int64)
    return np.asarray(grid[chosen // columns, chosen % columns], np.float32)


def find_phase(grey: FloatPlane) -> Phase:
    """Row and column, 0 to 7 each, at which the grid with the fewest fine coefficients begins."""
    best, most = (0, 0), -1.0
    for row in range(BLOCK):
        for column in range(BLOCK):
            blocks = _blocks(grey, (row, column), _PHASE_BLOCKS).reshape(-1, BLOCK * BLOCK)
            share = float(np.mean(np.abs(blocks @ _FINE_COSINES) < _NEAR_ZERO))
            if share > most:
                best, most = (row, column), share
    return best


def find_steps(coefficients: FloatPlane) -> Ints:
    """(64,) quantisation steps, 0 where nothing tells: the largest lattice on which the values lie.

    Args:
        coefficients: (n, 64) of blocks on the grid.
    """
    values = np.abs(coefficients[:: max(1, len(coefficients) // _STEP_BLOCKS)])
    steps = np.zeros(BLOCK * BLOCK, np.int64)
    for number in _VARYING:
        column = values[:, number]
        column = column[column > 1.5]
        if len(column) < _LEAST_VALUES:
            continue
        for step in range(min(_LARGEST_STEP, int(np.median(column)) + 1), 1, -1):
            if float(np.mean(np.cos(2 * np.pi / step * column))) > _LATTICE:
                steps[number] = step
                break
    return steps


@dataclass(frozen=True, eq=False)
class Reading:
    """How much likelier each size of a coefficient is on the grid than for content that was moved.

    Attributes:
        used: (k,) numbers of the coefficients that count.
        units: (64,) grey levels of one bin.
        ratios: (64, bins) log likelihood ratio.
    """

    used: Ints
    units: FloatPlane
    ratios: Floats

    @classmethod
    def of(cls, on_grid: FloatPlane, moved: FloatPlane, units: FloatPlane, used: Ints) -> "Reading":
        """Count the coefficients of both kinds, each (n, 64)."""
        return cls(used, units, _log_shares(_binned(on_grid, units)) - _log_shares(_binned(moved, units)))

    def fit(self, coefficients: FloatPlane) -> Floats:
        """(n,) log likelihood ratio of each block, limited to +-6."""
        bins = _binned(coefficients[:, self.used], self.units[self.used])
        return np.asarray(np.clip(self.ratios[self.used, bins].sum(axis=1), -_CLIP, _CLIP))


def _binned(coefficients: FloatPlane, units: FloatPlane) -> Ints:
    return np.asarray(np.minimum(np.rint(np.abs(coefficients) / units), _BINS - 1), np.int64)


def _log_shares(bins: Ints) -> Floats:
    flat = bins + np.arange(BLOCK * BLOCK) * _BINS
    counted = np.bincount(flat.ravel(), minlength=BLOCK * BLOCK * _BINS).reshape(-1, _BINS) + _PRIOR_COUNT
    return np.asarray(np.log(counted / counted.sum(axis=1, keepdims=True)))


@dataclass(frozen=True, eq=False)
class Grid:
    """The grid of a picture.

    Attributes:
        phase: Row and column, 0 to 7, at which it begins.
        strength: Mean log likelihood ratio of a block under `first`: near 0 where there never was a compression.
        first: Against content off the grid, of pictures that were not compressed since they were forged.
        own: (n, 64) coefficients of blocks on the grid.
        other: (m, 64) coefficients of blocks off it.
    """

    phase: Phase
    strength: float
    first: Reading
    own: FloatPlane
    other: FloatPlane

    @cached_property
    def again(self) -> Reading | None:
        """Against content compressed once, of pictures that were compressed since they were forged.

        None where the steps of the last compression are not found.
        """
        steps = find_steps(self.own)
        known = np.flatnonzero(steps)
        if len(known) < _LEAST_STEPS:
            return None
        return Reading.of(self.own, self.other, np.maximum(steps, 1).astype(np.float32), known)

    def touched(self, planes: Planes, region: Region) -> FloatPlane:
        """(n, 64) coefficients of the blocks that a region touches; those with clipped colours lie on no lattice."""
        columns, rows = region.pixels()
        i, j = (rows - self.phase[0]) // BLOCK, (columns - self.phase[1]) // BLOCK
        height, width = (planes.height - self.phase[0]) // BLOCK, (planes.width - self.phase[1]) // BLOCK
        inside = (i >= 0) & (j >= 0) & (i < height) & (j < width)
        numbers, counts = np.unique(i[inside] * width + j[inside], return_counts=True)
        numbers = numbers[counts >= LEAST_TOUCHED]
        step = np.arange(BLOCK)
        i = (self.phase[0] + numbers // width * BLOCK)[:, None, None] + step[:, None]
        j = (self.phase[1] + numbers % width * BLOCK)[:, None, None] + step
        colours = planes.pixels[i, j]
        clipped = ((colours == 0) | (colours == MOST_LEVEL)).any(axis=(1, 2, 3))
        return block_coefficients(planes.grey[i, j][~clipped])

    def lying(self, planes: Planes, region: Region) -> float:
        """Sum of the log likelihood ratio of the blocks of a region lying on the grid of the first compression."""
        return float(self.first.fit(self.touched(planes, region)).sum())

    def twice(self, planes: Planes, regions: tuple[Region, Region]) -> float:
        """How much more the second of two regions shows of two compressions than the first.

        In standard deviations of a mean over independent blocks; 0 where the last compression's steps are unknown.

        Args:
            planes: The picture.
            regions: Two regions of it.
        """
        if self.again is None:
            return 0.0
        first, second = (self.again.fit(self.touched(planes, region)) for region in regions)
        if min(len(first), len(second)) == 0:
            return 0.0
        weight = math.sqrt(min(len(first), len(second)))
        return max(-_MOST_TWICE, min(_MOST_TWICE, weight * float(second.mean() - first.mean())))


_last: list[tuple[weakref.ref[Planes], Grid | None]] = []


def grid_of(planes: Planes) -> Grid | None:
    """The grid of a picture; that of the last picture is kept, as one picture has several pairs.

    Args:
        planes: The picture.
    """
    for known, grid in _last[-1:]:
        if known() is planes:
            return grid
    grid = find_grid(planes.grey)
    _last[:] = [(weakref.ref(planes), grid)]
    return grid


def find_grid(grey: FloatPlane) -> Grid | None:
    """Find the grid of a picture; None where it is too small.

    Args:
        grey: (H, W) luma, grey levels, not rounded.
    """
    if min(grey.shape) < 4 * BLOCK or grey.size < LEAST_BLOCKS * BLOCK * BLOCK:
        return None
    phase = find_phase(grey)
    own = block_coefficients(_blocks(grey, phase, MOST_BLOCKS))
    shifted = [((phase[0] + rows) % BLOCK, (phase[1] + columns) % BLOCK) for rows, columns in _OFF_GRID]
    other = np.concatenate(
        [block_coefficients(_blocks(grey, corner, MOST_BLOCKS // 2)) for corner in shifted]
    )
    fine = np.full(BLOCK * BLOCK, 1 / _BINS_PER_LEVEL, np.float32)
    first = Reading.of(own, other, fine, _VARYING)
    return Grid(phase, float(first.fit(own).mean()), first, own, other)
