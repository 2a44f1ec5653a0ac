"""Drawing of one standing thing: polygons in its own metres, finer than the picture, then averaged down."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from geotamper.scenes.geometry import Points, fill, turned
from geotamper.scenes.texture import FloatArray, octave_noise

_SUPERSAMPLING = 3


@dataclass(frozen=True)
class Sprite:
    """A thing ready to be set into the picture.

    Attributes:
        x: Column of its left edge.
        y: Row of its top edge.
        colour: (h, w, 3) float32 RGB, 0 to 1.
        alpha: (h, w) float32, share of each pixel that the thing covers.
        label: Class id, or None for things without a class, such as a crane.
        height: Of its top above the ground, metres.
        clearance: Of its lower side above the ground, metres; light passes below.
        density: How much of the sun its shadow takes, 0 to 1.
    """

    x: int
    y: int
    colour: FloatArray
    alpha: FloatArray
    label: int | None
    height: float
    clearance: float = 0.0
    density: float = 1.0


class Stencil:
    """Collects the polygons of one thing, back to front.

    Points are metres in the thing's own axes: x forward, y to its right as seen from above.

    Attributes:
        heading: Picture direction of the x axis, radians.
        colour: (side, side, 3) float32, the fine picture.
        inside: (side, side) uint8, 1 where the thing is.
    """

    def __init__(self, centre: tuple[float, float], heading: float, *, unit: float, radius: float) -> None:
        half = int(np.ceil(radius * unit)) + 2
        self._x, self._y = int(np.floor(centre[0])) - half, int(np.floor(centre[1])) - half
        self._centre = np.array([centre[0] - self._x, centre[1] - self._y])
        self.heading = heading
        self._unit = unit
        side = 2 * half * _SUPERSAMPLING
        self.colour: FloatArray = np.zeros((side, side, 3), dtype=np.float32)
        self.inside = np.zeros((side, side), dtype=np.uint8)

    def polygon(self, points: Points, colour: Sequence[float]) -> None:
        """Fill a polygon with one colour and add it to the thing's outline."""
        local = self._local(points)
        fill(self.colour, local, tuple(float(c) for c in colour))
        fill(self.inside, local, 1)

    def polygons(self, outlines: Sequence[Points], colour: Sequence[float]) -> None:
        """Fill several polygons with one colour."""
        for points in outlines:
            self.polygon(points, colour)

    def darken(self, outlines: Sequence[Points], factor: float) -> None:
        """Multiply the colours under the union of polygons, within the thing's outline drawn so far."""
        under = np.zeros_like(self.inside)
        for points in outlines:
            fill(under, self._local(points), 1)
        self.colour[(under & self.inside) > 0] *= np.float32(factor)

    def _local(self, points: Points) -> Points:
        place = turned(points, self.heading) * self._unit + self._centre
        return np.asarray(place * _SUPERSAMPLING, dtype=np.float64)

    def grid(self) -> tuple[FloatArray, FloatArray]:
        """The thing's own x and y, metres, at every point of the stencil."""
        side = self.inside.shape[0]
        steps = (np.arange(side, dtype=np.float32) + 0.5) / _SUPERSAMPLING
        dx = (steps[None, :] - self._centre[0]) / self._unit
        dy = (steps[:, None] - self._centre[1]) / self._unit
        cos, sin = np.cos(self.heading), np.sin(self.heading)
        return (
            np.asarray(dx * cos + dy * sin, dtype=np.float32),
            np.asarray(dy * cos - dx * sin, dtype=np.float32),
        )

    def modulate(self, field: FloatArray) -> None:
        """Brighten the colours by a relative field, (side, side)."""
        self.colour *= (1 + field)[..., None]

    def weather(self, rng: np.random.Generator, *, strength: float, cell: float) -> None:
        """Stain the colours with noise of features of `cell` metres and relative deviation `strength`."""
        noise = octave_noise(rng, self.inside.shape, cell=cell * self._unit * _SUPERSAMPLING, octaves=4)
        self.modulate(np.float32(strength) * noise)

    def ribs(self, rng: np.random.Generator, *, spacing: float, strength: float) -> None:
        """Give each strip of `spacing` metres along x its own brightness, like roof sheets."""
        x, _ = self.grid()
        index = np.floor(x / spacing).astype(np.int32)
        index -= index.min()
        tones = rng.normal(0, strength, int(index.max()) + 1).astype(np.float32)
        self.modulate(tones[index])

    def sprite(
        self, label: int | None, *, height: float, clearance: float = 0.0, density: float = 1.0
    ) -> Sprite:
        """Average down to picture pixels."""
        side = self.inside.shape[0] // _SUPERSAMPLING
        inside = self.inside.astype(np.float32)
        alpha = np.asarray(cv2.resize(inside, (side, side), interpolation=cv2.INTER_AREA), dtype=np.float32)
        weighted = cv2.resize(self.colour * inside[..., None], (side, side), interpolation=cv2.INTER_AREA)
        colour = np.clip(weighted / np.maximum(alpha, 1e-6)[..., None], 0, 1).astype(np.float32)
        return Sprite(self._x, self._y, colour, alpha, label, height, clearance, density)
