"""Rasters in windows: every kind of file, equal to the whole, within memory."""

import pickle
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import Affine

from geotamper.errors import InputError, SpecificationError
from geotamper.imagery.area import Area
from geotamper.imagery.raster import Raster, open_raster
from geotamper.imagery.read_options import ReadOptions
from geotamper.imagery.reading import read_picture, read_size
from geotamper.imagery.region import Window

Encode = Callable[..., bytes]
Save = Callable[[str, bytes], Path]


def _whole(raster: Raster) -> Window:
    return Window(0, 0, raster.width, raster.height)


_LAYOUTS: dict[str, dict[str, Any]] = {
    "strips": {"compress": "lzw", "blockysize": 4},
    "tiles": {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "deflate"},
    "planes": {"interleave": "band"},
    "big": {"BIGTIFF": "YES"},
}


@pytest.mark.parametrize("layout", sorted(_LAYOUTS))
def test_read_gives_the_same_in_windows_as_in_one_piece(
    rgb: Any, encode_tiff: Encode, save: Save, layout: str
) -> None:
    path = save("a.tif", encode_tiff(np.moveaxis(rgb, -1, 0), **_LAYOUTS[layout]))
    with open_raster(path) as raster:
        for window in (Window(0, 0, 5, 7), Window(3, 2, 23, 19), Window(22, 18, 23, 19), _whole(raster)):
            block = raster.read(window)
            np.testing.assert_array_equal(block.pixels, rgb[window.slices])
            assert block.valid.all()
        assert (raster.width, raster.height, raster.bands, raster.dtype) == (23, 19, 3, "uint8")
        assert raster.sha256 == read_picture(path).sha256


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), tag=st.integers(1, 8))
def test_read_turns_windows_like_the_whole(tmp_path: Path, rgb: Any, data: Any, tag: int) -> None:
    path = tmp_path / f"{tag}.tif"
    if not path.exists():
        Image.fromarray(rgb).save(path, tiffinfo={274: tag})
    whole = read_picture(path).pixels
    height, width = whole.shape[:2]
    x0, y0 = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    x1, y1 = data.draw(st.integers(x0 + 1, width)), data.draw(st.integers(y0 + 1, height))
    with open_raster(path) as raster:
        np.testing.assert_array_equal(raster.read(Window(x0, y0, x1, y1)).pixels, whole[y0:y1, x0:x1])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_open_raster_decodes_other_formats_once_and_removes_the_copy(
    rgb: Any, encode: Encode, save: Save, kind: str
) -> None:
    options = {"lossless": True} if kind == "WEBP" else {"subsampling": 0} if kind == "JPEG" else {}
    path = save("a", encode(rgb, kind, **options))
    with open_raster(path) as raster:
        copy = raster.spec.copy
        assert copy is not None
        assert copy.is_file()
        np.testing.assert_allclose(
            raster.read(_whole(raster)).pixels.astype(int), read_picture(path).pixels, atol=2
        )
        with raster.spec.open() as again:
            assert again.read(Window(0, 0, 4, 4)).pixels.shape == (4, 4, 3)
        assert copy.is_file()
    assert not copy.exists()


@pytest.mark.parametrize("dtype", ["uint16", "int16", "int8", "uint32", "int32", "float32", "float64"])
def test_other_depths_are_stretched_by_one_range(encode_tiff: Encode, save: Save, dtype: str) -> None:
    bands = np.linspace(0, 120, 3 * 40 * 50).reshape(3, 40, 50).astype(dtype)
    path = save("a.tif", encode_tiff(bands, photometric="rgb"))
    low, high = np.percentile(bands, (0.5, 99.5))
    scaled = np.clip((bands.astype(float) - low) / (high - low) * 255, 0, 255)
    with open_raster(path) as raster:
        pixels = np.moveaxis(raster.read(_whole(raster)).pixels, -1, 0).astype(float)
        np.testing.assert_allclose(pixels, scaled, atol=0.51)
        assert raster.dtype == dtype
        assert any(f"{low:.6g} (percentile 0.5)" in note for note in raster.notes)
    np.testing.assert_array_equal(read_picture(path).pixels, np.moveaxis(pixels, 0, -1))
    assert read_picture(path).dtype == dtype


