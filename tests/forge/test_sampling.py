import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.forge.sampling import Kernel, mitchell_netravali, sample, target_grid, tent
from geotamper.imagery.similarity import Similarity


@pytest.mark.parametrize(("kernel", "support"), [(tent, 1), (mitchell_netravali, 2)])
@given(phase=st.floats(0, 1))
def test_kernel_translates_sum_to_one(kernel: Kernel, support: int, phase: float) -> None:
    offsets = np.arange(-support - 1, support + 2) - phase
    assert kernel(np.asarray(offsets, dtype=np.float64)).sum() == pytest.approx(1)


def test_mitchell_has_the_published_values() -> None:
    np.testing.assert_allclose(
        mitchell_netravali(np.array([0.0, 1.0, 2.0])), [8 / 9, 1 / 18, 0.0], atol=1e-12
    )


@given(x=st.floats(0, 9), y=st.floats(0, 7), slope=st.tuples(st.floats(-5, 5), st.floats(-5, 5)))
def test_tent_reproduces_planes(x: float, y: float, slope: tuple[float, float]) -> None:
    rows, columns = np.mgrid[0:8, 0:10]
    plane = slope[0] * columns + slope[1] * rows + 3
    value = sample(plane, np.array([x]), np.array([y]), kernel=tent, support=1)
    assert value[0] == pytest.approx(slope[0] * x + slope[1] * y + 3, abs=1e-9)


def test_sample_repeats_the_border() -> None:
    image = np.arange(12.0).reshape(3, 4)
    value = sample(image, np.array([-5.0, 9.0]), np.array([-5.0, 9.0]), kernel=tent, support=1)
    np.testing.assert_allclose(value, [0, 11])


def test_target_grid_speaks_array_indices() -> None:
    x, y = target_grid(Similarity(2.0, 0.0, 0.0, 0.0), (2, 4))
    # Centres of a doubled picture lie a quarter of a source pixel beside the source centres.
    np.testing.assert_allclose(x[0], [-0.25, 0.25, 0.75, 1.25])
    np.testing.assert_allclose(y[:, 0], [-0.25, 0.25])
