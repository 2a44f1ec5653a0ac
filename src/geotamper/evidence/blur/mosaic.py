"""Mosaics: blocks of one exact colour whose edges lie on the lines of a square lattice.

No learning is needed to find them: inside a mosaic two neighbouring pixels differ only across a lattice line.
A cluster of touching patches is tested for the lattice that explains its differences; the outline is then
made of the parts of lattice cells that share one colour, so that blocks cut by the outline are kept.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.blur.patches import Patches, find_patches
from geotamper.evidence.compiled import compiled

BoolMask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Window = tuple[slice, slice]

SMALLEST_BLOCK, LARGEST_BLOCK = 3, 32
"""Pixels; the block sizes that are tried."""

CORE_SHARE, JOINING_SHARE, CONTACT = 0.4, 0.1, 3
"""Of a cell's area, what a patch must fill to count by itself or beside one that does; pixels of contact."""

GROWING_ROUNDS = 3

SOLID_AREA, SOLID_SHARE = 12, 0.6
"""Pixels, and of its bounding box, that a patch must fill to belong to a cluster."""

FEWEST_PATCHES = 3
"""Of a cluster; two patches touch anywhere."""

SMALLEST_CLUSTER = 60
"""Pixels; less cannot show a lattice."""


@dataclass(frozen=True)
class Lattice:
    """Square cells over a window of the picture.

    Attributes:
        block: Side of a cell, pixels.
        x: Column of a vertical line, 0 <= x < block, in picture pixels modulo the block.
        y: The same of a horizontal line.
        explained: Share of the differences between patches that lie on lines, 0 to 1.
        fitting: Share of the patches' area whose patch does not cross a line, 0 to 1.
    """

    block: int
    x: int
    y: int
    explained: float
    fitting: float

    def same_lines(self, other: "Lattice") -> bool:
        """True when the lines of both are the same."""
        return (self.block, self.x, self.y) == (other.block, other.x, other.y)


@dataclass(frozen=True)
class Mosaic:
    """A cluster of patches that a lattice explains.

    Attributes:
        window: Rows and columns of the picture that `region` covers.
        region: (h, w) bool in the window.
        lattice: What explains it.
        patches: Patches in it.
        full: Of these, whole blocks.
        crossings: Pairs of neighbouring pixels that differ on lattice lines.
        step: Median difference across those, largest channel, grey levels.
        flat_around: Share of equal neighbours around the region, 0 to 1: large beside flat or saturated ground.
    """

    window: Window
    region: BoolMask
    lattice: Lattice
    patches: int
    full: int
    crossings: int
    step: float
    flat_around: float


@compiled
def _differences(label: Ints, columns: Counts, rows: Counts) -> None:
    """Count the pairs of neighbours in different patches, by column and by row of the second."""
    height, width = label.shape
    for y in range(height):
        for x in range(width):
            if label[y, x] == 0:
                continue
            if x > 0 and label[y, x - 1] > 0 and label[y, x - 1] != label[y, x]:
                columns[x] += 1
            if y > 0 and label[y - 1, x] > 0 and label[y - 1, x] != label[y, x]:
                rows[y] += 1


@compiled
def _scan(
    boxes: Ints, areas: Ints, columns: Counts, rows: Counts, corner: tuple[int, int], tried: Floats
) -> None:
    """For every block size: phases with most differences, share of differences on lines, share of fitting area."""
    total = max(1, columns.sum() + rows.sum())
    area = areas.sum()
    for block in range(SMALLEST_BLOCK, LARGEST_BLOCK + 1):
        hits = 0.0
        for axis in range(2):
            profile = columns if axis == 0 else rows
            votes = np.zeros(block)
            # Edges of patches decide where too few differences do: a cluster one block wide has none.
            for number in range(len(areas)):
                share = 1e-3 * areas[number] / area
                votes[boxes[number, axis] % block] += share
                votes[boxes[number, axis + 2] % block] += share
            most = np.zeros(block)
            for place in range(len(profile)):
                most[(place + corner[axis]) % block] += profile[place]
            hits += most.max()
            tried[block, axis] = np.argmax(most + votes)
        fitting = 0.0
        for number in range(len(areas)):
            fits = True
            for axis in range(2):
                phase = int(tried[block, axis])
                fits = (
                    fits
                    and (boxes[number, axis] - phase) // block
                    == (boxes[number, axis + 2] - 1 - phase) // block
                )
            if fits:
                fitting += areas[number]
        tried[block, 2] = hits / total
        tried[block, 3] = fitting / area


