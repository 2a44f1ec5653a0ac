"""Picture files into memory: the format is told by the first bytes, never by the name."""

import hashlib
import os
from io import BufferedReader
from pathlib import Path

from geotamper.errors import InputError
from geotamper.imagery.formats import EXPECTED
from geotamper.imagery.headers import FileHeader, look_at
from geotamper.imagery.limits import MAX_PIXELS, MAX_RASTER_PIXELS
from geotamper.imagery.picture import Picture
from geotamper.imagery.read_options import READ_AS_STORED, ReadOptions
from geotamper.imagery.region import Window


def read_picture(
    path: Path | str, *, max_pixels: int = MAX_PIXELS, options: ReadOptions = READ_AS_STORED
) -> Picture:
    """Read one picture as 8-bit RGB.

    Grey is repeated to three bands, palettes are expanded, alpha is dropped (colours under transparent pixels
    stay), CMYK is converted by the plain formula. Samples of 8 bits are not rescaled unless a stretch is asked for;
    others are stretched to 8 bits. Pictures without map coordinates are turned as their orientation tag asks. What
    was dropped or assumed stands in the notes.

    Args:
        path: A PNG, JPEG, WebP, TIFF, GeoTIFF or VRT file; the suffix does not matter.
        max_pixels: Largest width times height, checked before anything is decoded.
        options: Bands and stretch. An area is checked against the picture, and all of the picture is read.

    Raises:
        InputError: Missing, unreadable, not a file, empty, damaged, of an unknown format, animated, with
            several pages, without the bands that are asked for, or above the limit.
    """
    path = Path(path)
    header = look_at(path, max_pixels, options.vrt_root)
    is_plain = header.kind in {"png", "jpeg", "webp"} and header.bits <= 8
    if not is_plain or options != ReadOptions(vrt_root=options.vrt_root):
        return _read_raster(header, options, max_pixels)
    try:
        with path.open("rb") as stream:
            return _decode(header, stream, max_pixels)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"'{path}' cannot be read ({reason}); {EXPECTED} that you may read") from error


def read_size(path: Path | str) -> tuple[int, int]:
    """Columns and rows of a picture of any size as stored, without decoding it.

    Raises:
        InputError: As `read_picture`, but for what only decoding shows.
    """
    header = look_at(Path(path), MAX_RASTER_PIXELS)
    if header.width is not None and header.height is not None:
        return header.width, header.height
    from geotamper.imagery.raster_file import gdal, open_dataset

    with gdal(header.name), open_dataset(header, header.path, max_pixels=MAX_RASTER_PIXELS) as source:
        return int(source.width), int(source.height)


def _decode(header: FileHeader, stream: BufferedReader, max_pixels: int) -> Picture:
    from geotamper.imagery.pillow_formats import decode

    decoded = decode(header, stream, max_pixels)
    stream.seek(0)
    return Picture(
        pixels=decoded.pixels,
        path=str(header.path),
        sha256=hashlib.file_digest(stream, "sha256").hexdigest(),
        bands=decoded.bands,
        dtype="uint8",
        crs=None,
        geotransform=None,
        pixel_area_m2=None,
        notes=decoded.notes,
        valid=decoded.valid,
    )


def _read_raster(header: FileHeader, options: ReadOptions, max_pixels: int) -> Picture:
    from geotamper.imagery.raster import Raster, RasterSpec

    # Read once from its beginning, so that formats without random access need no decoded copy.
    spec = RasterSpec(header.path, os.fspath(header.path), options)
    with Raster(header, spec, max_pixels=max_pixels) as raster:
        block = raster.read(Window(0, 0, raster.width, raster.height))
        return Picture(
            pixels=block.pixels,
            path=raster.path,
            sha256=raster.sha256,
            bands=raster.bands,
            dtype=raster.dtype,
            crs=raster.crs,
            geotransform=raster.geotransform,
            pixel_area_m2=raster.pixel_area_m2,
            notes=raster.notes,
            valid=None if block.valid.all() else block.valid,
        )
