"""Random textures from layered noise."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


def value_noise(rng: np.random.Generator, shape: tuple[int, int], cell: float) -> FloatArray:
    """Smooth noise with features of about `cell` pixels, (H, W) float32 with mean 0 and deviation near 1."""
    height, width = shape
    if cell <= 1:
        return rng.standard_normal(shape, dtype=np.float32)
    rows, columns = int(np.ceil(height / cell)) + 2, int(np.ceil(width / cell)) + 2
    grid = rng.standard_normal((rows, columns), dtype=np.float32)
    size = (max(round(columns * cell), width), max(round(rows * cell), height))
    smooth = cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)
    # A random part keeps the grid lines of several octaves from meeting at the corner.
    y, x = int(rng.integers(smooth.shape[0] - height + 1)), int(rng.integers(smooth.shape[1] - width + 1))
    return np.asarray(smooth[y : y + height, x : x + width] * np.float32(1.35))


def octave_noise(
    rng: np.random.Generator, shape: tuple[int, int], *, cell: float, octaves: int, persistence: float = 0.55
) -> FloatArray:
    """Sum of noises, each of half the cell and `persistence` times the weight of the one before.

    Returns:
        (H, W) float32 with mean 0 and deviation near 1.
    """
    total = np.zeros(shape, dtype=np.float32)
    weight, power = 1.0, 0.0
    for octave in range(octaves):
        total += np.float32(weight) * value_noise(rng, shape, cell / 2**octave)
        power += weight**2
        weight *= persistence
    return total * np.float32(1.0 / np.sqrt(power))


@dataclass(frozen=True)
class Grain:
    """Noise fields of a whole picture that all its ground materials draw from.

    One set serves all surfaces: no place in it comes twice, so no two surfaces are alike, and a surface
    may be painted tile by tile without seams.

    Attributes:
        broad: (H, W) float32, features of tens of metres.
        wide: (H, W) float32, features of a few metres, independent of `broad`.
        medium: (H, W) float32, features from a metre down.
        fine: (H, W) float32, pixel grain.
    """

    broad: FloatArray
    wide: FloatArray
    medium: FloatArray
    fine: FloatArray

    @classmethod
    def draw(cls, rng: np.random.Generator, shape: tuple[int, int], unit: float) -> Self:
        """Draw fields for a picture of `shape` (H, W) with `unit` pixels per metre."""
        return cls(
            broad=octave_noise(rng, shape, cell=28 * unit, octaves=3),
            wide=octave_noise(rng, shape, cell=7 * unit, octaves=3),
            medium=octave_noise(rng, shape, cell=1.6 * unit, octaves=2, persistence=0.8),
            fine=value_noise(rng, shape, 1),
        )

    def window(self, y: int, x: int, height: int, width: int) -> "Grain":
        """The fields of one rectangle, as views."""
        area = (slice(y, y + height), slice(x, x + width))
        return Grain(self.broad[area], self.wide[area], self.medium[area], self.fine[area])
