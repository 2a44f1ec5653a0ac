from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from geotamper.errors import InputError, OutputError, SpecificationError
from geotamper.imagery.masks import read_mask, write_mask
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


def test_write_mask_makes_a_single_channel_png(tmp_path: Path, plain: Picture, mask: Any) -> None:
    path = write_mask(tmp_path / "new" / "source_mask", mask, like=plain)
    assert path == tmp_path / "new" / "source_mask.png"
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("PNG", "L")
        np.testing.assert_array_equal(np.asarray(image), np.where(mask, 255, 0))


def test_write_mask_makes_a_geotiff_where_the_picture_has_a_crs(
    tmp_path: Path, mapped: Picture, mask: Any
) -> None:
    path = write_mask(tmp_path / "target_mask.png", mask, like=mapped)
    assert path == tmp_path / "target_mask.tif"
    with rasterio.open(path) as source:
        assert (source.count, source.dtypes, source.crs.to_string()) == (1, ("uint8",), "EPSG:32632")
        assert source.transform.to_gdal() == mapped.geotransform
        assert source.profile["compress"] == "deflate"
        np.testing.assert_array_equal(source.read(1), np.where(mask, 255, 0))
    assert list(tmp_path.iterdir()) == [path]


def test_write_mask_makes_a_geotiff_from_wkt_without_geotransform(
    tmp_path: Path, plain: Picture, mask: Any
) -> None:
    wkt = rasterio.crs.CRS.from_epsg(32632).to_wkt()
    path = write_mask(tmp_path / "m", mask, like=replace(plain, crs=wkt))
    np.testing.assert_array_equal(read_mask(path), mask)


def test_write_mask_keeps_dots_in_names(tmp_path: Path, plain: Picture, mask: Any) -> None:
    assert write_mask(tmp_path / "scene.v2", mask, like=plain).name == "scene.v2.png"


@pytest.mark.parametrize("wrong", [np.zeros((19, 23), np.uint8), np.zeros((23, 19), bool)])
def test_write_mask_refuses_other_types_and_sizes(tmp_path: Path, plain: Picture, wrong: Any) -> None:
    with pytest.raises(SpecificationError, match=r"\(19, 23\)"):
        write_mask(tmp_path / "m", wrong, like=plain)
    assert list(tmp_path.iterdir()) == []


def test_write_mask_reports_a_place_that_cannot_be_written(save: Save, plain: Picture, mask: Any) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        write_mask(save("file", b"") / "m", mask, like=plain)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mask=hnp.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))),
    crs=st.sampled_from([None, "EPSG:32632", "EPSG:4326"]),
)
def test_masks_come_back_as_written(tmp_path: Path, mask: Any, crs: str | None) -> None:
    picture = Picture.from_array(mask.astype(np.uint8))
    place = (10.0, 0.5, 0.0, 50.0, 0.0, -0.5) if crs else None
    path = write_mask(tmp_path / "m", mask, like=replace(picture, crs=crs, geotransform=place))
    np.testing.assert_array_equal(read_mask(path), mask)


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
