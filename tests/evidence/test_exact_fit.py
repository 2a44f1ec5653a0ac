import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.exact_fit import Textured, measure, refit
from geotamper.evidence.planes import Planes
from geotamper.evidence.resampling import Resampling
from geotamper.forge.forgery import Forgery
from geotamper.imagery.kernels import LINEAR, OPENCV_CUBIC
from geotamper.imagery.region import Region, Window


def test_refit_converges_from_half_a_pixel(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    forgery = forged(case("suburb", -110.0, 1.2))
    assert forgery.transform is not None
    truth = forgery.transform.inverse().index_matrix
    start = truth.copy()
    start[:, 2] += [0.5, -0.5]
    matrix, sigma = refit(
        planes(case("suburb", -110.0, 1.2)),
        Region.cut(Window(0, 0, 256, 256), forgery.target_mask),
        start,
        Resampling(LINEAR),
        softness=3.0,
        seed=0,
    )
    assert np.abs((matrix - truth) @ [190, 70, 1]).max() < 0.02
    assert math.isfinite(sigma)


def test_measure_counts_every_textured_pixel_by_its_weight(noise: npt.NDArray[np.uint8]) -> None:
    pixels = np.hstack([noise, noise])
    rows, columns = np.mgrid[20:40, 20:40]
    wrong = (rows + columns) % 4 == 0
    pixels[20:40, 20:40][wrong] ^= 128
    planes = Planes.of(pixels)
    region = Region.cut(Window(20, 20, 40, 40), np.ones((20, 20), bool))
    matrix = np.array([[1.0, 0, 120], [0, 1, 0]])
    share, residual, information = measure(planes, region, matrix, Resampling(LINEAR), seed=0)
    weight = np.minimum(np.log(planes.colour_range[20:40, 20:40] / 3), 2)
    assert information == pytest.approx(weight.sum(), rel=1e-5)
    assert share == pytest.approx(weight[~wrong].sum() / weight.sum(), rel=1e-5)
    assert residual < 128


def test_measure_says_nothing_of_flat_regions() -> None:
    planes = Planes.of(np.full((64, 64, 3), 200, np.uint8))
    region = Region.cut(Window(5, 5, 25, 25), np.ones((20, 20), bool))
    share, residual, information = measure(
        planes, region, np.array([[1.0, 0, 30], [0, 1, 30]]), Resampling(LINEAR), seed=0
    )
    assert (share, information) == (0, 0)
    assert residual > 10


def test_textured_measures_every_kernel_on_the_same_pixels(noise: npt.NDArray[np.uint8]) -> None:
    planes = Planes.of(np.hstack([noise, noise]))
    region = Region.cut(Window(10, 10, 60, 60), np.ones((50, 50), bool))
    matrix = np.array([[1.0, 0, 120.3], [0, 1, 0]])
    chosen = Textured.of(planes, region, 0)
    for kernel in (LINEAR, OPENCV_CUBIC):
        how = Resampling(kernel)
        assert chosen.measure(planes, matrix, how) == measure(planes, region, matrix, how, seed=0)
