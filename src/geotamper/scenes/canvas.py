"""The picture in the making: surfaces, markings, standing things and their shadows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.scenes.geometry import SUPERSAMPLING, Points, fill
from geotamper.scenes.stencil import Sprite
from geotamper.scenes.texture import FloatArray, Grain

Colour = tuple[float, float, float]
"""RGB reflectance as displayed, 0 to 1."""

_TILE = 512
# Shade is lit by the sky alone, which is bluer than the sun.
_SHADE_COLOUR = np.array([0.40, 0.44, 0.52], dtype=np.float32)


@dataclass(frozen=True)
class Light:
    """The sun of a scene.

    Attributes:
        away: Unit vector in the picture in which shadows fall, (x, y).
        reach: Shadow length over height.
    """

    away: tuple[float, float]
    reach: float


@dataclass(frozen=True)
class Tile:
    """One rectangle of the picture that a material is asked to colour.

    Attributes:
        x: Its left column.
        y: Its top row.
        grain: The picture's noise fields in this rectangle.
    """

    x: int
    y: int
    grain: Grain

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width), pixels."""
        return self.grain.fine.shape[0], self.grain.fine.shape[1]


Material = Callable[[Tile], FloatArray]
"""Gives the colours, (h, w, 3) float32, of a tile."""


