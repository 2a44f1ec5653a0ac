import sys

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.errors import SpecificationError
from geotamper.forge.interpolation import INTERPOLATIONS, interpolation
from geotamper.imagery.similarity import Similarity

Floats = npt.NDArray[np.float64]
SHAPE = (90, 110)
TRANSFORMS = {
    "turned": Similarity.from_parameters(rotation_deg=33, centre=(55, 45), image_of_centre=(40.3, 39.6)),
    "shrunk": Similarity.from_parameters(scale=0.61, centre=(55, 45), image_of_centre=(25.3, 22.6)),
    "grown": Similarity.from_parameters(scale=1.37, centre=(55, 45), image_of_centre=(25.3, 22.6)),
    "both": Similarity.from_parameters(
        rotation_deg=-121, scale=0.8, centre=(55, 45), image_of_centre=(40.3, 39.6)
    ),
    "shifted": Similarity(1.0, 0.0, -30.75, -20.375),
}
WINDOW = (46, 52)


def _waves(x: Floats, y: Floats) -> Floats:
    """A smooth picture known at every point, one wave per channel."""
    return np.stack([128 + 90 * np.sin(x / 9 + k) * np.cos(y / (8 + k)) for k in range(3)], axis=-1)


def _centres(shape: tuple[int, int]) -> tuple[Floats, Floats]:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    return x, y


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS.keys())
@pytest.mark.parametrize("name", INTERPOLATIONS)
def test_warp_follows_the_transform_to_a_fraction_of_a_pixel(name: str, transform: Similarity) -> None:
    x, y = _centres(SHAPE)
    pixels = np.rint(_waves(x, y)).astype(np.uint8)
    warped = interpolation(name).warp(pixels, transform, WINDOW).astype(float)

    u, v = _centres(WINDOW)
    back = transform.inverse().apply(np.stack([u, v], axis=-1))
    sx, sy = back[..., 0], back[..., 1]
    inner = (sx > 6) & (sx < SHAPE[1] - 6) & (sy > 6) & (sy < SHAPE[0] - 6)
    assert np.count_nonzero(inner) > 800
    wanted = _waves(sx, sy)
    error = (warped - wanted)[inner].ravel()
    step = 0.01
    slopes = [(_waves(sx + step, sy) - wanted) / step, (_waves(sx, sy + step) - wanted) / step]
    design = np.stack([slope[inner].ravel() for slope in slopes], axis=-1)
    shift = np.linalg.lstsq(design, error, rcond=None)[0]

    # Pixels of the source; a mix-up of conventions gives half a pixel. A cubic with a = -0.75 or -1 moves a
    # picture shifted by a fixed fraction by some hundredths, nearest by up to half a pixel.
    fixed_fraction = name == "opencv-nearest" and transform is TRANSFORMS["shifted"]
    assert np.abs(shift).max() < (0.5 if fixed_fraction else 0.1)
    assert np.abs(error).mean() < (4.0 if name == "opencv-nearest" else 1.5)


@pytest.mark.parametrize("name", INTERPOLATIONS)
def test_warp_gives_the_asked_shape_and_type(name: str) -> None:
    pixels = np.zeros((40, 50, 3), dtype=np.uint8)
    warped = interpolation(name).warp(pixels, TRANSFORMS["both"], (7, 13))
    assert warped.shape == (7, 13, 3)
    assert warped.dtype == np.uint8


@pytest.mark.parametrize("name", INTERPOLATIONS)
def test_warp_keeps_a_flat_picture_flat(name: str) -> None:
    pixels = np.full((120, 120, 3), (10, 200, 77), dtype=np.uint8)
    transform = Similarity.from_parameters(
        rotation_deg=20, scale=0.9, centre=(60, 60), image_of_centre=(20, 20)
    )
    warped = interpolation(name).warp(pixels, transform, (40, 40)).astype(int)
    assert np.abs(warped - (10, 200, 77)).max() <= 1


def test_linear_agrees_with_arithmetic() -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)
    transform = Similarity.from_parameters(
        rotation_deg=25, scale=1.2, centre=(30, 30), image_of_centre=(15, 15)
    )
    warped = interpolation("opencv-linear").warp(pixels, transform, (30, 30)).astype(float)
    for row, column in ((3, 4), (15, 15), (22, 9)):
        x, y = transform.inverse().apply((column + 0.5, row + 0.5)) - 0.5
        i, j = int(np.floor(y)), int(np.floor(x))
        p, q = y - i, x - j
        block = pixels[i : i + 2, j : j + 2].astype(float)
        wanted = (1 - p) * ((1 - q) * block[0, 0] + q * block[0, 1])
        wanted += p * ((1 - q) * block[1, 0] + q * block[1, 1])
        assert np.abs(warped[row, column] - wanted).max() < 9  # OpenCV may round positions to 1/32 pixel


def test_nearest_turns_a_quarter_exactly() -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    quarter = Similarity(0.0, 1.0, 0.0, 20.0)
    warped = interpolation("opencv-nearest").warp(pixels, quarter, (20, 20))
    np.testing.assert_array_equal(warped, np.rot90(pixels))


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(SpecificationError, match="opencv-linear"):
        interpolation("bilinear")


def test_missing_scikit_image_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(SpecificationError, match="pip install scikit-image"):
        interpolation("skimage-spline3").warp(
            np.zeros((8, 8, 3), np.uint8), Similarity(1.0, 0.0, 0.5, 0.0), (8, 8)
        )
