from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geotamper.errors import InputError
from geotamper.imagery.masks import read_mask
from geotamper.imagery.picture import Picture

Encode = Callable[..., bytes]
Save = Callable[[str, bytes], Path]


@pytest.fixture
def plain(rgb: Any) -> Picture:
    return Picture.from_array(rgb)


@pytest.fixture
def mapped(plain: Picture) -> Picture:
    return replace(plain, crs="EPSG:32632", geotransform=(5e5, 2.0, 0.0, 5e6, 0.0, -2.0))


@pytest.fixture
def mask(rgb: Any) -> Any:
    return rgb[..., 0] > 128


def test_read_mask_cuts_between_127_and_128(encode: Encode, save: Save) -> None:
    grey = np.array([[0, 127, 128, 255]], np.uint8)
    np.testing.assert_array_equal(read_mask(save("m.png", encode(grey, "PNG"))), [[False, False, True, True]])


def test_read_mask_reads_one_bit_files(mask: Any, encode: Encode, save: Save) -> None:
    for kind in ("PNG", "TIFF"):
        np.testing.assert_array_equal(read_mask(save("m", encode(Image.fromarray(mask), kind))), mask)


def test_read_mask_refuses_colour_and_labels(rgb: Any, mask: Any, encode: Encode, save: Save) -> None:
    with pytest.raises(InputError, match="coloured"):
        read_mask(save("m.png", encode(rgb, "PNG")))
    with pytest.raises(InputError, match="no value above 1"):
        read_mask(save("m.png", encode(mask.astype(np.uint8), "PNG")))
