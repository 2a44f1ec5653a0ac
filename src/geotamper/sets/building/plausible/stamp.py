"""An object as it will be pasted: its outline, a band around it and a margin, moved over the tile as they are."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from geotamper.forge.copy_move import CopyMoveParameters
from geotamper.forge.forgery import BoolMask, centroid
from geotamper.forge.warping import Window, outline_points, warp_mask_into
from geotamper.imagery.similarity import Similarity

GAP = 2
"""Pixels between the outline and the band: outlines are not exact, and their pixels are mixed."""

MARGIN = 3
"""Pixels around a copy in which no other object may lie."""

SECTORS = 8
"""Directions in which the band is looked at for itself."""

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Stamp:
    """A warped object in a window of its own.

    Attributes:
        target: (h, w) bool, what the copy will cover.
        ring: (h, w) bool, the band around it that is compared with the band around its source.
        sectors: (h, w) uint8, for pixels of the band the direction in which they lie, seen from the object as it was
            before it was turned: 1 to 8, 0 outside the band.
        near: (h, w) bool, the copy and its margin.
        corner: (x, y) of the window where the object's centroid stays in its place.
        centre: (x, y) of the centroid of the source.
    """

    target: BoolMask
    ring: BoolMask
    sectors: npt.NDArray[np.uint8]
    near: BoolMask
    corner: tuple[int, int]
    centre: tuple[float, float]

    @classmethod
    def of(cls, mask: BoolMask, parameters: CopyMoveParameters) -> "Stamp":
        """Warp an object about its own centroid.

        Args:
            mask: (H, W) bool, the object.
            parameters: Turn and scale; the place is not looked at.
        """
        centre = centroid(mask)
        transform = Similarity.from_parameters(
            rotation_deg=parameters.rotation_deg,
            scale=parameters.scale,
            centre=centre,
            image_of_centre=centre,
        )
        width = ring_width(int(np.count_nonzero(mask)))
        window = Window.around(transform.apply(outline_points(mask)), GAP + width + 1)
        target = warp_mask_into(mask, transform, window)
        ring = _grown(target, GAP + width) & ~_grown(target, GAP)
        sectors = np.where(ring, _directions(transform, window, centre), np.uint8(0))
        return cls(target, ring, sectors, _grown(target, MARGIN), (window.x, window.y), centre)

    def place(self, shift: tuple[int, int]) -> tuple[float, float]:
        """Where the centroid of the object goes, (x, y)."""
        return self.centre[0] + shift[0], self.centre[1] + shift[1]

    def around(self, reach: int) -> BoolMask:
        """(h, w) bool: the copy and what lies within so many pixels of it, as far as the window goes."""
        return _grown(self.target, reach)

    def bounds(self, shape: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """The shifts (lowest, highest) in x and in y for which the copy lies inside a frame (height, width)."""
        rows, columns = np.flatnonzero(self.target.any(axis=1)), np.flatnonzero(self.target.any(axis=0))
        low = -(self.corner[0] + int(columns[0])), -(self.corner[1] + int(rows[0]))
        high_x = shape[1] - 1 - (self.corner[0] + int(columns[-1]))
        high_y = shape[0] - 1 - (self.corner[1] + int(rows[-1]))
        return (low[0], high_x), (low[1], high_y)

    def under(
        self, values: npt.NDArray[_Scalar], part: BoolMask, shift: tuple[int, int]
    ) -> npt.NDArray[_Scalar]:
        """The values of a map of the tile under a part of the moved stamp; what lies outside the frame is left out.

        Args:
            values: (H, W) or (H, W, C).
            part: One of the masks.
            shift: Whole pixels, (x, y).
        """
        frame, cut = self._overlap(part.shape, values.shape, shift)
        return values[frame][part[cut]]

    def under_sectors(
        self, values: npt.NDArray[_Scalar], shift: tuple[int, int]
    ) -> tuple[npt.NDArray[_Scalar], npt.NDArray[np.uint8]]:
        """The values under the moved band, and the direction of each.

        Args:
            values: (H, W) or (H, W, C).
            shift: Whole pixels, (x, y).
        """
        frame, cut = self._overlap(self.ring.shape, values.shape, shift)
        ring = self.ring[cut]
        return values[frame][ring], self.sectors[cut][ring]

    def _overlap(
        self, part: tuple[int, ...], frame: tuple[int, ...], shift: tuple[int, int]
    ) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Rows and columns of the frame, and of the moved stamp, where they overlap."""
        x, y = self.corner[0] + shift[0], self.corner[1] + shift[1]
        inside = Window(x, y, part[1], part[0]).clipped((frame[0], frame[1]))
        rows, columns = inside.slices
        return (rows, columns), (
            slice(rows.start - y, rows.stop - y),
            slice(columns.start - x, columns.stop - x),
        )


def _directions(transform: Similarity, window: Window, centre: tuple[float, float]) -> npt.NDArray[np.uint8]:
    """The eighth of the circle, 1 to 8, in which each pixel of a window lies before the object is turned."""
    y, x = np.mgrid[0 : window.height, 0 : window.width]
    points = np.stack([x + window.x + 0.5, y + window.y + 0.5], axis=-1)
    before = transform.inverse().apply(points) - np.array(centre)
    turns = np.arctan2(before[..., 1], before[..., 0]) / (2 * np.pi) % 1.0
    sectors: npt.NDArray[np.uint8] = (np.floor(turns * SECTORS) % SECTORS + 1).astype(np.uint8)
    return sectors


def ring_width(area: int) -> int:
    """Width of the band around an object of so many pixels: a quarter of its size, 4 to 12 pixels."""
    return int(np.clip(round(0.25 * area**0.5), 4, 12))


def _grown(mask: npt.NDArray[Any], radius: int) -> BoolMask:
    import cv2

    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel)) > 0
