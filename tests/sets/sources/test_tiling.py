import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geotamper.sets.sources.outlines import fill_outline
from geotamper.sets.sources.protocol import Window
from geotamper.sets.sources.tiling import flexible_windows, grid_windows, renumber, resize_ids, resize_pixels
from geotamper.sets.sources.voids import flat_regions


@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([512, 1024]))
def test_grid_windows_lie_inside_and_apart(width: int, height: int, side: int) -> None:
    windows = grid_windows(width, height, side=side)
    assert len(windows) == (width // side) * (height // side)
    assert len(set(windows)) == len(windows)
    for window in windows:
        assert window.x % side == window.y % side == 0
        assert window.x + side <= width
        assert window.y + side <= height


@pytest.mark.parametrize(
    ("size", "windows"),
    [
        ((512, 512), [Window(0, 0, 512)]),
        ((511, 700), [Window(0, 0, 511)]),
        ((256, 300), [Window(0, 0, 256)]),
        ((255, 2000), []),
    ],
)
def test_flexible_windows_enlarge_up_to_twice(size: tuple[int, int], windows: list[Window]) -> None:
    assert flexible_windows(*size) == windows


def test_resize_pixels_averages_areas() -> None:
    fine = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), dtype=np.uint8)
    mean = fine.reshape(512, 2, 512, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(resize_pixels(fine) - mean).max() <= 0.5


@settings(max_examples=25)
@given(st.integers(256, 1100), st.integers(0, 5))
def test_resize_ids_invents_no_ids_and_keeps_places(side: int, seed: int) -> None:
    ids = np.zeros((side, side), np.int64)
    x, y = np.random.default_rng(seed).integers(0, side // 2, 2)
    ids[y : y + side // 4, x : x + side // 4] = 16_000_000
    resized = resize_ids(ids)
    assert set(np.unique(resized)) == {0, 16_000_000}
    rows, columns = np.nonzero(resized)
    scale = 512 / side
    assert columns.mean() + 0.5 == pytest.approx((x + side // 4 / 2) * scale, abs=1)
    assert rows.mean() + 0.5 == pytest.approx((y + side // 4 / 2) * scale, abs=1)


def test_renumber_runs_from_one_without_gaps() -> None:
    new, former = renumber(np.array([[0, 500], [70_000, 0], [500, 15_800_000]]))
    assert new.tolist() == [[0, 1], [2, 0], [1, 3]]
    assert new.dtype == np.int32
    assert former == [500, 70_000, 15_800_000]
    without_ground, former = renumber(np.array([[9, 9]]))
    assert without_ground.tolist() == [[1, 1]]
    assert former == [9]


def test_fill_outline_takes_pixels_by_their_centres() -> None:
    ring = np.array([[100.4, 50.6], [104.6, 50.6], [104.6, 53.4], [100.4, 53.4]])
    inside = fill_outline([ring, np.array([[1.0, 2.0]])], Window(98, 50, 16))
    expected = np.zeros((16, 16), np.bool_)
    expected[1:3, 2:7] = True
    assert np.array_equal(inside, expected)
    assert not fill_outline([ring], Window(300, 300, 16)).any()


def test_flat_regions_leave_specks_out() -> None:
    pixels = np.full((64, 64, 3), 90, np.uint8)
    pixels[:5, :20] = 0
    pixels[20:31, :10] = 0
    pixels[40:60, 40:60] = (0, 0, 1)
    found = flat_regions(pixels, 0)
    assert np.count_nonzero(found) == 110
    assert found[20:31, :10].all()
    assert not flat_regions(pixels, 255).any()