def _best_lattice(
    boxes: Ints, areas: Ints, profiles: tuple[Counts, Counts], corner: tuple[int, int]
) -> Lattice:
    """The smallest cell that explains the cluster about as well as any."""
    tried = np.zeros((LARGEST_BLOCK + 1, 4))
    _scan(boxes, areas, profiles[0], profiles[1], corner, tried)
    quality = tried[:, 2] * tried[:, 3]
    good = np.flatnonzero(quality >= 0.95 * quality.max())
    block = max(SMALLEST_BLOCK, int(good[0]))
    x, y, explained, fitting = tried[block]
    return Lattice(block, int(x), int(y), float(explained), float(fitting))


def _fits(boxes: Ints, lattice: Lattice) -> BoolMask:
    """Which patches lie within one cell."""
    phase = np.array([lattice.x, lattice.y])
    low = (boxes[:, :2] - phase) // lattice.block
    high = (boxes[:, 2:] - 1 - phase) // lattice.block
    inside: BoolMask = (low == high).all(axis=1)
    return inside


@compiled
def _touch(label: Ints, taken: BoolMask, contacts: Counts) -> None:
    """Count for every patch the neighbours that its pixels have in taken patches."""
    height, width = label.shape
    for y in range(height):
        for x in range(width):
            here = label[y, x]
            if here == 0:
                continue
            if x > 0:
                there = label[y, x - 1]
                if there != here and there > 0:
                    contacts[here] += taken[there]
                    contacts[there] += taken[here]
            if y > 0:
                there = label[y - 1, x]
                if there != here and there > 0:
                    contacts[here] += taken[there]
                    contacts[there] += taken[here]


def _grow(view: "_View", lattice: Lattice) -> BoolMask:
    """Patches of the mosaic: those that fill much of a cell, and what touches them within its own cell.

    A block that the outline cuts leaves a patch that still borders on its neighbours along a lattice line.
    """
    fits = _fits(view.boxes, lattice)
    fits[0] = False
    cell = lattice.block**2
    taken = fits & view.seeds & (view.areas >= CORE_SHARE * cell)
    may_join = fits & (view.areas >= JOINING_SHARE * cell)
    for _ in range(GROWING_ROUNDS):
        contacts = np.zeros(len(taken), np.int64)
        _touch(view.label, taken, contacts)
        joined = taken | (may_join & (contacts >= CONTACT))
        if (joined == taken).all():
            break
        taken = joined
    return taken


def _steps(pixels: npt.NDArray[np.uint8], label: Ints, taken: BoolMask) -> npt.NDArray[np.int16]:
    """Largest channel's difference of each pair of neighbours in different patches of the mosaic."""
    values = pixels.astype(np.int16)
    found = []
    for axis in (0, 1):
        one, other = (
            np.take(label, range(1, label.shape[axis]), axis),
            np.take(label, range(label.shape[axis] - 1), axis),
        )
        pairs = taken[one] & taken[other] & (one != other)
        found.append(np.abs(np.diff(values, axis=axis)).max(axis=2)[pairs])
    return np.concatenate(found)


