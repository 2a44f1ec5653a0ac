import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.order import median, upper_quartile


def _samples(kind: type[np.floating]) -> list[npt.NDArray[np.floating]]:
    rng = np.random.default_rng(3)
    lengths = [*range(1, 40), 450, 451, 799, 800, 1603]
    smooth = [np.abs(rng.normal(0, 7, n)).astype(kind) for n in lengths for _ in range(5)]
    tied = [rng.integers(0, 4, n).astype(kind) for n in lengths]
    return smooth + tied


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_median_is_that_of_numpy_to_the_last_bit(kind: type[np.floating]) -> None:
    for values in _samples(kind):
        before = values.copy()
        assert median(values) == float(np.median(values))
        np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_upper_quartile_is_that_of_numpy_to_the_last_bit(kind: type[np.floating]) -> None:
    for values in _samples(kind):
        before = values.copy()
        assert upper_quartile(values) == float(np.percentile(values, 75))
        np.testing.assert_array_equal(values, before)
