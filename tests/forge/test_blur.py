from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.forge.blur import BlurParameters, blur_region, gaussian, mosaic, oil_painting
from geotamper.forge.forgery import BlurMethod

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]
Textured = Callable[[int, tuple[int, int]], Pixels]
Ellipse = Callable[[tuple[int, int], tuple[float, float], tuple[float, float]], BoolMask]

WAYS = [
    BlurParameters("gaussian", 2.7),
    BlurParameters("mosaic", 7),
    BlurParameters("oil", 3, oil_bins=6),
]


@settings(max_examples=30)
@given(way=st.sampled_from(WAYS), x=st.floats(0, 90), y=st.floats(0, 70), seed=st.integers(0, 2**32 - 1))
def test_only_the_object_changes(
    textured: Textured, ellipse: Ellipse, way: BlurParameters, x: float, y: float, seed: int
) -> None:
    pixels = textured(seed, (70, 90))
    mask = ellipse((70, 90), (x, y), (12, 9))
    before = pixels.copy()
    forgery = blur_region(pixels, mask, way, object_class="Ship")
    np.testing.assert_array_equal(pixels, before)
    np.testing.assert_array_equal(forgery.pixels[~mask], before[~mask])
    assert (forgery.pixels[mask] != before[mask]).mean() > 0.5
    np.testing.assert_array_equal(forgery.source_mask, forgery.target_mask)
    assert (forgery.kind, forgery.blur_method, forgery.blur_strength) == ("blur", way.method, way.strength)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.method)
def test_object_takes_the_values_of_the_wholly_blurred_picture(
    textured: Textured, way: BlurParameters
) -> None:
    pixels = textured(3, (70, 84))
    mask = np.zeros((70, 84), dtype=np.bool_)
    mask[21:50, 28:60] = True  # the box starts on the lattice of a mosaic of the whole picture
    mask[30, 60:63] = True
    whole = {
        "gaussian": lambda: gaussian(pixels, way.strength),
        "mosaic": lambda: mosaic(pixels, int(way.strength)),
        "oil": lambda: oil_painting(pixels, int(way.strength), way.oil_bins),
    }[way.method]()
    forgery = blur_region(pixels, mask, way)
    inner = mask.copy()
    inner[49:] = False  # the last row of blocks is cut off by the box of the object
    inner[:, 56:] = False
    np.testing.assert_array_equal(forgery.pixels[inner], whole[inner])


def test_gaussian_agrees_with_a_slow_sum(textured: Textured) -> None:
    pixels = textured(4, (41, 41))
    sigma = 2.3
    y, x = np.mgrid[0:41, 0:41] - 20
    weight = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    wanted = (pixels * weight[..., np.newaxis]).sum(axis=(0, 1)) / weight.sum()
    assert np.abs(gaussian(pixels, sigma)[20, 20] - wanted).max() <= 1


@given(block=st.integers(2, 12), height=st.integers(1, 30), width=st.integers(1, 30))
def test_mosaic_blocks_have_their_mean_colour(
    textured: Textured, block: int, height: int, width: int
) -> None:
    pixels = textured(block, (height, width))
    result = mosaic(pixels, block)
    assert result.shape == pixels.shape
    for top in range(0, height, block):
        for left in range(0, width, block):
            square = (slice(top, top + block), slice(left, left + block))
            mean = np.rint(pixels[square].mean(axis=(0, 1)))
            assert (result[square] == mean).all()


@settings(max_examples=15)
@given(radius=st.integers(1, 4), bins=st.integers(2, 10), seed=st.integers(0, 2**32 - 1))
def test_oil_painting_agrees_with_a_slow_count(textured: Textured, radius: int, bins: int, seed: int) -> None:
    pixels = textured(seed, (13, 15))
    level = pixels.astype(int).sum(axis=2) * bins // 766
    result = oil_painting(pixels, radius, bins)
    for row in range(13):
        for column in range(15):
            around = (
                slice(max(0, row - radius), row + radius + 1),
                slice(max(0, column - radius), column + radius + 1),
            )
            most = np.bincount(level[around].ravel()).argmax()
            mean = pixels[around][level[around] == most].mean(axis=0)
            assert np.abs(result[row, column] - mean).max() <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("method", "strength", "bins"),
    [("gaussian", 0.0, 8), ("mosaic", 1.0, 8), ("mosaic", 6.5, 8), ("oil", 0.0, 8), ("oil", 3.0, 1)],
)
def test_parameters_out_of_range_are_refused(method: BlurMethod, strength: float, bins: int) -> None:
    with pytest.raises(SpecificationError):
        BlurParameters(method, strength, bins)


def test_unknown_method_lists_the_known_ones() -> None:
    with pytest.raises(SpecificationError, match="gaussian, mosaic or oil"):
        BlurParameters("median", 3.0)  # type: ignore[arg-type]