class Canvas:
    """Colours, class map and instances of a scene while it is drawn.

    Attributes:
        rng: The only source of chance.
        unit: Pixels per metre.
        light: The sun.
        pixels: (H, W, 3) float32 RGB, 0 to 1.
        labels: (H, W) uint8 class ids.
        instances: (H, W) uint16 instance numbers, 0 for none.
        instance_labels: Class id of each instance number given out so far.
    """

    def __init__(self, shape: tuple[int, int], unit: float, light: Light, rng: np.random.Generator) -> None:
        self.rng = rng
        self.unit = unit
        self.light = light
        self.grain = Grain.draw(rng, shape, unit)
        self.pixels: FloatArray = np.zeros((*shape, 3), dtype=np.float32)
        self.labels: npt.NDArray[np.uint8] = np.zeros(shape, dtype=np.uint8)
        self.instances: npt.NDArray[np.uint16] = np.zeros(shape, dtype=np.uint16)
        self.instance_labels: list[int] = [0]
        self._shade: FloatArray = np.zeros(shape, dtype=np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width), pixels."""
        return self.labels.shape[0], self.labels.shape[1]

    def sees(self, place: tuple[float, float], *, margin: float) -> bool:
        """Whether a picture position lies in the picture or within `margin` metres of it."""
        height, width = self.shape
        slack = margin * self.unit
        return -slack < place[0] < width + slack and -slack < place[1] < height + slack

    def new_instance(self, label: int) -> int:
        """Number a new instance of the class with id `label`."""
        self.instance_labels.append(label)
        return len(self.instance_labels) - 1

    def cover_all(self, material: Material) -> None:
        """Lay the ground of the whole picture."""
        height, width = self.shape
        for area, tile in self._tiles(0, 0, width, height):
            self.pixels[area] = material(tile)

    def cover(self, outlines: Sequence[Points], material: Material, *, label: int, instance: int = 0) -> None:
        """Lay a surface over the union of polygons, given in pixels with centres at +0.5."""
        for area, tile, share in self._covered(outlines):
            self.pixels[area] += share[..., None] * (material(tile) - self.pixels[area])
            inside = share >= 0.5
            self.labels[area][inside] = label
            self.instances[area][inside] = instance

    def mark(
        self,
        outlines: Sequence[Points],
        colour: Colour,
        *,
        opacity: float,
        wear: float = 0.0,
        on: int | None = None,
    ) -> None:
        """Colour polygons without changing the class map.

        Args:
            outlines: Polygons in pixels, centres at +0.5.
            colour: Of the paint.
            opacity: 0 to 1.
            wear: How much of the paint is rubbed off in patches, 0 to 1.
            on: Class id of the ground that takes the paint, or None for any.
        """
        paint = np.asarray(colour, dtype=np.float32)
        for area, tile, share in self._covered(outlines):
            rubbed = wear * (0.5 + 0.45 * tile.grain.medium + 0.4 * tile.grain.wide)
            alpha = share * opacity * (1 - np.clip(rubbed, 0, 1))
            if on is not None:
                alpha = alpha * (self.labels[area] == on)
            self.pixels[area] += alpha[..., None] * (paint - self.pixels[area])

    def stamp(self, sprite: Sprite) -> None:
        """Set a standing thing into the picture: its shadow first, then itself."""
        self._cast_shadow(sprite)
        window = self._window(sprite.x, sprite.y, sprite.alpha.shape)
        if window is None:
            return
        area, inner = window
        alpha = sprite.alpha[inner]
        self.pixels[area] += alpha[..., None] * (sprite.colour[inner] - self.pixels[area])
        self._shade[area] *= 1 - alpha
        if sprite.label is None:
            return
        seen = alpha >= 0.5
        self.labels[area][seen] = sprite.label
        self.instances[area][seen] = self.new_instance(sprite.label)

    def _cast_shadow(self, sprite: Sprite) -> None:
        per_metre = self.light.reach * self.unit
        near, far = sprite.clearance * per_metre, sprite.height * per_metre
        margin = int(np.ceil(far)) + 3
        mask = np.pad(sprite.alpha, margin)
        mask = _swept(mask, self.light.away, near, far)
        # The edge softens with the height of what casts it.
        mask = cv2.GaussianBlur(mask, (0, 0), 0.5 + 0.02 * far).astype(np.float32)
        window = self._window(sprite.x - margin, sprite.y - margin, mask.shape)
        if window is None:
            return
        area, inner = window
        before = self._shade[area]
        # Shade on shade is no darker: the larger of the two holds.
        after = np.maximum(before, np.clip(mask[inner], 0, 1) * np.float32(sprite.density))
        light = (1 - after[..., None] * (1 - _SHADE_COLOUR)) / (1 - before[..., None] * (1 - _SHADE_COLOUR))
        self.pixels[area] *= light
        self._shade[area] = after

    def _window(
        self, x: int, y: int, shape: tuple[int, ...]
    ) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
        """Part of the picture under a rectangle and the part of the rectangle inside the picture."""
        height, width = self.shape
        x0, y0 = max(x, 0), max(y, 0)
        x1, y1 = min(x + shape[1], width), min(y + shape[0], height)
        if x0 >= x1 or y0 >= y1:
            return None
        return (slice(y0, y1), slice(x0, x1)), (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))

    def _covered(self, outlines: Sequence[Points]) -> Iterator[tuple[tuple[slice, slice], Tile, FloatArray]]:
        if not outlines:
            return
        corners = np.concatenate(outlines)
        height, width = self.shape
        x0, y0 = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(corners.max(axis=0)), (width, height)).astype(int)
        for area, tile in self._tiles(int(x0), int(y0), int(x1), int(y1)):
            share = _coverage(outlines, tile)
            if share is not None:
                yield area, tile, share

    def _tiles(self, x0: int, y0: int, x1: int, y1: int) -> Iterator[tuple[tuple[slice, slice], Tile]]:
        for y in range(y0, y1, _TILE):
            for x in range(x0, x1, _TILE):
                height, width = min(_TILE, y1 - y), min(_TILE, x1 - x)
                area = (slice(y, y + height), slice(x, x + width))
                yield area, Tile(x, y, self.grain.window(y, x, height, width))


def _coverage(outlines: Sequence[Points], tile: Tile) -> FloatArray | None:
    """Share of each pixel of a tile that the union of polygons covers, or None where they miss it."""
    height, width = tile.shape
    corner = np.array([tile.x, tile.y])
    near = [
        points
        for points in outlines
        if (points.max(axis=0) > corner).all()
        and (points.min(axis=0) < corner + np.array([width, height])).all()
    ]
    if not near:
        return None
    sub = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING), dtype=np.uint8)
    for points in near:
        fill(sub, (points - corner) * SUPERSAMPLING, 255)
    share = cv2.resize(sub, (width, height), interpolation=cv2.INTER_AREA)
    return share.astype(np.float32) / np.float32(255)


def _swept(mask: FloatArray, away: tuple[float, float], near: float, far: float) -> FloatArray:
    """Union of a mask moved by every distance from `near` to `far` along a direction."""
    length = far - near
    done = 0.0
    while done < length:
        # Each round doubles the distance covered so far.
        step = min(max(done, 1.0), length - done)
        mask = np.maximum(mask, _moved(mask, away, step))
        done += step
    return _moved(mask, away, near) if near else mask


def _moved(mask: FloatArray, away: tuple[float, float], distance: float) -> FloatArray:
    matrix = np.array([[1, 0, away[0] * distance], [0, 1, away[1] * distance]])
    moved = cv2.warpAffine(mask, matrix, (mask.shape[1], mask.shape[0]), flags=cv2.INTER_LINEAR)
    return np.asarray(moved, dtype=np.float32)