def test_values_that_are_not_finite_are_not_valid(encode_tiff: Encode, save: Save) -> None:
    bands = np.random.default_rng(1).normal(0, 1, (3, 9, 8)).astype(np.float32)
    bands[1, 2, 3], bands[0, 4, 5] = np.nan, np.inf
    picture = read_picture(save("a.tif", encode_tiff(bands, photometric="rgb")))
    assert np.argwhere(~np.asarray(picture.valid)).tolist() == [[2, 3], [4, 5]]


def test_bands_are_chosen_by_number(encode_tiff: Encode, save: Save) -> None:
    bands = np.random.default_rng(1).integers(0, 256, (6, 9, 8), dtype=np.uint8)
    path = save("a.tif", encode_tiff(bands, photometric="minisblack"))
    for options, expected in (
        (ReadOptions(), bands[[0, 1, 2]]),
        (ReadOptions(bands=(5, 1, 4)), bands[[4, 0, 3]]),
        (ReadOptions(bands=(6,)), bands[[5, 5, 5]]),
    ):
        with open_raster(path, options) as raster:
            np.testing.assert_array_equal(raster.read(_whole(raster)).pixels, np.moveaxis(expected, 0, -1))
    assert any("--bands" in note for note in read_picture(path).notes)


def test_bands_of_names_are_found_among_many(encode_tiff: Encode, save: Save) -> None:
    bands = np.random.default_rng(1).integers(0, 256, (4, 9, 8), dtype=np.uint8)
    roles = (ColorInterp.undefined, ColorInterp.blue, ColorInterp.green, ColorInterp.red)
    path = save("a.tif", encode_tiff(bands, colorinterp=roles, photometric="minisblack"))
    np.testing.assert_array_equal(read_picture(path).pixels, np.moveaxis(bands[[3, 2, 1]], 0, -1))


def test_a_stretch_of_eight_bits_is_made_only_when_asked(encode_tiff: Encode, save: Save) -> None:
    bands = np.arange(100, 200, dtype=np.uint8).reshape(1, 10, 10)
    path = save("a.tif", encode_tiff(bands))
    assert read_picture(path).pixels.max() == 199
    stretched = read_picture(path, options=ReadOptions(stretch=(0, 100))).pixels
    assert (stretched.min(), stretched.max()) == (0, 255)


