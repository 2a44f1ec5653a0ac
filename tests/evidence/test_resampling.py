from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from PIL import Image
from rasterio.warp import Resampling as GdalResampling
from rasterio.warp import reproject
from skimage import transform as skimage_transform

from geotamper.evidence.planes import Planes
from geotamper.evidence.resampling import Resampling, residual, sample
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
    Kernel,
)
from geotamper.imagery.region import Window

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

OPENCV = [
    (NEAREST, cv2.INTER_NEAREST),
    (LINEAR, cv2.INTER_LINEAR),
    (OPENCV_CUBIC, cv2.INTER_CUBIC),
    (LANCZOS4, cv2.INTER_LANCZOS4),
]
PILLOW = [
    (LINEAR_ANTIALIASED, Image.Resampling.BILINEAR),
    (KEYS_ANTIALIASED, Image.Resampling.BICUBIC),
    (LANCZOS3_ANTIALIASED, Image.Resampling.LANCZOS),
]
GDAL = [
    (LINEAR, GdalResampling.bilinear),
    (KEYS_CUBIC, GdalResampling.cubic),
    (LANCZOS3, GdalResampling.lanczos),
]


def _named(value: object) -> str:
    return value.name if isinstance(value, Kernel) else ""


@pytest.fixture(scope="module")
def points() -> tuple[Floats, Floats]:
    """Places inside 120 x 90 pixels at whole 32nds, to which OpenCV cuts them, and away from ties."""
    rng = np.random.default_rng(6)
    x = rng.integers(8 * 32, 110 * 32, 4000) / 32
    y = rng.integers(8 * 32, 80 * 32, 4000) / 32
    untied = (x % 1 != 0.5) & (y % 1 != 0.5)
    return x[untied], y[untied]


def _sampled(pixels: Pixels, x: Floats, y: Floats, how: Resampling) -> Floats:
    return np.asarray(sample(pixels.astype(np.float32), x, y, how), np.float64)


@pytest.mark.parametrize(("kernel", "flag"), OPENCV, ids=_named)
def test_sample_agrees_with_opencv_remap(
    noise: Pixels, points: tuple[Floats, Floats], kernel: Kernel, flag: int
) -> None:
    x, y = points
    wanted = cv2.remap(noise.astype(np.float32), x.astype(np.float32)[None], y.astype(np.float32)[None], flag)
    found = _sampled(noise, x, y, Resampling(kernel))
    np.testing.assert_allclose(found, np.clip(wanted[0], 0, 255), atol=0.02)


@pytest.mark.parametrize(("kernel", "flag"), OPENCV, ids=_named)
def test_sample_predicts_what_opencv_warps(noise: Pixels, kernel: Kernel, flag: int) -> None:
    angle, scale = np.radians(33), 0.9
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    back = np.array([[a, b, 20.3], [-b, a, 33.7]])
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.5), np.uint8)
    warped = cv2.warpAffine(smooth, back, (60, 40), flags=flag | cv2.WARP_INVERSE_MAP)
    rows, columns = np.mgrid[:40, :60]
    x, y = back[:, :2] @ np.stack([columns.ravel(), rows.ravel()]) + back[:, 2:]
    inside = (x > 6) & (x < 113) & (y > 6) & (y < 83)
    assert np.count_nonzero(inside) > 1500
    error = np.abs(_sampled(smooth, x, y, Resampling(kernel)) - warped.reshape(-1, 3))[inside]
    # rounding, and coordinates cut to 1/32 pixel; the nearest pixel may fall to the other side of a tie
    assert np.percentile(error, 97) < 1.0
    others = [_sampled(smooth, x, y, Resampling(k)) for k, _ in OPENCV if k is not kernel]
    for other in others:
        assert np.abs(other - warped.reshape(-1, 3))[inside].mean() > 1.2 * error.mean()


@pytest.mark.parametrize(("kernel", "method"), PILLOW, ids=_named)
@pytest.mark.parametrize(("width", "height"), [(120, 90), (84, 63), (60, 45), (180, 135)])
def test_sample_agrees_with_pillow_resize(
    noise: Pixels, kernel: Kernel, method: Image.Resampling, width: int, height: int
) -> None:
    # of middling contrast: between its two passes Pillow clips to 0..255, which one kernel cannot do
    pixels = noise // 3 + np.uint8(85)
    resized = np.asarray(Image.fromarray(pixels).resize((width, height), method))
    ratio = 120 / width
    rows, columns = np.mgrid[:height, :width]
    x, y = (columns.ravel() + 0.5) * ratio - 0.5, (rows.ravel() + 0.5) * ratio - 0.5
    found = _sampled(pixels, x, y, Resampling(kernel, max(1.0, ratio)))
    # Pillow leaves out what lies beyond the frame, the sampler repeats the border
    inside = (x > 8) & (x < 111) & (y > 8) & (y < 81)
    # two passes, each rounded to whole levels
    assert np.abs(found - resized.reshape(-1, 3))[inside].max() <= 1.6


