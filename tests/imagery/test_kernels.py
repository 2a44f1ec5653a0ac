import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from geotamper.imagery.kernels import (
    CUBIC_SPLINE,
    KERNELS,
    KEYS_ANTIALIASED,
    KEYS_CUBIC,
    LANCZOS3,
    LANCZOS3_ANTIALIASED,
    LANCZOS4,
    LINEAR,
    LINEAR_ANTIALIASED,
    NEAREST,
    OPENCV_CUBIC,
    OPENCV_CUBIC_32,
    SHARP_CUBIC,
    STEPS_PER_PIXEL,
    Kernel,
)

Floats = npt.NDArray[np.float64]

PHASES = np.linspace(0, 1, 257)
SMOOTH = [kernel for kernel in KERNELS if kernel is not NEAREST]
"""All but the one that jumps."""

LANCZOS = (LANCZOS3, LANCZOS4, LANCZOS3_ANTIALIASED)
"""Kernels whose weights sum to one only after division by their sum, which every tool does."""


def _named(kernel: Kernel) -> str:
    return kernel.name


def _weights(kernel: Kernel, phase: float) -> tuple[npt.NDArray[np.int64], Floats]:
    """Whole positions around `phase` and what they weigh."""
    positions = np.arange(-8, 10)
    return positions, kernel.function(np.abs(phase - positions))


def _from_table(kernel: Kernel, distance: float) -> float:
    table, at = kernel.table(), distance * STEPS_PER_PIXEL
    k = int(at)
    return float(table[k] + (at - k) * (table[k + 1] - table[k]))


@pytest.mark.parametrize("kernel", KERNELS, ids=_named)
def test_kernels_hit_the_pixels(kernel: Kernel) -> None:
    # the cardinal spline is cut after ten pixels and seven, the others are exact
    slack = 2e-4 if kernel is CUBIC_SPLINE else 1e-12
    assert kernel.function(np.zeros(1))[0] == pytest.approx(1, abs=slack)
    whole = kernel.function(np.arange(1.0, math.ceil(kernel.support) + 1))
    np.testing.assert_allclose(whole, 0, atol=slack)


@pytest.mark.parametrize("kernel", SMOOTH, ids=_named)
def test_kernels_weigh_one_in_all(kernel: Kernel) -> None:
    slack = 0.02 if kernel in LANCZOS else 1e-3
    sums = [_weights(kernel, phase)[1].sum() for phase in PHASES]
    np.testing.assert_allclose(sums, 1, atol=slack)


def test_nearest_weighs_one_pixel_except_half_way() -> None:
    sums = np.array([_weights(NEAREST, phase)[1].sum() for phase in PHASES])
    assert (sums[PHASES != 0.5] == 1).all()
    assert sums[PHASES == 0.5] == 2  # a tie; whoever uses it divides by the sum


@pytest.mark.parametrize("kernel", SMOOTH, ids=_named)
def test_kernels_do_not_shift_a_ramp(kernel: Kernel) -> None:
    def value(phase: float) -> float:
        positions, weights = _weights(kernel, phase)
        return float((positions * weights).sum() / weights.sum())

    shifts = np.array([value(phase) for phase in PHASES]) - PHASES
    # a = -0.75 and a = -1 and Lanczos reproduce a ramp only nearly, but alike to both sides
    slack = {OPENCV_CUBIC: 0.05, OPENCV_CUBIC_32: 0.05, SHARP_CUBIC: 0.1}.get(
        kernel, 0.03 if kernel in LANCZOS else 1e-3
    )
    assert np.abs(shifts).max() < slack
    np.testing.assert_allclose(shifts, -shifts[::-1], atol=1e-9)


@pytest.mark.parametrize("kernel", KERNELS, ids=_named)
def test_kernels_end_at_their_support(kernel: Kernel) -> None:
    beyond = kernel.function(np.linspace(kernel.support, kernel.support + 2, 50)[1:])
    np.testing.assert_allclose(beyond, 0, atol=2e-4)
    inside = kernel.function(np.linspace(kernel.support - 0.6, kernel.support, 50)[1:-1])
    assert np.abs(inside).max() > 2e-5


@pytest.mark.parametrize("kernel", SMOOTH, ids=_named)
@given(part=st.floats(0, 1))
def test_kernel_tables_follow_the_function(kernel: Kernel, part: float) -> None:
    distance = part * kernel.support
    wanted = float(kernel.function(np.array([distance]))[0])
    assert _from_table(kernel, distance) == pytest.approx(wanted, abs=1e-5)


def test_nearest_table_is_one_up_to_a_half() -> None:
    assert {_from_table(NEAREST, d) for d in (0.0, 0.25, 0.499, 0.5)} == {1.0}
    assert NEAREST.table()[-1] == 0.0


@pytest.mark.parametrize("kernel", KERNELS, ids=_named)
def test_kernel_tables_are_shared_and_read_only(kernel: Kernel) -> None:
    table = kernel.table()
    assert table is kernel.table()
    assert table[-1] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 2.0


@pytest.mark.parametrize(
    ("kernel", "a"), [(OPENCV_CUBIC, -0.75), (KEYS_CUBIC, -0.5), (KEYS_ANTIALIASED, -0.5), (SHARP_CUBIC, -1)]
)
def test_cubics_have_their_slope(kernel: Kernel, a: float) -> None:
    # the derivative of Keys' kernel at distance 1 is its parameter
    step = 1e-6
    before, after = kernel.function(np.linspace(1 - step, 1 + step, 2))
    assert (after - before) / (2 * step) == pytest.approx(a, abs=1e-4)


@pytest.mark.parametrize(("kernel", "lobes"), [(LANCZOS3, 3), (LANCZOS4, 4)])
def test_lanczos_changes_sign_with_each_lobe(kernel: Kernel, lobes: int) -> None:
    middles = kernel.function(np.arange(0.5, lobes))
    assert (np.sign(middles) == [(-1) ** k for k in range(lobes)]).all()
    assert kernel.support == lobes


def test_cubic_spline_is_the_interpolation_of_scipy() -> None:
    signal = np.random.default_rng(5).uniform(0, 255, 40)
    places = np.linspace(15, 24, 73)
    wanted = ndimage.map_coordinates(signal, places[None], order=3)
    weights = CUBIC_SPLINE.function(np.abs(places[:, None] - np.arange(40)))
    np.testing.assert_allclose(weights @ signal, wanted, atol=0.02)


def test_bank_has_no_name_twice_and_widens_what_shrinking_tools_widen() -> None:
    assert len({kernel.name for kernel in KERNELS}) == len(KERNELS)
    widened = {kernel for kernel in KERNELS if kernel.antialiased}
    assert widened == {LINEAR_ANTIALIASED, KEYS_ANTIALIASED, LANCZOS3_ANTIALIASED}
    for wide, plain in ((LINEAR_ANTIALIASED, LINEAR), (KEYS_ANTIALIASED, KEYS_CUBIC)):
        np.testing.assert_array_equal(wide.table(), plain.table())
