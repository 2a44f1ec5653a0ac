"""Pictures and objects for the forger's tests, drawn by arithmetic."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]


def _textured(seed: int, shape: tuple[int, int]) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def _ellipse(shape: tuple[int, int], centre: tuple[float, float], axes: tuple[float, float]) -> BoolMask:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    inside: BoolMask = ((x - centre[0]) / axes[0]) ** 2 + ((y - centre[1]) / axes[1]) ** 2 <= 1
    return inside


@pytest.fixture(scope="session")
def textured() -> Callable[[int, tuple[int, int]], Pixels]:
    """White noise of (height, width): every pixel tells where it came from."""
    return _textured


@pytest.fixture(scope="session")
def ellipse() -> Callable[[tuple[int, int], tuple[float, float], tuple[float, float]], BoolMask]:
    """Mask of (height, width) with an ellipse of centre (x, y) and half axes."""
    return _ellipse