def _skimage(pixels: Pixels, x: Floats, y: Floats, order: int) -> Floats:
    warp: Any = skimage_transform.warp
    channels = [
        warp(
            pixels[..., c].astype(np.float64),
            np.stack([y, x])[:, None],
            order=order,
            mode="reflect",
            clip=False,
        )
        for c in range(3)
    ]
    return np.stack([channel[0] for channel in channels], axis=-1)


@pytest.mark.parametrize(("kernel", "order"), [(NEAREST, 0), (LINEAR, 1), (CUBIC_SPLINE, 3)], ids=_named)
def test_sample_agrees_with_scikit_image(
    noise: Pixels, points: tuple[Floats, Floats], kernel: Kernel, order: int
) -> None:
    x, y = points
    wanted = np.clip(_skimage(noise, x, y, order), 0, 255)
    # the spline reaches over the whole picture and is cut after seven pixels
    np.testing.assert_allclose(_sampled(noise, x, y, Resampling(kernel)), wanted, atol=0.15)


@pytest.mark.parametrize(("kernel", "method"), GDAL, ids=_named)
def test_sample_agrees_with_gdal(noise: Pixels, kernel: Kernel, method: GdalResampling) -> None:
    channel = noise[..., 0].astype(np.float32)
    out = np.zeros((100, 150), np.float32)
    step, x0, y0 = 0.6, 12.3, 11.1
    reproject(
        channel,
        out,
        src_transform=rasterio.Affine.identity(),
        dst_transform=rasterio.Affine(step, 0, x0, 0, step, y0),
        src_crs="EPSG:3857",
        dst_crs="EPSG:3857",
        resampling=method,
    )
    rows, columns = np.mgrid[:100, :150]
    x, y = x0 + step * (columns.ravel() + 0.5) - 0.5, y0 + step * (rows.ravel() + 0.5) - 0.5
    found = sample(channel[..., None], x, y, Resampling(kernel))[:, 0]
    np.testing.assert_allclose(found, np.clip(out.ravel(), 0, 255), atol=0.05)


@pytest.mark.parametrize("widening", [1.0, 1.7, 2.0])
@pytest.mark.parametrize("kernel", KERNELS, ids=_named)
def test_sample_of_a_flat_picture_is_flat(kernel: Kernel, widening: float) -> None:
    flat = np.full((30, 30, 1), 100, np.float32)
    rng = np.random.default_rng(2)
    # beyond the frame the border is repeated
    x, y = rng.uniform(-3, 33, (2, 500))
    values = sample(flat, x, y, Resampling(kernel, widening))
    np.testing.assert_allclose(values, 100 - kernel.bias, atol=1e-3)


@pytest.mark.parametrize("kernel", KERNELS, ids=_named)
def test_sample_gives_back_the_pixels(noise: Pixels, kernel: Kernel) -> None:
    rows, columns = np.mgrid[:90, :120].astype(np.float64)
    values = sample(noise.astype(np.float32), columns.ravel(), rows.ravel(), Resampling(kernel))
    expected = np.clip(noise.reshape(-1, 3) - kernel.bias, 0.0, 255.0)
    np.testing.assert_allclose(values, expected, atol=0.3)


@pytest.mark.parametrize("how", [Resampling(k) for k in KERNELS] + [Resampling(KEYS_ANTIALIASED, 1.6)])
def test_residual_is_the_largest_difference_from_the_sample(noise: Pixels, how: Resampling) -> None:
    planes = Planes.of(noise)
    matrix = np.array([[0.9037, 0.4119, 5.0123], [-0.4119, 0.9037, 30.0171]])  # no ties
    window = Window(7, 3, 71, 60)
    found = residual(planes, matrix, window, how)
    rows, columns = np.mgrid[window.y0 : window.y1, window.x0 : window.x1]
    x, y = matrix[:, :2] @ np.stack([columns.ravel(), rows.ravel()]) + matrix[:, 2:]
    predicted = sample(planes.colour, x, y, how).reshape(*window.shape, 3)
    difference = np.abs(noise[window.slices] - np.clip(predicted, 0, 255)).max(axis=2)
    x, y = x.reshape(window.shape), y.reshape(window.shape)
    blind = (x < 0) | (y < 0) | (x > 119) | (y > 89)
    blind |= np.hypot(x - columns, y - rows) < 8  # neighbours resemble each other
    assert 0.05 < blind.mean() < 0.8
    assert (found[blind] == 99).all()
    np.testing.assert_allclose(found[~blind], difference[~blind], atol=how.kernel.bias + 1e-2)


def test_residual_of_a_repeated_picture_is_zero(noise: Pixels) -> None:
    planes = Planes.of(np.hstack([noise, noise]))
    matrix = np.array([[1.0, 0.0, 120.0], [0.0, 1.0, 0.0]])
    error = residual(planes, matrix, Window(0, 0, 120, 90), Resampling(LINEAR))
    np.testing.assert_allclose(error, 0, atol=1e-4)