def test_alpha_and_internal_masks_are_validity(tmp_path: Path, rgb: Any) -> None:
    valid = np.ones(rgb.shape[:2], np.uint8) * 255
    valid[3:6, 4:9] = 0
    profile = {"driver": "GTiff", "width": 23, "height": 19, "dtype": "uint8"}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        place = Affine(1, 0, 0, 0, -1, 9)
        with rasterio.open(tmp_path / "mask.tif", "w", count=3, transform=place, **profile) as target:
            target.write(np.moveaxis(rgb, -1, 0))
            target.write_mask(valid)
        with rasterio.open(
            tmp_path / "alpha.tif", "w", count=4, transform=place, photometric="rgb", alpha="yes", **profile
        ) as target:
            target.write(np.moveaxis(np.dstack([rgb, valid]), -1, 0))
    for name in ("mask.tif", "alpha.tif"):
        with open_raster(tmp_path / name) as raster:
            block = raster.read(Window(2, 2, 12, 12))
            np.testing.assert_array_equal(block.valid, valid[2:12, 2:12] > 0)
            np.testing.assert_array_equal(block.pixels, rgb[2:12, 2:12])


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60,000 x 60,000 pixels, of which 512 x 512 are stored."""
    path = tmp_path_factory.mktemp("sparse") / "sparse.tif"
    profile = {"driver": "GTiff", "width": 60_000, "height": 60_000, "count": 3, "dtype": "uint8"}
    tiling = {"tiled": True, "blockxsize": 512, "blockysize": 512, "sparse_ok": True, "compress": "deflate"}
    with rasterio.open(path, "w", transform=Affine(1, 0, 9, 0, -1, 9), **profile, **tiling) as target:
        target.write(np.full((3, 512, 512), 77, np.uint8), window=((30_208, 30_720), (40_960, 41_472)))
    return path


def test_a_sparse_file_costs_nothing_where_it_is_empty(sparse: Path) -> None:
    tracemalloc.start()
    with open_raster(sparse) as raster:
        assert raster.is_empty(Window(0, 0, 30_000, 60_000))
        assert not raster.is_empty(Window(41_471, 30_719, 41_473, 30_721))
        block = raster.read(Window(40_900, 30_200, 41_100, 30_400))
        small = raster.reduced(600)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000_000
    assert set(np.unique(block.pixels[block.valid])) == {77}
    assert block.valid.sum() == 140 * 192
    assert small.pixels.shape == (600, 600, 3)
    assert np.argwhere(small.valid).min(axis=0).tolist() == [302, 409]
    assert np.argwhere(small.valid).max(axis=0).tolist() == [307, 414]
    assert set(np.unique(small.pixels[small.valid])) == {77}


def test_reduced_reads_the_overview_that_is_large_enough(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    profile = {"driver": "GTiff", "width": 256, "height": 128, "count": 3, "dtype": "uint8"}
    with rasterio.open(
        path, "w", transform=Affine(1, 0, 9, 0, -1, 9), tiled=True, blockxsize=64, blockysize=64, **profile
    ) as target:
        target.write(np.full((3, 128, 256), 10, np.uint8))
    with rasterio.open(path, "r+") as target:
        target.build_overviews([2, 4, 8], Resampling.nearest)
    with rasterio.open(path, "r+") as target:
        target.write(np.full((3, 128, 256), 200, np.uint8))  # the overviews keep the old value
    with open_raster(path) as raster:
        assert set(np.unique(raster.reduced(60).pixels)) == {10}
        assert raster.reduced(60).pixels.shape == (30, 60, 3)
        assert set(np.unique(raster.reduced(200).pixels)) == {200}


def test_reduced_takes_means_of_valid_pixels_alone(encode_tiff: Encode, save: Save) -> None:
    bands = np.full((3, 30, 50), 100, np.uint8)
    bands[:, ::3] = 0
    with open_raster(save("a.tif", encode_tiff(bands, nodata=0))) as raster:
        block = raster.reduced(13)
    assert block.valid.all()
    assert set(np.unique(block.pixels)) == {100}


def test_a_specification_opens_the_same_raster_elsewhere(encode_tiff: Encode, save: Save) -> None:
    bands = np.random.default_rng(1).integers(0, 5000, (4, 30, 50), dtype=np.uint16)
    path = save("a.tif", encode_tiff(bands))
    with open_raster(path, ReadOptions(bands=(3, 2, 1), area=Area.from_window(5, 6, 7, 8))) as raster:
        expected = raster.read(_whole(raster)).pixels
        spec = pickle.loads(pickle.dumps(raster.spec))  # noqa: S301 - made here
    with spec.open() as again:
        np.testing.assert_array_equal(again.read(_whole(again)).pixels, expected)
        assert again.area is not None
        assert again.area.window == Window(5, 6, 12, 14)


def test_windows_beyond_the_picture_are_refused(rgb: Any, encode: Encode, save: Save) -> None:
    with open_raster(save("a.tif", encode(rgb, "TIFF"))) as raster:
        for window in (Window(0, 0, 24, 5), Window(3, 3, 3, 5), Window(-1, 0, 5, 5)):
            with pytest.raises(SpecificationError, match="window"):
                raster.read(window)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_damage_within_a_file_is_an_input_error(encode: Encode, save: Save, kind: str) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    content = encode(noise, kind)
    path = save("a", content[: len(content) // 2])
    with pytest.raises(InputError, match="expected") as caught, open_raster(path) as raster:
        raster.read(_whole(raster))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_read_size_looks_at_the_header(rgb: Any, encode: Encode, save: Save, kind: str) -> None:
    assert read_size(save("a", encode(rgb, kind))) == (23, 19)


@pytest.mark.parametrize(
    "options", [{"bands": (1, 2)}, {"bands": (0,)}, {"stretch": (5, 5)}, {"stretch": (-1, 50)}]
)
def test_read_options_refuse_what_has_no_meaning(options: dict[str, Any]) -> None:
    with pytest.raises(SpecificationError, match="expected"):
        ReadOptions(**options)


def test_sixteen_bit_png_is_stretched(encode: Encode, save: Save) -> None:
    deep = np.arange(40 * 50, dtype=np.uint16).reshape(40, 50) * 30
    picture = read_picture(save("a.png", encode(Image.fromarray(deep), "PNG")))
    assert (picture.dtype, picture.bands) == ("uint16", 1)
    assert (picture.pixels.min(), picture.pixels.max()) == (0, 255)
