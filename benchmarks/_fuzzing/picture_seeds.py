"""Small sound picture files of every kind that the reader takes, made here: no case needs files from elsewhere."""

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from PIL import Image
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp, Resampling
from rasterio.io import MemoryFile
from rasterio.shutil import copy as rasterio_copy
from rasterio.transform import Affine

from geotamper.imagery.picture import Pixels

HEIGHT, WIDTH = 24, 20
_PLACE: dict[str, Any] = {"crs": "EPSG:32632", "transform": Affine(0.5, 0, 500_000, 0, -0.5, 5_000_000)}
_TILES: dict[str, Any] = {"tiled": True, "blockxsize": 16, "blockysize": 16}
_ORIENTED = 6


def pixels(height: int = HEIGHT, width: int = WIDTH) -> Pixels:
    """(height, width, 3) uint8: a ramp with noise, so that every pixel is its own."""
    rows, columns = np.mgrid[:height, :width]
    ramp = (rows[..., np.newaxis] * (3, 5, 2) + columns[..., np.newaxis] * (4, 1, 6)) % 200
    noise = np.random.default_rng(5).integers(0, 56, (height, width, 3))
    drawn: Pixels = (ramp + noise).astype(np.uint8)
    return drawn


def draw_seeds() -> dict[str, bytes]:
    """Bytes of one file of each kind, by its name; the first word is the format."""
    return _png() | _jpeg() | _webp() | _tiff()


