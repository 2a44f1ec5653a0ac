"""Two windows of a scene side by side as one small picture, so that the ordinary search can look at both."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.planes import Planes
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Matrix, Region, Window

SEAM = 24
"""Blank columns between the windows, pixels."""

BLOCK = 8
"""Windows begin at multiples of this, in the scene and in the view: the block grid of a JPEG keeps its phase."""

BLANK = 127


@dataclass(frozen=True, eq=False)
class PairView:
    """Two windows of a scene in one picture; where they meet, one window around both.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        here: The first window, in the scene.
        there: The second; the same as `here` where one window holds both.
    """

    pixels: npt.NDArray[np.uint8]
    here: Window
    there: Window

    @classmethod
    def read(cls, source: PixelSource, here: Window, there: Window, *, margin: int) -> "PairView":
        """Read both boxes with a margin, cut at the frame.

        Args:
            source: The scene.
            here: A box inside it.
            there: Another one.
            margin: Pixels on all sides.

        Raises:
            InputError: The file is damaged there.
        """
        shape = (source.height, source.width)
        one, other = _aligned(here.grown(margin, shape), shape), _aligned(there.grown(margin, shape), shape)
        if _meet(one.grown(SEAM, shape), other):
            both = Window(
                min(one.x0, other.x0), min(one.y0, other.y0), max(one.x1, other.x1), max(one.y1, other.y1)
            )
            return cls(_pixels(source, both), both, both)
        left = _left_of_second(one)
        height = max(one.shape[0], other.shape[0])
        pixels = np.full((height, left + other.shape[1], 3), BLANK, np.uint8)
        pixels[: one.shape[0], : one.shape[1]] = _pixels(source, one)
        pixels[: other.shape[0], left:] = _pixels(source, other)
        return cls(pixels, one, other)

    @property
    def is_single(self) -> bool:
        """Whether one window holds both places."""
        return self.here == self.there

    @property
    def boxes(self) -> tuple[Window, ...]:
        """Where the windows lie in the view."""
        first = Window(0, 0, self.here.shape[1], self.here.shape[0])
        if self.is_single:
            return (first,)
        left = _left_of_second(self.here)
        return (first, Window(left, 0, left + self.there.shape[1], self.there.shape[0]))

    def planes(self) -> Planes:
        """The views of the picture that the search reads."""
        return Planes.of(self.pixels)

    @property
    def _shifts(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """From the view to the scene, for the first and the second window."""
        first = np.array([self.here.x0, self.here.y0])
        left = 0 if self.is_single else _left_of_second(self.here)
        return first, np.array([self.there.x0 - left, self.there.y0])

    def to_view(self, hypotheses: Hypotheses) -> Hypotheses:
        """Guesses of the scene that lead from the first window to the second, in the view."""
        first, second = self._shifts
        poses = hypotheses.poses.copy()
        poses[:, 2:] -= second
        return Hypotheses(hypotheses.centres - first, poses)

    def _in_second(self, columns: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which columns of the view belong to the second window."""
        if self.is_single:
            return np.zeros(columns.shape, np.bool_)
        return np.asarray(columns >= _left_of_second(self.here) - SEAM // 2)

    def to_scene(self, pair: CopyPair) -> CopyPair:
        """A pair found in the view, in the scene."""
        copy, copy_shift = self._carried(pair.copy)
        source, source_shift = self._carried(pair.source)
        matrix: Matrix = pair.matrix.copy()
        matrix[:, 2] += source_shift - matrix[:, :2] @ copy_shift
        return replace(pair, copy=copy, source=source, matrix=matrix)

    def mask(self, region: Region) -> npt.NDArray[np.bool_]:
        """(H, W) bool of the view: a region of the scene, in the window that holds it."""
        out = np.zeros(self.pixels.shape[:2], np.bool_)
        first = _holds(self.here, region.window)
        window, box = (self.here, self.boxes[0]) if first else (self.there, self.boxes[-1])
        out[box.slices] = region.within(window)
        return out

    def hypotheses_to_scene(self, hypotheses: Hypotheses) -> Hypotheses:
        """Guesses of the view, whichever way they lead, as guesses of the scene from the first window to the second.

        Their order stays.
        """
        first, second = self._shifts
        backwards = self._in_second(hypotheses.centres[:, 0])
        turned = hypotheses.reversed()
        centres = np.where(backwards[:, None], turned.centres, hypotheses.centres)
        poses = np.where(backwards[:, None], turned.poses, hypotheses.poses)
        poses[:, 2:] += second
        return Hypotheses(centres + first, poses)

    def is_cut(self, region: Region, scene: tuple[int, int], reach: int = 6) -> bool:
        """Whether a region of the scene comes close to a border of its window that is none of the scene."""
        window = self.here if _holds(self.here, region.window) else self.there
        height, width = scene
        return (
            (window.x0 > 0 and region.window.x0 < window.x0 + reach)
            or (window.y0 > 0 and region.window.y0 < window.y0 + reach)
            or (window.x1 < width and region.window.x1 > window.x1 - reach)
            or (window.y1 < height and region.window.y1 > window.y1 - reach)
        )

    def _carried(self, region: Region) -> tuple[Region, npt.NDArray[np.int64]]:
        """A region in the scene, without what lies in the other window, and the shift that took it there."""
        first, second = self._shifts
        in_second = self._in_second(np.arange(region.window.x0, region.window.x1))
        weight = region.mask.sum(axis=0)
        belongs = bool(weight[in_second].sum() > weight[~in_second].sum())
        mask = region.mask & (in_second == belongs)
        shift = second if belongs else first
        w = region.window
        moved = Window(int(w.x0 + shift[0]), int(w.y0 + shift[1]), int(w.x1 + shift[0]), int(w.y1 + shift[1]))
        return Region.cut(moved, mask), shift


@dataclass(frozen=True, eq=False)
class GivenCandidates:
    """Guesses that are known beforehand, as a candidate source.

    Attributes:
        hypotheses: In the view.
    """

    hypotheses: Hypotheses

    def propose(self, planes: Planes, *, workers: int, control: Control) -> Hypotheses:  # noqa: ARG002
        """All of them."""
        return self.hypotheses


def _aligned(window: Window, shape: tuple[int, int]) -> Window:
    height, width = shape
    return Window(
        window.x0 // BLOCK * BLOCK,
        window.y0 // BLOCK * BLOCK,
        min(width, -(-window.x1 // BLOCK) * BLOCK),
        min(height, -(-window.y1 // BLOCK) * BLOCK),
    )


def _left_of_second(first: Window) -> int:
    return -(-first.shape[1] // BLOCK) * BLOCK + SEAM


def _meet(one: Window, other: Window) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _holds(outer: Window, inner: Window) -> bool:
    inside = outer.x0 <= inner.x0 and inner.x1 <= outer.x1
    return inside and outer.y0 <= inner.y0 and inner.y1 <= outer.y1


def _pixels(source: PixelSource, window: Window) -> npt.NDArray[np.uint8]:
    """The pixels of a window; what holds nothing is blank, so that remains under a mask are not compared."""
    block = source.read(window)
    if block.valid.all():
        return block.pixels
    return np.asarray(np.where(block.valid[..., None], block.pixels, np.uint8(BLANK)), np.uint8)