def find_mosaics(pixels: npt.NDArray[np.uint8]) -> list[Mosaic]:
    """Find the clusters of patches that a lattice explains best, whether or not well enough.

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    patches = find_patches(pixels)
    sides = patches.boxes[:, 2:] - patches.boxes[:, :2]
    # Ragged patches of flat ground would join the blocks to each other and to all the ground around.
    solid = (patches.areas >= SOLID_AREA) & (patches.areas >= SOLID_SHARE * sides.prod(axis=1))
    count, clusters, stats, _ = cv2.connectedComponentsWithStats(
        solid[patches.label].astype(np.uint8), connectivity=4
    )
    found = []
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] >= SMALLEST_CLUSTER:
            x, y, width, height, _ = (int(v) for v in stats[number])
            window = _around(x, y, x + width, y + height, clusters.shape)
            one = _examine(pixels[window], _View.of(patches, clusters[window] == number, window), window)
            if one is not None:
                found.append(one)
    return found


def _around(x0: int, y0: int, x1: int, y1: int, shape: tuple[int, ...]) -> Window:
    """A window with room for the blocks that are cut by the outline."""
    return (
        slice(max(0, y0 - LARGEST_BLOCK), min(shape[0], y1 + LARGEST_BLOCK)),
        slice(max(0, x0 - LARGEST_BLOCK), min(shape[1], x1 + LARGEST_BLOCK)),
    )


@dataclass(frozen=True)
class _View:
    """The patches in one window, numbered anew so that tables stay small.

    Attributes:
        label: (h, w) int32, 0 for pixels of no patch.
        boxes: (n + 1, 4) in picture pixels.
        areas: (n + 1,).
        seeds: (n + 1,) bool, the patches of the cluster that is examined.
    """

    label: Ints
    boxes: Ints
    areas: Ints
    seeds: BoolMask

    @classmethod
    def of(cls, patches: Patches, member: BoolMask, window: Window) -> "_View":
        """Cut a window out of all patches; `member` (h, w) marks the pixels of the cluster."""
        old = patches.label[window]
        numbers = np.unique(np.append(old, np.int32(0)))
        label = np.searchsorted(numbers, old).astype(np.int32)
        seeds = np.zeros(len(numbers), np.bool_)
        seeds[label[member]] = True
        return cls(label, patches.boxes[numbers], patches.areas[numbers], seeds)


def _examine(pixels: npt.NDArray[np.uint8], view: _View, window: Window) -> Mosaic | None:
    if view.seeds.sum() < FEWEST_PATCHES:
        return None
    height, width = view.label.shape
    columns, rows = np.zeros(width, np.int64), np.zeros(height, np.int64)
    _differences(np.where(view.seeds[view.label], view.label, 0), columns, rows)
    corner = (window[1].start, window[0].start)
    lattice = _best_lattice(view.boxes[view.seeds], view.areas[view.seeds], (columns, rows), corner)
    taken = _grow(view, lattice)
    steps = _steps(pixels, view.label, taken)
    if taken.sum() < FEWEST_PATCHES or not len(steps):
        return None
    region = _closed(taken[view.label], lattice.block)
    return Mosaic(
        window=window,
        region=region,
        lattice=lattice,
        patches=int(taken.sum()),
        full=int((taken & (view.areas == lattice.block**2)).sum()),
        crossings=len(steps),
        step=float(np.median(steps)),
        flat_around=_flat_around(pixels, region),
    )


def _flat_around(pixels: npt.NDArray[np.uint8], region: BoolMask) -> float:
    """Share of equal neighbours in the ring from 2 to 6 pixels off a region; 0 where the picture ends there."""
    mask = region.astype(np.uint8)
    ring = (cv2.dilate(mask, np.ones((13, 13), np.uint8)) > 0) & (
        cv2.dilate(mask, np.ones((3, 3), np.uint8)) == 0
    )
    equal = (pixels[:, 1:] == pixels[:, :-1]).all(axis=2)[ring[:, 1:] & ring[:, :-1]]
    return float(equal.mean()) if len(equal) else 0.0


def _closed(region: BoolMask, block: int) -> BoolMask:
    """Fill holes of up to two cells: blocks that joined a neighbour of their own colour."""
    _, holes, stats, _ = cv2.connectedComponentsWithStats((~region).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] <= 2 * block**2
    height, width = region.shape
    inner = (
        (stats[:, 0] > 0)
        & (stats[:, 1] > 0)
        & (stats[:, 0] + stats[:, 2] < width)
        & (stats[:, 1] + stats[:, 3] < height)
    )
    filled: BoolMask = region | ((small & inner)[holes] & ~region)
    return filled


MOSAIC_NAMES = (
    "log_patches", "log_full", "full_share", "explained", "fitting", "log_step", "flat_around", "of_jpeg",
    "picture_share", "log_block",
)  # fmt: skip
"""Names of the measurements of a mosaic, in the order in which the model reads them."""

MOSAIC_TRENDS = (1, 1, 1, 1, 1, 1, -1, -1, -1, 0)
"""Whether a larger value may only raise the score, only lower it, or either."""


def measure_mosaic(mosaic: Mosaic, others: list[Mosaic], shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """The numbers that a mosaic is judged by, in the order of `MOSAIC_NAMES`.

    Blocks of 8 and 16 pixels on the grid of the file may come from JPEG; a lattice that covers much of the
    picture comes from enlarging it.

    Args:
        mosaic: The cluster.
        others: All clusters of the picture.
        shape: Of the picture.
    """
    lattice = mosaic.lattice
    of_jpeg = lattice.block in (8, 16) and lattice.x % 8 == 0 and lattice.y % 8 == 0
    same = sum(int(other.region.sum()) for other in others if other.lattice.same_lines(lattice))
    return np.array(
        [
            np.log(mosaic.patches),
            np.log(1 + mosaic.full),
            mosaic.full / mosaic.patches,
            lattice.explained,
            lattice.fitting,
            np.log(0.5 + mosaic.step),
            mosaic.flat_around,
            float(of_jpeg),
            same / (shape[0] * shape[1]),
            np.log(lattice.block),
        ]
    )


def join_fragments(chosen: Mosaic, others: list[Mosaic], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """The whole of a mosaic whose patches do not all touch: (H, W) bool of `shape`, all that has its lattice."""
    whole = np.zeros(shape, np.bool_)
    for one in others:
        if one.lattice.same_lines(chosen.lattice):
            whole[one.window] |= one.region
    return whole
