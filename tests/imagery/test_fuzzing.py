"""Mutated and cut files: a picture or an InputError, never anything else, and nothing on stderr."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from geotamper.errors import InputError
from geotamper.imagery.reading import read_picture

_PIXELS = np.random.default_rng(3).integers(0, 256, (12, 10, 3), dtype=np.uint8)


def _pillow(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    image = Image.fromarray(_PIXELS)
    image = image.quantize(8) if mode == "P" else image.convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _geotiff(**options: Any) -> bytes:
    place = {"crs": "EPSG:32632", "transform": Affine(10, 0, 500_000, 0, -10, 5_000_000)}
    with rasterio.Env(), MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=10, height=12, count=3, dtype="uint8", **place, **options
        ) as target:
            target.write(np.moveaxis(_PIXELS, -1, 0))
        return bytes(memory.getbuffer())


_SEEDS = {
    "png": _pillow("PNG"),
    "palette-png": _pillow("PNG", "P"),
    "jpeg": _pillow("JPEG"),
    "cmyk-jpeg": _pillow("JPEG", "CMYK"),
    "webp": _pillow("WEBP"),
    "lossless-webp": _pillow("WEBP", "RGBA", lossless=True),
    "geotiff": _geotiff(),
    "jpeg-geotiff": _geotiff(compress="jpeg"),
    "lzw-geotiff": _geotiff(compress="lzw", tiled=True, blockxsize=16, blockysize=16),
    "fax-tiff": _pillow("TIFF", "1", compression="group4"),
}


@pytest.mark.parametrize("kind", sorted(_SEEDS))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_read_picture_survives_damage(kind: str, tmp_path: Any, capfd: Any, data: st.DataObject) -> None:
    content = bytearray(_SEEDS[kind])
    places = st.one_of(st.integers(0, min(len(content), 200) - 1), st.integers(0, len(content) - 1))
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=5)):
        content[place] = value
    length = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path = tmp_path / "damaged"
    path.write_bytes(content[:length])
    with contextlib.suppress(InputError):
        picture = read_picture(path)
        assert picture.pixels.shape == (picture.height, picture.width, 3)
        assert picture.pixels.dtype == np.uint8
    assert capfd.readouterr().err == ""


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(
        [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"II*\0", b"MM\0+"]
    ),
    rest=st.binary(max_size=200),
)
def test_read_picture_refuses_noise(tmp_path: Any, start: bytes, rest: bytes) -> None:
    path = tmp_path / "noise"
    path.write_bytes(start + rest)
    with pytest.raises(InputError, match="expected"):
        read_picture(path)