def pillow_bytes(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 - as Pillow takes them
    """A picture file as Pillow writes it."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def geotiff(
    bands: npt.NDArray[Any],
    *,
    roles: tuple[ColorInterp, ...] = (),
    **options: Any,  # noqa: ANN401 - as GDAL takes them
) -> bytes:
    """A TIFF as GDAL writes it from (bands, H, W), with two levels of overviews when `overviews` is set."""
    overviews, mask, points = (options.pop(name, None) for name in ("overviews", "mask", "gcps"))
    count, height, width = bands.shape
    profile = {
        "count": count,
        "height": height,
        "width": width,
        "dtype": bands.dtype.name,
        **_PLACE,
        **options,
    }
    if points:
        del profile["transform"]
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), MemoryFile() as memory:
        with memory.open(driver="GTiff", **profile) as target:
            if roles:
                target.colorinterp = roles
            if points:
                target.gcps = points, "EPSG:32632"
            target.write(bands)
            if mask is not None:
                target.write_mask(mask)
            if overviews:
                target.build_overviews([2, 4], Resampling.average)
        return bytes(memory.getbuffer())


def _png() -> dict[str, bytes]:
    image = Image.fromarray(pixels())
    deep = Image.fromarray(pixels()[..., 0].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = _ORIENTED
    return {
        "png rgb": pillow_bytes(image, "PNG"),
        "png grey": pillow_bytes(image.convert("L"), "PNG"),
        "png rgba": pillow_bytes(image.convert("RGBA"), "PNG"),
        "png grey with alpha": pillow_bytes(image.convert("LA"), "PNG"),
        "png palette": pillow_bytes(image.quantize(9), "PNG", transparency=3),
        "png one bit": pillow_bytes(image.convert("1"), "PNG"),
        "png 16 bit": pillow_bytes(deep, "PNG"),
        "png oriented": pillow_bytes(image, "PNG", exif=exif.tobytes()),
        "png transparent colour": pillow_bytes(image, "PNG", transparency=(1, 2, 3)),
    }


def _jpeg() -> dict[str, bytes]:
    image = Image.fromarray(pixels())
    exif = Image.Exif()
    exif[0x0112] = _ORIENTED
    return {
        "jpeg rgb": pillow_bytes(image, "JPEG", quality=85),
        "jpeg grey": pillow_bytes(image.convert("L"), "JPEG"),
        "jpeg progressive": pillow_bytes(image, "JPEG", progressive=True, subsampling=0),
        "jpeg cmyk": pillow_bytes(image.convert("CMYK"), "JPEG"),
        "jpeg oriented": pillow_bytes(image, "JPEG", exif=exif.tobytes()),
        "jpeg restarts": pillow_bytes(image, "JPEG", restart_marker_blocks=1),
    }


def _webp() -> dict[str, bytes]:
    image = Image.fromarray(pixels())
    exif = Image.Exif()
    exif[0x0112] = _ORIENTED
    return {
        "webp lossy": pillow_bytes(image, "WEBP", quality=80),
        "webp lossless": pillow_bytes(image.convert("RGBA"), "WEBP", lossless=True),
        "webp lossy with alpha": pillow_bytes(image.convert("RGBA"), "WEBP", quality=60),
        "webp oriented": pillow_bytes(image, "WEBP", exif=exif.tobytes()),
        "webp animated": pillow_bytes(image, "WEBP", save_all=True, append_images=[image.convert("L")]),
    }


def _tiff() -> dict[str, bytes]:
    rgb = np.moveaxis(pixels(), -1, 0)
    alpha = np.vstack([rgb, rgb[:1]])
    colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    points = [GroundControlPoint(0, 0, 5e5, 5e6), GroundControlPoint(0, 19, 5.1e5, 5e6)]
    points.append(GroundControlPoint(23, 0, 5e5, 4.9e6))
    kinds = {
        "tiff rgb": geotiff(rgb, photometric="RGB"),
        "tiff tiled deflate": geotiff(rgb, compress="deflate", predictor=2, **_TILES),
        "tiff lzw": geotiff(rgb, compress="lzw"),
        "tiff zstd": geotiff(rgb, compress="zstd", **_TILES),
        "tiff jpeg": geotiff(rgb, compress="jpeg", photometric="YCbCr", **_TILES),
        "tiff planar": geotiff(rgb, interleave="band", compress="packbits"),
        "tiff 16 bit": geotiff(rgb.astype(np.uint16) * 200, nodata=0),
        "tiff signed": geotiff(rgb.astype(np.int16) - 90),
        "tiff float": geotiff(
            np.where(rgb > 20, rgb / 9, np.nan).astype(np.float32), compress="deflate", predictor=3
        ),
        "tiff double": geotiff(rgb[:1].astype(np.float64) * 1e300),
        "tiff complex": geotiff(rgb[:1].astype(np.complex64)),
        "tiff 13 bands": geotiff(np.vstack([rgb] * 4 + [rgb[:1]]).astype(np.uint16)),
        "tiff alpha": geotiff(alpha, roles=(*colours, ColorInterp.alpha), photometric="RGB"),
        "tiff mask": geotiff(rgb, mask=rgb[0] > 60),
        "tiff nodata": geotiff(rgb, nodata=7),
        "tiff points": geotiff(rgb, gcps=points),
        "tiff sparse": geotiff(np.zeros_like(rgb), SPARSE_OK=True, **_TILES),
        "tiff overviews": geotiff(rgb, overviews=True, **_TILES),
        "tiff degrees": geotiff(rgb, crs="EPSG:4326", transform=Affine(1e-5, 0, 9, 0, -1e-5, 48)),
        "bigtiff rgb": geotiff(rgb, BIGTIFF="YES"),
        "bigtiff tiled": geotiff(rgb, BIGTIFF="YES", compress="lzw", **_TILES),
        "tiff big-endian": geotiff(rgb, ENDIANNESS="BIG"),
        "cog": _cog(rgb),
    }
    return kinds | _tiff_by_pillow()


def _tiff_by_pillow() -> dict[str, bytes]:
    image = Image.fromarray(pixels())
    return {
        "tiff fax": pillow_bytes(image.convert("1"), "TIFF", compression="group4"),
        "tiff palette": pillow_bytes(image.quantize(8), "TIFF"),
        "tiff cmyk": pillow_bytes(image.convert("CMYK"), "TIFF", compression="tiff_lzw"),
        "tiff oriented": pillow_bytes(image, "TIFF", tiffinfo={274: _ORIENTED}),
        "tiff lab": pillow_bytes(image.convert("LAB"), "TIFF"),
        "tiff pages": pillow_bytes(image, "TIFF", save_all=True, append_images=[image]),
    }


def _cog(bands: npt.NDArray[np.uint8]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        plain, cog = Path(folder) / "plain.tif", Path(folder) / "cog.tif"
        plain.write_bytes(geotiff(bands))
        rasterio_copy(plain, cog, driver="COG", compress="deflate", blocksize=128)
        return cog.read_bytes()
