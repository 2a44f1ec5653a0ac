import json
import resource
import shutil
import subprocess
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
from rio_cogeo.cogeo import cog_validate

from geotamper.errors import OutputError, SpecificationError
from geotamper.imagery.masks import read_mask
from geotamper.imagery.picture import Geotransform, Picture
from geotamper.imagery.pixel_source import PictureSource
from geotamper.imagery.region import Region, Window
from geotamper.reporting.layers import masks
from geotamper.reporting.layers.masks import write_union

PLACE: Geotransform = (5e5, 2.0, 0.0, 5e6, 0.0, -2.0)
SHAPE = (700, 1300)


class HugeScene(PictureSource):
    """60,000 x 60,000 pixels, of which nothing is in memory."""

    def __init__(self) -> None:
        pixel = Picture.from_array(np.zeros((1, 1, 3), np.uint8))
        super().__init__(replace(pixel, crs="EPSG:32632", geotransform=PLACE))

    @property
    def width(self) -> int:
        return 60_000

    @property
    def height(self) -> int:
        return 60_000


def disc(x: int, y: int, radius: int) -> Region:
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    window = Window(x - radius, y - radius, x + radius + 1, y + radius + 1)
    return Region(window, columns**2 + rows**2 <= radius**2)


@pytest.fixture
def plain() -> PictureSource:
    return PictureSource(Picture.from_array(np.zeros((*SHAPE, 3), np.uint8)))


@pytest.fixture
def placed() -> PictureSource:
    picture = Picture.from_array(np.zeros((*SHAPE, 3), np.uint8))
    return PictureSource(replace(picture, crs="EPSG:32632", geotransform=PLACE))


OVERLAPPING = [disc(500, 520, 90), disc(560, 500, 60), disc(1280, 680, 15)]


def wanted() -> Any:
    return np.logical_or.reduce([region.full(SHAPE) for region in OVERLAPPING])


def test_write_union_makes_a_single_channel_png(tmp_path: Path, plain: PictureSource) -> None:
    path = write_union(tmp_path / "new" / "source_mask", OVERLAPPING, plain)
    assert path == tmp_path / "new" / "source_mask.png"
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("PNG", "L")
        np.testing.assert_array_equal(np.asarray(image), np.where(wanted(), 255, 0))


def test_write_union_makes_a_cloud_optimised_geotiff_where_the_scene_has_a_crs(
    tmp_path: Path, placed: PictureSource
) -> None:
    path = write_union(tmp_path / "target_mask", OVERLAPPING, placed)
    assert path == tmp_path / "target_mask.tif"
    with rasterio.open(path) as file:
        assert (file.count, file.dtypes, file.crs.to_string()) == (1, ("uint8",), "EPSG:32632")
        assert file.transform.to_gdal() == PLACE
        assert file.profile["compress"] == "deflate"
        assert file.overviews(1) == [2, 4]
        np.testing.assert_array_equal(file.read(1), np.where(wanted(), 255, 0))
    assert cog_validate(path, strict=True, quiet=True) == (True, [], [])
    assert list(tmp_path.iterdir()) == [path]


def test_write_union_is_read_by_gdalinfo(tmp_path: Path, placed: PictureSource) -> None:
    gdalinfo = shutil.which("gdalinfo")
    if gdalinfo is None:
        pytest.skip("gdalinfo is not installed: it is in Debian's gdal-bin")
    path = write_union(tmp_path / "target_mask", OVERLAPPING, placed)
    told = subprocess.run([gdalinfo, "-json", str(path)], capture_output=True, text=True, check=True)
    document = json.loads(told.stdout)
    assert document["size"] == [SHAPE[1], SHAPE[0]]
    assert document["geoTransform"] == list(PLACE)
    assert document["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"] == "COG"
    assert 'ID["EPSG",32632]' in document["coordinateSystem"]["wkt"]
    assert [band["type"] for band in document["bands"]] == ["Byte"]


