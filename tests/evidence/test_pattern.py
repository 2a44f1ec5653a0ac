import cv2
import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.pattern import belongs_to_pattern
from geotamper.evidence.planes import Planes
from geotamper.imagery.region import Region, Window
from geotamper.scenes import draw_scene

Pixels = npt.NDArray[np.uint8]
SIZE = 160


def _region(x0: int, y0: int, side: int) -> Region:
    return Region(Window(x0, y0, x0 + side, y0 + side), np.ones((side, side), bool))


def _moved(dx: float, dy: float) -> npt.NDArray[np.float64]:
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])


def _grey(values: npt.NDArray[np.float64]) -> Pixels:
    return np.repeat(np.clip(values, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _lattice(noise: float) -> Pixels:
    y, x = np.mgrid[:SIZE, :SIZE]
    values = np.where((x % 20 < 5) | (y % 20 < 8), 200.0, 60.0) + x % 7
    return _grey(values + np.random.default_rng(1).normal(0, noise, values.shape))


@pytest.mark.parametrize("noise", [0.0, 6.0])
def test_belongs_to_pattern_sees_a_lattice(noise: float) -> None:
    assert belongs_to_pattern(Planes.of(_lattice(noise)), _region(22, 23, 31), _moved(60.0, 40.0))


def test_belongs_to_pattern_lets_a_copy_in_a_lattice_pass() -> None:
    pixels = _lattice(6.0)
    y, x = np.mgrid[:21, :21]
    ship = np.hypot(x - 10, 1.6 * (y - 10)) < 8
    for left, top in ((30, 30), (110, 90)):
        pixels[top : top + 21, left : left + 21][ship] = (10 * x + 3 * y)[ship][:, None] % 256
    assert not belongs_to_pattern(Planes.of(pixels), _region(31, 31, 19), _moved(80.0, 60.0))


def test_belongs_to_pattern_allows_several_copies_of_one_object() -> None:
    pixels = draw_scene(kind="city", size=SIZE, seed=4).pixels.copy()
    patch = pixels[20:50, 20:50].copy()
    for top, left in ((20, 100), (70, 30), (110, 100)):
        pixels[top : top + 30, left : left + 30] = patch
    assert not belongs_to_pattern(Planes.of(pixels), _region(20, 20, 30), _moved(80.0, 0.0))


def test_belongs_to_pattern_compares_with_a_turned_partner() -> None:
    y, x = np.mgrid[:SIZE, :SIZE]
    pixels = _grey(128 + 50 * np.sin(x / 3.1) + 50 * np.sin(y / 3.1))
    turn = np.asarray(cv2.getRotationMatrix2D((40.0, 40.0), 90.0, 1.0), np.float64)
    turn[0, 2] += 3.1 * 2 * np.pi * 3
    assert belongs_to_pattern(Planes.of(pixels), _region(30, 30, 21), turn)


@pytest.mark.parametrize("side", [3, 30])
def test_belongs_to_pattern_says_no_where_nothing_can_be_compared(side: int) -> None:
    planes = Planes.of(np.full((SIZE, SIZE, 3), 90, np.uint8))
    assert not belongs_to_pattern(planes, _region(20, 20, side), _moved(60.0, 0.0))
