import numpy as np
import pytest

from geotamper.errors import GeotamperError
from geotamper.evidence.prior.network import PIXEL_LABELS, WINDOW, TamperPrior
from geotamper.evidence.prior.planes import PLANES
from geotamper.weights import PackagedWeights


def random_planes(rows: int, columns: int) -> np.ndarray:
    values = np.random.default_rng(7).normal(size=(len(PLANES), rows, columns))
    return values.astype(np.float32)


@pytest.mark.parametrize("shape", [(WINDOW, WINDOW), (40, 300), (17, 9), (WINDOW + 1, 60)])
def test_map_of_covers_pictures_of_any_size(shape: tuple[int, int]) -> None:
    found = TamperPrior().map_of(random_planes(*shape)).log_probabilities
    assert found.shape == (len(PIXEL_LABELS), *shape)
    assert np.exp(found).sum(axis=0) == pytest.approx(np.ones(shape), abs=1e-4)


def test_map_of_a_large_picture_has_no_seams() -> None:
    given = random_planes(64, WINDOW + 100)
    whole = TamperPrior().map_of(given).log_probabilities
    moved = TamperPrior().map_of(np.ascontiguousarray(given[:, :, 100:])).log_probabilities
    # far from where either was cut, both see the same ground
    difference = np.abs(whole[:, :, 200:] - moved[:, :, 100:])
    assert np.median(difference) < 0.1


def test_map_of_is_the_same_every_time() -> None:
    given = random_planes(60, 70)
    first, second = (TamperPrior().map_of(given).log_probabilities for _ in range(2))
    assert np.array_equal(first, second)


def test_judge_without_its_weights_says_what_to_do() -> None:
    prior = TamperPrior(PackagedWeights("none.onnx", "Apache-2.0"))
    with pytest.raises(GeotamperError, match="install geotamper again"):
        prior.map_of(random_planes(8, 8))
