"""The keypoints of a scene, found tile by tile."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.keypoints import OVERLAP, window_keypoints
from geotamper.evidence.scenes.descriptors import ENOUGH, Projection
from geotamper.evidence.scenes.spool import Spool
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Window

Floats32 = npt.NDArray[np.float32]

TileKeypoints = tuple[Floats32, Floats32]
"""(n, 4) float32 of column, row, size and angle in degrees, and (n, 128) float32 descriptors."""

FindKeypoints = Callable[[Sequence[Window], float], Generator[TileKeypoints]]
"""Finds the keypoints of tiles, so many per pixel, in the order of the tiles."""

CLEARANCE = 12
"""Pixels between a keypoint and the next pixel without content: its descriptor must not see the edge."""

CELL = 64
"""Side of the cells among which the keypoints of a tile are shared out, so that a wood leaves some to a lake."""

SURPLUS = 1.3
"""Keypoints described per keypoint wanted: crowded cells give some up."""

SHARE = 0.6
"""Of the progress, for this stage."""


@dataclass(frozen=True)
class Density:
    """How many keypoints a scene gets: few enough that time grows no faster than the area.

    Attributes:
        most_per_pixel: In small scenes, as in the search of a single picture.
        least_per_pixel: In large ones.
        wanted: Keypoints of scenes in between.
    """

    most_per_pixel: float = 8000 / 512**2
    least_per_pixel: float = 3000e-6
    wanted: int = 600_000

    def per_pixel(self, area: int, *, most: int) -> float:
        """Keypoints per pixel for a scene of `area` pixels with content, at most `most` altogether."""
        usual = min(self.most_per_pixel, max(self.least_per_pixel, self.wanted / max(1, area)))
        return min(usual, most / max(1, area))


@dataclass(frozen=True)
class SceneKeypoints:
    """n keypoints of a scene; their descriptors lie in a spool.

    Attributes:
        points: (n, 2) float32 columns and rows.
        sizes: (n,) float32, diameters in pixels.
        angles: (n,) float32, radians, clockwise on the screen.
    """

    points: Floats32
    sizes: Floats32
    angles: Floats32

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True)
class Survey:
    """What was seen while the tiles were read.

    Attributes:
        keypoints: Of all tiles.
        tiles: Tiles with content.
        tiles_read: Those that were read before the time was up.
    """

    keypoints: SceneKeypoints
    tiles: int
    tiles_read: int


def tiles_with_content(source: PixelSource, side: int) -> list[Window]:
    """The tiles of a scene, row by row, without those known to be empty."""
    tiles = (
        Window(left, top, min(source.width, left + side), min(source.height, top + side))
        for top in range(0, source.height, side)
        for left in range(0, source.width, side)
    )
    return [tile for tile in tiles if not source.is_empty(tile)]


def survey_keypoints(
    found: Generator[TileKeypoints], tiles: int, spool: Spool, *, until: float, control: Control
) -> Survey:
    """Collect the keypoints of all tiles.

    Args:
        found: Of each tile, in order; closed at the end.
        tiles: How many there are.
        spool: Receives the compact descriptors, (n, 32) int8, in the order of the keypoints.
        until: Seconds that must be left when the last tile is begun.
        control: Progress, cancellation and limits.

    Raises:
        InputError: The file is damaged.
        CancelledError: The caller asked to stop.
    """
    shelf = _Shelf(spool)
    read = 0
    with closing(found):
        while read < tiles and control.time_left() > until:
            control.checkpoint(SHARE * read / tiles, f"finding keypoints in tile {read + 1} of {tiles}")
            shelf.add(*next(found))
            read += 1
    return Survey(shelf.keypoints(), tiles, read)


class _Shelf:
    """Keeps keypoints; their descriptors are made compact as soon as there are enough to know how."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._tables: list[Floats32] = []
        self._waiting: list[Floats32] = []
        self._projection: Projection | None = None

    def add(self, table: Floats32, described: Floats32) -> None:
        """Take (n, 4) of x, y, size, angle and (n, 128) descriptors."""
        self._tables.append(table)
        if self._projection is not None:
            self._spool.append(self._projection.compact(described))
            return
        self._waiting.append(described)
        if sum(map(len, self._waiting)) >= ENOUGH:
            self._settle()

    def keypoints(self) -> SceneKeypoints:
        """All of them; none may be added afterwards."""
        self._settle()
        joined = np.concatenate(self._tables) if self._tables else np.zeros((0, 4), np.float32)
        self._tables = []
        return SceneKeypoints(
            np.ascontiguousarray(joined[:, :2]), joined[:, 2].copy(), np.radians(joined[:, 3])
        )

    def _settle(self) -> None:
        described = np.concatenate(self._waiting) if self._waiting else np.zeros((0, 128), np.float32)
        self._waiting = []
        if len(described):
            self._projection = Projection.fitted(described)
            self._spool.append(self._projection.compact(described))


def found_here(source: PixelSource) -> FindKeypoints:
    """One tile after the other, in this process."""

    def find(tiles: Sequence[Window], per_pixel: float) -> Generator[TileKeypoints]:
        for tile in tiles:
            yield tile_keypoints(source, tile, per_pixel)

    return find


def tile_keypoints(source: PixelSource, tile: Window, per_pixel: float) -> TileKeypoints:
    """The keypoints of a tile that stay: the strongest of each cell, none beside what holds nothing.

    Args:
        source: The scene.
        tile: A part of it.
        per_pixel: Keypoints per pixel.

    Raises:
        InputError: The file is damaged.
    """
    window = tile.grown(OVERLAP, (source.height, source.width))
    block = source.read(window)
    if not block.valid.any():
        return np.zeros((0, 4), np.float32), np.zeros((0, 128), np.float32)
    grey = np.asarray(cv2.cvtColor(block.pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    allowed = per_pixel * int(np.count_nonzero(block.valid))
    table, described = window_keypoints(grey, max(8, int(SURPLUS * allowed)))
    columns = np.clip(np.rint(table[:, 0]).astype(np.int64), 0, grey.shape[1] - 1)
    rows = np.clip(np.rint(table[:, 1]).astype(np.int64), 0, grey.shape[0] - 1)
    box = np.ones((2 * CLEARANCE + 1, 2 * CLEARANCE + 1), np.uint8)
    clear = cv2.erode(block.valid.astype(np.uint8), box) > 0  # what lies beyond the frame counts as content
    table[:, 0] += window.x0
    table[:, 1] += window.y0
    inside = (table[:, 0] >= tile.x0) & (table[:, 0] < tile.x1)
    inside &= (table[:, 1] >= tile.y0) & (table[:, 1] < tile.y1)
    kept = np.flatnonzero(inside & clear[rows, columns])
    kept = kept[_shared_out(table[kept], tile, per_pixel * CELL * CELL)]
    return np.ascontiguousarray(table[kept, :4]), described[kept]


def _shared_out(table: Floats32, tile: Window, per_cell: float) -> npt.NDArray[np.int64]:
    """Indices of the keypoints that stay: the strongest of each cell, at most twice the share of a cell."""
    across = -(-(tile.x1 - tile.x0) // CELL)
    cells = ((table[:, 1] - tile.y0) // CELL * across + (table[:, 0] - tile.x0) // CELL).astype(np.int64)
    order = np.lexsort((-table[:, 4], cells))
    sorted_cells = cells[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_cells, sorted_cells)
    return np.asarray(order[rank < max(1.0, 2 * per_cell)], np.int64)
