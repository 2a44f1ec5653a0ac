import math

import numpy as np
import pytest

from geotamper.evidence.planes import Planes
from geotamper.evidence.seams import NO_SEAM, find_seam
from geotamper.imagery.region import Region, Window
from geotamper.scenes import draw_scene


def _region(x0: int, y0: int, x1: int, y1: int) -> Region:
    window = Window(x0, y0, x1, y1)
    return Region.cut(window, np.ones(window.shape, bool))


def test_find_seam_sees_a_cut_edge_and_no_soft_one() -> None:
    y, x = np.mgrid[:120, :120]
    soft = 90 + 60 / (1 + np.exp(-(np.hypot(x - 90, y - 60) - 15) / 2.5))
    pixels = np.repeat(soft[..., None], 3, axis=2).astype(np.uint8)
    pixels[40:80, 10:50] += 40
    planes = Planes.of(pixels)
    cut = find_seam(planes, _region(10, 40, 50, 80))
    assert cut.kink > 1.0
    assert cut.share == pytest.approx(1.0, abs=0.1)
    circle = np.hypot(x - 90, y - 60) < 15
    natural = find_seam(planes, Region.cut(Window(0, 0, 120, 120), circle))
    assert natural.kink < 0.3 < cut.kink


def test_find_seam_tells_a_pasted_patch_from_where_it_was_taken() -> None:
    pixels = draw_scene(kind="suburb", size=200, seed=5).pixels.copy()
    pixels[120:160, 120:165] = pixels[30:70, 25:70]
    planes = Planes.of(pixels)
    assert (
        find_seam(planes, _region(120, 120, 165, 160)).kink
        > find_seam(planes, _region(25, 30, 70, 70)).kink + 0.1
    )


@pytest.mark.parametrize("place", [(0, 0, 20, 20), (80, 80, 100, 100), (0, 0, 100, 100)])
def test_find_seam_takes_regions_at_the_rim(place: tuple[int, int, int, int]) -> None:
    planes = Planes.of(np.random.default_rng(3).integers(0, 256, (100, 100, 3), dtype=np.uint8))
    assert math.isfinite(find_seam(planes, _region(*place)).kink)


def test_find_seam_of_a_tiny_region_says_nothing() -> None:
    planes = Planes.of(np.random.default_rng(3).integers(0, 256, (100, 100, 3), dtype=np.uint8))
    assert find_seam(planes, _region(50, 50, 52, 51)) == NO_SEAM


def test_find_seam_takes_outlines_longer_than_opencv_samples_at_once() -> None:
    rows, columns = np.mgrid[:900, :600]
    blocks = (rows % 12 < 6) & (columns % 12 < 6)
    pixels = np.random.default_rng(5).integers(100, 104, (900, 600, 3), dtype=np.uint8)
    pixels[blocks] += 50
    seam = find_seam(Planes.of(pixels), Region.cut(Window(0, 0, 600, 900), blocks))
    assert 20 * np.count_nonzero(blocks) // 36 > 32767
    assert seam.kink > 0.3
