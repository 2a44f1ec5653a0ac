from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.outline import exact_outline
from geotamper.evidence.planes import Planes
from geotamper.evidence.resynthesis import Explanation, explain
from geotamper.forge.forgery import BoolMask, Forgery
from geotamper.imagery.kernels import LINEAR
from geotamper.imagery.region import Region, Window

POSES = [
    ("suburb", 0.0, 1.0, "opencv-linear"),
    ("city", 35.0, 1.0, "opencv-linear"),
    ("farmland", 0.0, 0.7, "opencv-linear"),
    ("airport", 60.0, 0.8, "opencv-cubic"),
    ("harbour", 0.0, 1.3, "opencv-cubic"),
    ("city", 25.0, 0.9, "opencv-lanczos4"),
    ("harbour", 77.0, 0.8, "opencv-nearest"),
]
RIGHT = np.array([[1.0, 0.0, 120.0], [0.0, 1.0, 0.0]])


def _region(mask: BoolMask) -> Region:
    return Region.cut(Window(0, 0, mask.shape[1], mask.shape[0]), mask)


@pytest.mark.parametrize("pose", POSES)
def test_exact_outline_follows_the_copy(
    pose: tuple[Any, ...],
    case: type,
    forged: Callable[..., Forgery],
    planes: Callable[..., Planes],
    ellipse: Callable[..., BoolMask],
    overlap: Callable[..., float],
) -> None:
    forgery = forged(case(*pose))
    assert forgery.transform is not None
    back = forgery.transform.inverse().index_matrix
    found = explain(planes(case(*pose)), _region(forgery.target_mask), back, seed=0)
    known = _region(ellipse((190.0, 70.0), (9.0, 9.0)))
    outline = exact_outline(planes(case(*pose)), found, known).full((256, 256))
    assert overlap(outline, forgery.target_mask) > 0.9


def _repeated(noise: npt.NDArray[np.uint8], mask: BoolMask) -> Planes:
    """Noise whose right half shows the left one's pixels in a mask, and others elsewhere."""
    other = np.random.default_rng(9).integers(0, 256, noise.shape, dtype=np.uint8)
    return Planes.of(np.hstack([np.where(mask[..., None], noise, other), noise]))


def _exact(matrix: npt.NDArray[np.float64]) -> Explanation:
    return Explanation(matrix, LINEAR, 1.0, 1.0, 0.0, 500.0, 1e-4)


def test_exact_outline_takes_parts_that_lie_apart(
    noise: npt.NDArray[np.uint8], ellipse: Callable[..., BoolMask]
) -> None:
    first, second = ellipse((30, 40), (15, 15), (90, 120)), ellipse((90, 50), (10, 14), (90, 120))
    outline = exact_outline(_repeated(noise, first | second), _exact(RIGHT), _region(first))
    wanted = np.hstack([first | second, np.zeros_like(first)])
    found = outline.full((90, 240))
    assert np.count_nonzero(found & wanted) / np.count_nonzero(found | wanted) > 0.93


def test_exact_outline_keeps_large_holes_and_fills_small_ones(
    noise: npt.NDArray[np.uint8], ellipse: Callable[..., BoolMask]
) -> None:
    disc = ellipse((50, 45), (35, 35), (90, 120))
    large, small = ellipse((40, 45), (9, 9), (90, 120)), ellipse((70, 45), (2, 2), (90, 120))
    outline = exact_outline(_repeated(noise, disc & ~large & ~small), _exact(RIGHT), _region(disc))
    found = outline.full((90, 240))[:, :120]
    assert found[small].all()
    assert found[ellipse((40, 45), (6, 6), (90, 120))].mean() < 0.1


def test_exact_outline_is_empty_where_nothing_is_exact(
    noise: npt.NDArray[np.uint8], ellipse: Callable[..., BoolMask]
) -> None:
    disc = ellipse((50, 45), (20, 20), (90, 120))
    assert exact_outline(_repeated(noise, np.zeros((90, 120), bool)), _exact(RIGHT), _region(disc)).area == 0


def test_exact_outline_stays_within_its_margin(
    noise: npt.NDArray[np.uint8], ellipse: Callable[..., BoolMask]
) -> None:
    everything = np.ones((90, 120), bool)
    known = _region(ellipse((60, 45), (10, 10), (90, 120)))
    outline = exact_outline(_repeated(noise, everything), _exact(RIGHT), known, margin=12)
    x0, y0, x1, y1 = outline.window.x0, outline.window.y0, outline.window.x1, outline.window.y1
    assert min(x0 - known.window.x0, y0 - known.window.y0) >= -12
    assert max(x1 - known.window.x1, y1 - known.window.y1) <= 12
    assert outline.area > 40 * 40


def test_exact_outline_takes_no_void_for_a_part(
    noise: npt.NDArray[np.uint8], ellipse: Callable[..., BoolMask]
) -> None:
    first = ellipse((30, 40), (15, 15), (90, 120))
    planes = _repeated(noise, first)
    pixels = planes.pixels.copy()
    pixels[70:, :120] = 255  # a void whose rim is rugged...
    pixels[np.arange(70, 90, 4), 40:80:2] = 200
    pixels[66:, 120:] = 255  # ...and that is said to follow from another one
    outline = exact_outline(Planes.of(pixels), _exact(RIGHT), _region(first)).full((90, 240))
    assert not outline[70:].any()
    assert outline[:60].any()
