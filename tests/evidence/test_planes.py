import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from geotamper.evidence.planes import Planes

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def views(noise: Pixels) -> Planes:
    return Planes.of(noise)


@pytest.fixture(scope="module")
def luma(noise: Pixels) -> Floats:
    red, green, blue = noise.astype(np.float64).transpose(2, 0, 1)
    return np.asarray(0.299 * red + 0.587 * green + 0.114 * blue)


def _range(plane: Floats) -> Floats:
    """Largest minus smallest of each pixel and the neighbours that it has."""
    height, width = plane.shape
    out = np.empty_like(plane)
    for y in range(height):
        for x in range(width):
            around = plane[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
            out[y, x] = around.max() - around.min()
    return out


def test_planes_keep_the_picture(views: Planes, noise: Pixels) -> None:
    assert (views.height, views.width) == noise.shape[:2]
    np.testing.assert_array_equal(views.pixels, noise)
    np.testing.assert_array_equal(views.colour, noise.astype(np.float32))


def test_planes_grey_is_luma_with_its_fractions(views: Planes, luma: Floats) -> None:
    np.testing.assert_allclose(views.grey, luma, atol=1e-3)
    assert np.abs(views.grey - np.rint(views.grey)).max() > 0.4


def test_planes_gradients_are_grey_levels_per_pixel() -> None:
    y, x = np.mgrid[:20, :30]
    ramp = np.repeat((3 * x + 5 * y)[..., None], 3, axis=2).astype(np.uint8)
    views = Planes.of(ramp)
    np.testing.assert_allclose(views.gradient_x[1:-1, 1:-1], 3, atol=1e-4)
    np.testing.assert_allclose(views.gradient_y[1:-1, 1:-1], 5, atol=1e-4)


def test_planes_gradients_weigh_neighbours_as_scharr(views: Planes, luma: Floats) -> None:
    smooth, slope = np.array([3, 10, 3]) / 16, np.array([-1, 0, 1]) / 2
    for axis, found in ((1, views.gradient_x), (0, views.gradient_y)):
        wanted = ndimage.correlate1d(luma, slope, axis=axis, mode="mirror")
        wanted = ndimage.correlate1d(wanted, smooth, axis=1 - axis, mode="mirror")
        np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_planes_ranges_span_the_neighbourhood(views: Planes, noise: Pixels, luma: Floats) -> None:
    np.testing.assert_allclose(views.grey_range, _range(luma), atol=1e-3)
    channels = [_range(noise[..., c].astype(np.float64)) for c in range(3)]
    np.testing.assert_array_equal(views.colour_range, np.maximum.reduce(channels))


def test_planes_activity_is_the_mean_high_pass(views: Planes, luma: Floats) -> None:
    high = np.abs(luma - ndimage.gaussian_filter(luma, 1.5, mode="mirror", radius=6))
    wanted = ndimage.uniform_filter(high, 7, mode="mirror")
    np.testing.assert_allclose(views.activity, wanted, atol=0.02)


def test_planes_of_a_flat_picture_show_nothing() -> None:
    views = Planes.of(np.full((16, 9, 3), 77, np.uint8))
    for plane in (views.gradient_x, views.gradient_y, views.grey_range, views.colour_range, views.activity):
        np.testing.assert_allclose(plane, 0, atol=1e-3)