def test_write_union_keeps_a_geotransform_without_crs_in_large_scenes(
    tmp_path: Path, plain: PictureSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masks, "MAX_PIXELS", 1000)
    scene = PictureSource(replace(Picture.from_array(np.zeros((*SHAPE, 3), np.uint8)), geotransform=PLACE))
    path = write_union(tmp_path / "m", OVERLAPPING, scene)
    with rasterio.open(path) as file:
        assert (file.crs, file.transform.to_gdal()) == (None, PLACE)
    np.testing.assert_array_equal(read_mask(path), wanted())
    assert write_union(tmp_path / "n", [], plain).suffix == ".tif"


def test_write_union_takes_any_crs(tmp_path: Path) -> None:
    wkt = rasterio.crs.CRS.from_proj4("+proj=laea +lat_0=47 +lon_0=9 +datum=WGS84 +units=m").to_wkt()
    picture = Picture.from_array(np.zeros((*SHAPE, 3), np.uint8))
    path = write_union(
        tmp_path / "m", OVERLAPPING, PictureSource(replace(picture, crs=wkt, geotransform=PLACE))
    )
    np.testing.assert_array_equal(read_mask(path), wanted())
    with rasterio.open(path) as file:
        assert file.crs.is_projected


def test_write_union_keeps_dots_in_names(tmp_path: Path, plain: PictureSource) -> None:
    assert write_union(tmp_path / "scene.v2", [], plain).name == "scene.v2.png"


@pytest.mark.parametrize("x", [-1, SHAPE[1] - 3])
def test_write_union_refuses_regions_beyond_the_scene(tmp_path: Path, plain: PictureSource, x: int) -> None:
    region = Region(Window(x, 0, x + 4, 4), np.ones((4, 4), np.bool_))
    with pytest.raises(SpecificationError, match="1300 x 700"):
        write_union(tmp_path / "m", [region], plain)
    assert list(tmp_path.iterdir()) == []


def test_write_union_reports_a_place_that_cannot_be_written(tmp_path: Path, placed: PictureSource) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_union(tmp_path / "file" / "m", OVERLAPPING, placed)


def test_write_union_of_a_scene_that_no_memory_holds(tmp_path: Path) -> None:
    regions = [disc(900, 1100, 300), disc(58_000, 59_500, 4)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = write_union(tmp_path / "m", regions, HugeScene())
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300_000  # kilobytes, of 3.6 GB
    assert path.stat().st_size < 1_000_000
    assert cog_validate(path, strict=True, quiet=True)[0]
    with rasterio.open(path) as file:
        for region in regions:
            seen = region.window.grown(20, (60_000, 60_000))
            place = rasterio.windows.Window(seen.x0, seen.y0, *reversed(seen.shape))
            np.testing.assert_array_equal(file.read(1, window=place) > 0, region.within(seen))
    with rasterio.open(path, overview_level=6) as smallest:
        pixels = smallest.read(1)
    assert pixels.shape == (469, 469)
    assert set(np.unique(pixels)) == {0, 255}
    # The smaller region would fall between the pixels if every 128th pixel were taken.
    assert pixels[59_500 * 469 // 60_000, 58_000 * 469 // 60_000] == 255


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mask=hnp.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))),
    crs=st.sampled_from([None, "EPSG:32632", "EPSG:4326"]),
)
def test_write_union_comes_back_as_written(tmp_path: Path, mask: Any, crs: str | None) -> None:
    height, width = mask.shape
    picture = Picture.from_array(mask.astype(np.uint8))
    place = (10.0, 0.5, 0.0, 50.0, 0.0, -0.5) if crs else None
    region = Region.cut(Window(0, 0, width, height), mask)
    path = write_union(tmp_path / "m", [region], PictureSource(replace(picture, crs=crs, geotransform=place)))
    np.testing.assert_array_equal(read_mask(path), mask)
