"""Keeps things apart and sets them into the picture from low to high."""

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.scenes.canvas import Canvas
from geotamper.scenes.result import CLASS_LABELS
from geotamper.scenes.stencil import Sprite

_CROWN = CLASS_LABELS["Vegetation"]
_TOUCH = 0.02


class Planting:
    """The standing things of a scene, collected before they are drawn.

    Two solid things never touch; a crown never touches a solid thing, but crowns may grow into each other.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._solid: npt.NDArray[np.uint8] = np.zeros(canvas.shape, dtype=np.uint8)
        self._crowns: npt.NDArray[np.uint8] = np.zeros(canvas.shape, dtype=np.uint8)
        self._sprites: list[Sprite] = []

    def place(
        self, sprite: Sprite, *, gap: int = 2, whole: bool = True, on: frozenset[int] | None = None
    ) -> bool:
        """Take a thing in if there is room for it.

        Args:
            sprite: The thing.
            gap: Pixels that must stay free around it, at least 2.
            whole: Whether it must lie inside the picture altogether; otherwise it may be cut by the border.
            on: Class ids of the ground that it may stand on, or None for any.

        Returns:
            Whether it was taken.
        """
        body = sprite.alpha > _TOUCH
        rows, columns = np.nonzero(body)
        if rows.size == 0:
            return False
        height, width = self._canvas.shape
        y0, y1 = sprite.y + int(rows.min()), sprite.y + int(rows.max()) + 1
        x0, x1 = sprite.x + int(columns.min()), sprite.x + int(columns.max()) + 1
        if whole and (x0 < 1 or y0 < 1 or x1 > width - 1 or y1 > height - 1):
            return False
        area = (slice(max(y0 - gap, 0), max(y1 + gap, 0)), slice(max(x0 - gap, 0), max(x1 + gap, 0)))
        inner = self._crop(body, sprite, area)
        if not inner.any() or not self._is_free(inner, area, crown=sprite.label == _CROWN, gap=gap):
            return False
        if on is not None and not np.isin(self._canvas.labels[area][inner], list(on)).all():
            return False
        (self._crowns if sprite.label == _CROWN else self._solid)[area] |= inner
        self._sprites.append(sprite)
        return True

    def is_open(self, place: tuple[float, float], on: frozenset[int] | None = None) -> bool:
        """Whether a picture position is free: a quick look before a thing is drawn, true outside the picture.

        Args:
            place: Pixels.
            on: As in `place`.
        """
        x, y = int(place[0]), int(place[1])
        height, width = self._canvas.shape
        if not (0 <= x < width and 0 <= y < height):
            return True
        return not self._solid[y, x] and (on is None or int(self._canvas.labels[y, x]) in on)

    def draw(self) -> None:
        """Set all things into the picture, the lowest first, so that the higher shade and hide the lower."""
        for sprite in sorted(self._sprites, key=lambda s: s.height):
            self._canvas.stamp(sprite)
        self._sprites.clear()

    def _crop(
        self, body: npt.NDArray[np.bool_], sprite: Sprite, area: tuple[slice, slice]
    ) -> npt.NDArray[np.bool_]:
        """The body on the part of the picture that `area` names."""
        shape = self._canvas.labels[area].shape
        inner = np.zeros(shape, dtype=np.bool_)
        top, left = area[0].start - sprite.y, area[1].start - sprite.x
        rows = slice(max(top, 0), min(top + shape[0], body.shape[0]))
        columns = slice(max(left, 0), min(left + shape[1], body.shape[1]))
        if rows.start < rows.stop and columns.start < columns.stop:
            target = (
                slice(rows.start - top, rows.stop - top),
                slice(columns.start - left, columns.stop - left),
            )
            inner[target] = body[rows, columns]
        return inner

    def _is_free(
        self,
        body: npt.NDArray[np.bool_],
        area: tuple[slice, slice],
        *,
        crown: bool,
        gap: int,
    ) -> bool:
        kernel = np.ones((2 * gap + 1, 2 * gap + 1), dtype=np.uint8)
        grown = cv2.dilate(body.astype(np.uint8), kernel) > 0
        taken = self._solid[area] if crown else self._solid[area] | self._crowns[area]
        return not np.any(taken[grown])
