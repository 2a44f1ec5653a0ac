from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from rasterio.transform import Affine

from geotamper.imagery.reading import read_picture

Encode = Callable[..., bytes]
Save = Callable[[str, bytes], Path]
_IDENTITY = Affine.identity()


def test_read_picture_gives_crs_geotransform_and_area(rgb: Any, encode_tiff: Encode, save: Save) -> None:
    content = encode_tiff(np.moveaxis(rgb, -1, 0), crs="EPSG:32632")
    picture = read_picture(save("a.tif", content))
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert (picture.crs, picture.geotransform) == ("EPSG:32632", (500_000, 10, 0, 5_000_000, 0, -10))
    assert picture.pixel_area_m2 == pytest.approx(100)


@pytest.mark.parametrize(
    "options",
    [
        {"compress": "lzw"},
        {"compress": "deflate", "predictor": 2},
        {"tiled": True, "blockxsize": 16, "blockysize": 16},
        {"interleave": "band"},
        {"BIGTIFF": "YES"},
        {"ENDIANNESS": "BIG"},
    ],
)
def test_read_picture_reads_every_layout(
    rgb: Any, encode_tiff: Encode, save: Save, options: dict[str, Any]
) -> None:
    picture = read_picture(save("a.tif", encode_tiff(np.moveaxis(rgb, -1, 0), **options)))
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert (picture.crs, picture.pixel_area_m2) == (None, None)


def test_read_picture_follows_the_named_order_of_bands(rgb: Any, encode_tiff: Encode, save: Save) -> None:
    roles = (ColorInterp.blue, ColorInterp.green, ColorInterp.red)
    content = encode_tiff(np.moveaxis(rgb[..., ::-1], -1, 0), colorinterp=roles, photometric="minisblack")
    np.testing.assert_array_equal(read_picture(save("a.tif", content)).pixels, rgb)


def test_read_picture_notes_bands_without_names(rgb: Any, encode_tiff: Encode, save: Save) -> None:
    picture = read_picture(save("a.tif", encode_tiff(np.moveaxis(rgb, -1, 0), photometric="minisblack")))
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert any("taken as red, green, blue" in note for note in picture.notes)


@pytest.mark.parametrize(("bits", "highest"), [(1, 1), (2, 3), (4, 15)])
def test_read_picture_scales_few_bits_to_the_whole_range(
    encode_tiff: Encode, save: Save, bits: int, highest: int
) -> None:
    levels = np.arange(highest + 1, dtype=np.uint8)[np.newaxis, np.newaxis]
    picture = read_picture(save("a.tif", encode_tiff(levels, nbits=bits)))
    np.testing.assert_array_equal(picture.pixels[0, :, 1], levels[0, 0].astype(int) * 255 // highest)


@pytest.mark.parametrize("bits", [1, 4, 8])
def test_read_picture_reads_grey_stored_upside_down(encode_tiff: Encode, save: Save, bits: int) -> None:
    stored = np.array([[[0, 1]]], np.uint8) * np.uint8(2**bits - 1)
    picture = read_picture(save("a.tif", encode_tiff(stored, nbits=bits, photometric="miniswhite")))
    np.testing.assert_array_equal(picture.pixels[0, :, 0], [255, 0])


def test_read_picture_keeps_nodata_pixels_with_a_note(rgb: Any, encode_tiff: Encode, save: Save) -> None:
    picture = read_picture(save("a.tif", encode_tiff(np.moveaxis(rgb, -1, 0), nodata=255)))
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert any("nodata value 255" in note for note in picture.notes)


def test_read_picture_marks_pixels_where_all_bands_are_nodata(encode_tiff: Encode, save: Save) -> None:
    bands = np.full((3, 4, 5), 9, np.uint8)
    bands[:, 1, 2] = 0
    bands[0, 3, 3] = 0
    picture = read_picture(save("a.tif", encode_tiff(bands, nodata=0)))
    assert np.argwhere(~np.asarray(picture.valid)).tolist() == [[1, 2]]


def test_read_picture_does_not_turn_georeferenced_pictures(rgb: Any, encode: Encode, save: Save) -> None:
    path = save("a.tif", encode(rgb, "TIFF", tiffinfo={274: 6}))
    save("a.tfw", b"2\n0\n0\n-2\n101\n199\n")
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert any("orientation tag is not followed" in note for note in picture.notes)


def test_read_picture_notes_control_points(rgb: Any, encode_tiff: Encode, save: Save) -> None:
    points = [
        GroundControlPoint(0, 0, 10, 50),
        GroundControlPoint(0, 9, 11, 50),
        GroundControlPoint(9, 0, 10, 49),
    ]
    content = encode_tiff(np.moveaxis(rgb, -1, 0), gcps=points, crs="EPSG:4326", transform=None)
    picture = read_picture(save("a.tif", content))
    assert picture.geotransform is None
    assert any("control points" in note for note in picture.notes)


def test_read_picture_uses_a_world_file(rgb: Any, encode: Encode, save: Save) -> None:
    path = save("a.tif", encode(rgb, "TIFF"))
    save("a.tfw", b"2\n0\n0\n-2\n101\n199\n")
    assert read_picture(path).geotransform == (100, 2, 0, 200, 0, -2)


def test_read_picture_has_no_geotransform_without_georeference(rgb: Any, encode: Encode, save: Save) -> None:
    picture = read_picture(save("a.tif", encode(rgb, "TIFF")))
    assert (picture.crs, picture.geotransform, picture.pixel_area_m2) == (None, None, None)


def test_read_picture_leaves_no_files_behind(rgb: Any, encode_tiff: Encode, save: Save) -> None:
    path = save("a.tif", encode_tiff(np.moveaxis(rgb, -1, 0), crs="EPSG:32632"))
    read_picture(path)
    assert list(path.parent.iterdir()) == [path]


_SHARED = {
    "colorado_ortho_15cm_rgb_epsg26913.tif": ("EPSG:26913", 0.0225),
    "colorado_ortho_15cm_jpeg_cog_epsg26913.tif": ("EPSG:26913", 0.0225),
    "landsat7_bahamas_rgb_epsg32618.tif": ("EPSG:32618", 90_000),
    "neon_sjer_10cm_rgb_epsg32611.tif": ("EPSG:32611", 0.01),
    "poznan_drone_2cm_rgba_epsg32633.tif": ("EPSG:32633", 0.0004),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(_SHARED))
def test_read_picture_reads_real_geotiffs(shared: Path, name: str) -> None:
    crs, area = _SHARED[name]
    picture = read_picture(shared / "geotiff" / name)
    assert picture.crs == crs
    assert picture.pixel_area_m2 == pytest.approx(area, rel=0.01)
    assert picture.pixels.std() > 5


@pytest.mark.shared
def test_read_picture_reads_one_bit_labels_as_black_and_white(shared: Path) -> None:
    picture = read_picture(shared / "native/WHU_Building/train/label/1.tif")
    assert set(np.unique(picture.pixels)) == {0, 255}
