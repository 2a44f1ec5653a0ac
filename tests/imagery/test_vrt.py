"""VRT files: mosaics are read, and nothing but picture files of this machine is followed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from geotamper.errors import InputError
from geotamper.imagery.raster import open_raster
from geotamper.imagery.read_options import ReadOptions
from geotamper.imagery.reading import read_picture, read_size
from geotamper.imagery.region import Window


def _tile(path: Path, value: int) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=20,
        height=10,
        count=1,
        dtype="uint8",
        transform=Affine(1, 0, 9, 0, -1, 9),
    ) as target:
        target.write(np.full((1, 10, 20), value, np.uint8))


def _source(name: str, x: int, relative: int = 1) -> str:
    return (
        f'<SimpleSource><SourceFilename relativeToVRT="{relative}">{name}</SourceFilename><SourceBand>1</SourceBand>'
        f'<SrcRect xOff="0" yOff="0" xSize="20" ySize="10"/><DstRect xOff="{x}" yOff="0" xSize="20" ySize="10"/>'
        "</SimpleSource>"
    )


def _vrt(path: Path, *sources: str, band: str = "") -> Path:
    path.write_text(
        '<VRTDataset rasterXSize="100" rasterYSize="10"><GeoTransform>9, 1, 0, 9, 0, -1</GeoTransform>'
        f'<VRTRasterBand dataType="Byte" band="1"{band}>{"".join(sources)}</VRTRasterBand></VRTDataset>'
    )
    return path


def test_a_mosaic_is_read_and_its_gaps_are_empty(tmp_path: Path) -> None:
    (tmp_path / "tiles").mkdir()
    _tile(tmp_path / "tiles/a.tif", 5)
    _tile(tmp_path / "tiles/b.tif", 9)
    path = _vrt(tmp_path / "a.vrt", _source("tiles/a.tif", 10), _source(str(tmp_path / "tiles/b.tif"), 60, 0))
    with open_raster(path) as raster:
        assert raster.is_empty(Window(30, 0, 60, 10))
        assert not raster.is_empty(Window(29, 0, 60, 10))
        block = raster.read(Window(0, 0, 100, 10))
    row = block.pixels[4, :, 0]
    np.testing.assert_array_equal(row[10:30], 5)
    np.testing.assert_array_equal(row[60:80], 9)
    assert np.flatnonzero(block.valid[4]).tolist() == [*range(10, 30), *range(60, 80)]
    assert read_size(path) == (100, 10)
    np.testing.assert_array_equal(
        read_picture(path, options=ReadOptions(vrt_root=tmp_path)).pixels, block.pixels
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/vsicurl/http://localhost/a.tif", "no file on this machine"),
        ("https://localhost/a.tif", "no file on this machine"),
        ("missing.tif", "does not exist"),
        ("notes.txt", "no picture of a known format"),
        ("a.vrt", "leads back"),
    ],
)
def test_a_vrt_that_names_anything_else_is_refused(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "notes.txt").write_text("secret")
    path = _vrt(tmp_path / "a.vrt", _source(name, 0))
    with pytest.raises(InputError, match=words) as caught:
        open_raster(path)
    assert str(path) in str(caught.value)
    assert "expected" in str(caught.value)


def test_a_vrt_may_not_leave_the_folder_that_it_is_bound_to(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    _tile(tmp_path / "a.tif", 5)
    (tmp_path / "in/link.tif").symlink_to(tmp_path / "a.tif")
    for name in ("../a.tif", "link.tif"):
        path = _vrt(tmp_path / "in/a.vrt", _source(name, 0))
        assert read_picture(path).width == 100
        with pytest.raises(InputError, match="outside of the folder"):
            read_picture(path, options=ReadOptions(vrt_root=tmp_path / "in"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<VRTDataset", "cannot be understood"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><VRTDataset/>', "document type"),
        ('<VRTDataset><VRTRasterBand subClass="VRTRawRasterBand"/></VRTDataset>', "raw bytes"),
        ("<VRTDataset><pixelfunctioncode/></VRTDataset>", "code of its own"),
        ('<VRTDataset><SimpleSource sourcefilename="/etc/hostname"/></VRTDataset>', "unusual places"),
        ("<VRTDataset><Sourcefilename>/vsicurl/x</Sourcefilename></VRTDataset>", "no file on this machine"),
    ],
)
def test_code_raw_bytes_and_damage_are_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "a.vrt"
    path.write_text(content)
    with pytest.raises(InputError, match=words):
        read_picture(path)


def test_element_that_is_no_ascii_is_refused_before_gdal_cuts_it(tmp_path: Path, capfd: Any) -> None:
    path = _vrt(tmp_path / "a.vrt", "<B\u00e9Mapping/>")
    with pytest.raises(InputError, match="unknown element"):
        open_raster(path)
    assert capfd.readouterr().err == ""


def test_a_source_that_vanishes_is_an_input_error(tmp_path: Path, capfd: Any) -> None:
    _tile(tmp_path / "a.tif", 5)
    (tmp_path / "b.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:150])
    with pytest.raises(InputError, match="expected"):
        read_picture(_vrt(tmp_path / "a.vrt", _source("b.tif", 0)))
    assert capfd.readouterr().err == ""
