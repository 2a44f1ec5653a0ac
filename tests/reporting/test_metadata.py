from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image, PngImagePlugin
from rasterio.transform import Affine

from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import PictureSource
from geotamper.imagery.reading import read_picture
from geotamper.reporting.metadata import FileMetadata, named_editor, read_metadata

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def metadata_of(path: Path) -> FileMetadata:
    found = read_metadata(PictureSource(read_picture(path)))
    assert found is not None
    assert found.bytes == path.stat().st_size
    return found


def test_read_metadata_of_a_camera_picture(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Maker", "Model 7", "GIMP 2.10"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    Image.fromarray(PIXELS).save(path, exif=exif)
    found = metadata_of(path)
    assert found.entries == {
        "Camera maker": "Maker",
        "Camera": "Model 7",
        "Software": "GIMP 2.10",
        "Taken": "2024:05:06 07:08:09",
    }
    assert found.editor == "GIMP"


def test_read_metadata_of_a_png_with_text(tmp_path: Path) -> None:
    path = tmp_path / "drawn.png"
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Software", "made\x07 by " + "x" * 500)
    chunks.add_itxt("XML:com.adobe.xmp", '<x xmp:CreatorTool="Adobe Photoshop 25.1 (Windows)"/>')
    Image.fromarray(PIXELS).save(path, pnginfo=chunks)
    found = metadata_of(path)
    assert found.entries["Software"].startswith("made by xxx")
    assert len(found.entries["Software"]) == 201
    assert found.entries["Created with"] == "Adobe Photoshop 25.1 (Windows)"
    assert found.editor == "Photoshop"


def test_read_metadata_of_a_geotiff(tmp_path: Path) -> None:
    path = tmp_path / "ortho.tif"
    profile = {
        "driver": "GTiff",
        "width": 30,
        "height": 20,
        "count": 3,
        "dtype": "uint8",
        "compress": "deflate",
    }
    with rasterio.open(path, "w", transform=Affine.translation(5, 6), crs="EPSG:32632", **profile) as file:
        file.write(PIXELS.transpose(2, 0, 1))
        file.update_tags(TIFFTAG_SOFTWARE="Mapper 3", TIFFTAG_DATETIME="2024:05:06 07:08:09")
    found = metadata_of(path)
    assert found.entries == {
        "Software": "Mapper 3",
        "File changed": "2024:05:06 07:08:09",
        "Compression": "DEFLATE",
    }
    assert found.editor is None


def test_read_metadata_of_a_changed_missing_or_no_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    Image.fromarray(PIXELS).save(path)
    source = PictureSource(read_picture(path))
    assert read_metadata(source) is not None
    path.write_bytes(path.read_bytes() + b"\0")
    assert read_metadata(source) is None
    path.unlink()
    assert read_metadata(source) is None
    assert read_metadata(PictureSource(Picture.from_array(PIXELS))) is None


@pytest.mark.parametrize(
    ("software", "editor"), [("Adobe Lightroom 13", "Lightroom"), ("GDAL 3.9", None), ("", None)]
)
def test_named_editor_knows_editors_from_mapping_programs(software: str, editor: str | None) -> None:
    assert named_editor({"Software": software}) == editor
