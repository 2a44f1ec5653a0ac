import hashlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geotamper.errors import InputError
from geotamper.imagery.picture import Picture


def test_from_array_keeps_pixels_and_digests_their_bytes(rgb: Any) -> None:
    picture = Picture.from_array(rgb)
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert (picture.width, picture.height, picture.bands, picture.dtype) == (23, 19, 3, "uint8")
    assert picture.sha256 == hashlib.sha256(rgb.tobytes()).hexdigest()
    assert (picture.path, picture.crs, picture.geotransform, picture.pixel_area_m2) == (None,) * 4


def test_from_array_repeats_grey(rgb: Any) -> None:
    picture = Picture.from_array(rgb[..., 1])
    assert picture.bands == 1
    np.testing.assert_array_equal(picture.pixels, np.dstack([rgb[..., 1]] * 3))


def test_from_array_makes_strided_input_contiguous(rgb: Any) -> None:
    picture = Picture.from_array(rgb[:, ::-1])
    assert picture.pixels.flags.c_contiguous
    np.testing.assert_array_equal(picture.pixels, rgb[:, ::-1])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros((4, 4, 3), np.float32), "float32"),
        (np.zeros((4, 4, 3), np.uint16), "uint16"),
        (np.zeros((4, 4, 4), np.uint8), "(4, 4, 4)"),
        (np.zeros((3,), np.uint8), "(3,)"),
        (np.zeros((0, 4, 3), np.uint8), "(0, 4, 3)"),
        (np.zeros((4, 0), np.uint8), "(4, 0)"),
        ([[1, 2]], "list"),
    ],
)
def test_from_array_refuses_others_by_name(given: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Picture.from_array(given)
    assert words in str(caught.value)
    assert "expected" in str(caught.value)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "1", "CMYK"])
def test_from_pil_agrees_with_pillows_own_conversion(rgb: Any, mode: str) -> None:
    image = Image.fromarray(rgb).convert(mode)
    np.testing.assert_array_equal(Picture.from_pil(image).pixels, np.asarray(image.convert("RGB")))


def test_from_pil_expands_a_palette(rgb: Any) -> None:
    image = Image.fromarray(rgb).quantize(16)
    picture = Picture.from_pil(image)
    assert picture.bands == 1
    np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize(
    "given", [Image.new("F", (3, 3)), Image.new("I;16", (3, 3)), Image.new("RGB", (0, 3)), "x"]
)
def test_from_pil_refuses_deep_empty_and_foreign(given: Any) -> None:
    with pytest.raises(InputError, match="expected"):
        Picture.from_pil(given)
