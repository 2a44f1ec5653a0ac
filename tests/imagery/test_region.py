import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geotamper.imagery.region import Region, Window

BoolMask = npt.NDArray[np.bool_]

SHAPE = (24, 31)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Windows of at least one pixel inside the frame."""
    y0, y1 = sorted(draw(st.lists(st.integers(0, SHAPE[0]), min_size=2, max_size=2, unique=True)))
    x0, x1 = sorted(draw(st.lists(st.integers(0, SHAPE[1]), min_size=2, max_size=2, unique=True)))
    return Window(x0, y0, x1, y1)


@st.composite
def regions(draw: st.DrawFn) -> tuple[Region, BoolMask]:
    """A region and its mask at full size."""
    window = draw(windows())
    mask = draw(hnp.arrays(bool, window.shape))
    full = np.zeros(SHAPE, bool)
    full[window.slices] = mask
    return Region.cut(window, mask), full


def _linear(mask: BoolMask, x: float, y: float) -> float:
    """A mask read as 0 and 1 between its pixels, 0 beyond the frame."""
    padded = np.pad(mask, 1).astype(float)
    x, y = x + 1, y + 1
    if not (0 <= x < padded.shape[1] - 1 and 0 <= y < padded.shape[0] - 1):
        return 0.0
    column, row = int(x), int(y)
    fx, fy = x - column, y - row
    near = padded[row : row + 2, column : column + 2]
    return float(np.array([1 - fy, fy]) @ near @ np.array([1 - fx, fx]))


@given(st.integers(-5, 40), st.integers(-5, 40), st.integers(0, 12))
def test_window_around_holds_what_is_near(x: int, y: int, reach: int) -> None:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    wanted = (abs(columns - x) <= reach) & (abs(rows - y) <= reach)
    window = Window.around(x, y, reach, SHAPE)
    found = np.zeros(SHAPE, bool)
    if wanted.any():
        found[window.slices] = True
    assert 0 in window.shape or wanted.any()
    np.testing.assert_array_equal(found, wanted)


@given(windows(), st.integers(0, 40))
def test_window_grown_is_cut_at_the_frame(window: Window, margin: int) -> None:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    wanted = (columns >= window.x0 - margin) & (columns < window.x1 + margin)
    wanted &= (rows >= window.y0 - margin) & (rows < window.y1 + margin)
    found = np.zeros(SHAPE, bool)
    grown = window.grown(margin, SHAPE)
    found[grown.slices] = True
    np.testing.assert_array_equal(found, wanted)
    assert grown.shape == found[grown.slices].shape


@given(regions())
def test_region_cut_keeps_the_pixels_in_the_smallest_window(pair: tuple[Region, BoolMask]) -> None:
    region, full = pair
    np.testing.assert_array_equal(region.full(SHAPE), full)
    assert region.area == np.count_nonzero(full)
    assert region.mask.shape == region.window.shape
    if region.area:
        edges = (region.mask[0], region.mask[-1], region.mask[:, 0], region.mask[:, -1])
        assert all(edge.any() for edge in edges)
    columns, rows = region.pixels()
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == set(zip(*np.nonzero(full), strict=True))


@given(regions(), windows())
def test_region_within_is_the_full_mask_cut(pair: tuple[Region, BoolMask], window: Window) -> None:
    region, full = pair
    np.testing.assert_array_equal(region.within(window), full[window.slices])


@given(regions(), regions())
def test_region_shared_with_counts_common_pixels(
    first: tuple[Region, BoolMask], second: tuple[Region, BoolMask]
) -> None:
    wanted = np.count_nonzero(first[1] & second[1])
    assert first[0].shared_with(second[0]) == second[0].shared_with(first[0]) == wanted


@given(regions(), st.integers(-3, 34), st.integers(-3, 34), st.floats(-0.49, 0.49), st.floats(-0.49, 0.49))
def test_region_contains_the_nearest_pixel(
    pair: tuple[Region, BoolMask], column: int, row: int, dx: float, dy: float
) -> None:
    region, full = pair
    inside = 0 <= row < SHAPE[0] and 0 <= column < SHAPE[1] and bool(full[row, column])
    assert region.contains(column + dx, row + dy) is inside


@given(regions(), st.integers(1, 4))
def test_region_dilated_reaches_so_many_pixels(pair: tuple[Region, BoolMask], pixels: int) -> None:
    region, full = pair
    wanted = np.zeros(SHAPE, bool)
    for y, x in zip(*np.nonzero(full), strict=True):
        wanted[max(0, y - pixels) : y + pixels + 1, max(0, x - pixels) : x + pixels + 1] = True
    np.testing.assert_array_equal(region.dilated(pixels, SHAPE).full(SHAPE), wanted)


@given(regions(), st.integers(0, 60))
def test_region_eroded_loses_its_rim_unless_too_little_remains(
    pair: tuple[Region, BoolMask], at_least: int
) -> None:
    region, full = pair
    padded = np.pad(full, 1)
    inner = np.ones(SHAPE, bool)
    for dy in range(3):
        for dx in range(3):
            inner &= padded[dy : dy + SHAPE[0], dx : dx + SHAPE[1]]
    wanted = inner if np.count_nonzero(inner) >= at_least else full
    np.testing.assert_array_equal(region.eroded(at_least=at_least).full(SHAPE), wanted)


@given(regions(), st.integers(-40, 40), st.integers(-40, 40))
def test_region_moved_by_whole_pixels_is_shifted(pair: tuple[Region, BoolMask], dx: int, dy: int) -> None:
    region, full = pair
    wanted = np.zeros(SHAPE, bool)
    for y, x in zip(*np.nonzero(full), strict=True):
        if 0 <= y + dy < SHAPE[0] and 0 <= x + dx < SHAPE[1]:
            wanted[y + dy, x + dx] = True
    moved = region.moved(np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]]), SHAPE)
    np.testing.assert_array_equal(moved.full(SHAPE), wanted)


@settings(max_examples=40)
@given(
    regions(),
    st.floats(-np.pi, np.pi),
    st.floats(0.4, 2.5),
    st.tuples(st.floats(-20, 50), st.floats(-20, 50)),
)
def test_region_moved_agrees_with_the_whole_frame(
    pair: tuple[Region, BoolMask], angle: float, scale: float, shift: tuple[float, float]
) -> None:
    region, full = pair
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[a, b, shift[0]], [-b, a, shift[1]]])
    moved = region.moved(matrix, SHAPE).full(SHAPE)
    back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    for y in range(SHAPE[0]):
        for x in range(SHAPE[1]):
            px, py, _ = back @ [x, y, 1]
            value = _linear(full, px, py)
            # coordinates are cut to 1/32 pixel, so what lies near one half is open
            if abs(value - 0.5) > 0.1:
                assert moved[y, x] == (value > 0.5)


@given(pair=regions(), small=st.tuples(st.integers(1, SHAPE[0]), st.integers(1, SHAPE[1])))
def test_region_reduced_holds_every_pixel_that_it_touches(
    pair: tuple[Region, BoolMask], small: tuple[int, int]
) -> None:
    region, full = pair
    wanted = np.zeros(small, bool)
    for y, x in np.argwhere(full):
        wanted[int((y + 0.5) * small[0] / SHAPE[0]), int((x + 0.5) * small[1] / SHAPE[1])] = True
    np.testing.assert_array_equal(region.reduced(SHAPE, small).full(small), wanted)


def test_region_moved_out_of_the_frame_is_empty() -> None:
    region = Region.cut(Window(2, 2, 6, 6), np.ones((4, 4), bool))
    for shift in ((100.0, 0.0), (0.0, -100.0)):
        assert region.moved(np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]]), SHAPE).area == 0


@pytest.mark.parametrize("matrix", [np.eye(2, 3), 0.5 * np.eye(2, 3)])
def test_region_that_is_empty_stays_so(matrix: npt.NDArray[np.float64]) -> None:
    empty = Region.cut(Window(3, 4, 9, 9), np.zeros((5, 6), bool))
    assert empty.area == 0
    assert empty.moved(matrix, SHAPE).area == 0
    assert empty.dilated(2, SHAPE).area == 0
    assert not empty.contains(3, 4)
    assert not empty.full(SHAPE).any()
