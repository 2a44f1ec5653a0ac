"""Raster files, opened by GDAL with bounded memory, without network, and with readable errors."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from geotamper.errors import InputError, OutputError
from geotamper.imagery.conversion import DECODER_ERRORS, damaged, quiet
from geotamper.imagery.formats import Format
from geotamper.imagery.georeference import GDAL_ERRORS
from geotamper.imagery.headers import FileHeader
from geotamper.imagery.limits import check_size

CACHE_BYTES = 64 * 2**20
"""Decoded blocks that GDAL may keep."""

_MAX_BLOCK_BYTES = 2**30
_DRIVERS: dict[Format, str] = {"tiff": "GTiff", "vrt": "VRT", "png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
_READ_ERRORS = (*GDAL_ERRORS, *DECODER_ERRORS)


@contextlib.contextmanager
def gdal(name: str) -> Iterator[None]:
    """Work with GDAL: bounded cache, no code, no messages on stderr, errors of damaged files as `InputError`.

    Raises:
        InputError: GDAL cannot read the file.
    """
    environment = rasterio.Env(
        GDAL_CACHEMAX=CACHE_BYTES,
        GDAL_DISABLE_READDIR_ON_OPEN="TRUE",  # companions are looked up one by one: the folder may be very full
        GDAL_VRT_ENABLE_PYTHON="NO",
        GDAL_ERROR_ON_LIBJPEG_WARNING="YES",  # cut files would end in grey
    )
    try:
        with quiet(), environment:
            yield
    except _READ_ERRORS as error:
        cause = error.__cause__ if isinstance(error, RasterioError) and error.__cause__ else error
        raise damaged(name, cause) from error


def open_dataset(
    file: FileHeader, place: Path, *, max_pixels: int, level: int | None = None
) -> DatasetReader:
    """Open a file, or its tiled copy, or one of the overviews. Call within `gdal`.

    Args:
        file: That was looked at.
        place: What to open: the path of the file or of its copy.
        max_pixels: Largest product of width and height.
        level: Number of the overview, or None for full resolution.

    Raises:
        InputError: Too large, or stored in pieces that are too large to decode.
    """
    is_copy = place != file.path
    options = {} if level is None else {"overview_level": level}
    driver = "GTiff" if is_copy else _DRIVERS[file.kind]
    source: DatasetReader = rasterio.open(str(place.absolute()), driver=driver, sharing=False, **options)
    try:
        check_size(file.path, source.width, source.height, max_pixels)
        _check_blocks(file, source)
    except InputError:
        source.close()
        raise
    return source


def _check_blocks(file: FileHeader, source: DatasetReader) -> None:
    if source.count < 1:
        return
    height, width = source.block_shapes[0]
    is_packed = source.tags(ns="IMAGE_STRUCTURE").get("INTERLEAVE") == "PIXEL"
    size = height * width * (source.count if is_packed else 1) * _sample_bytes(source)
    if size > _MAX_BLOCK_BYTES:
        raise InputError(
            f"{file.name} is stored in pieces of {size / 2**20:.0f} MiB; expected at most "
            f"{_MAX_BLOCK_BYTES / 2**20:.0f} MiB: write it again in tiles, with "
            f"'gdal_translate -co TILED=YES {file.path.name} OUT.tif' for instance"
        )


def _sample_bytes(source: DatasetReader) -> int:
    try:
        return int(np.dtype(source.dtypes[0]).itemsize)
    except TypeError:  # GDAL's complex integers, refused when bands are chosen
        return 8


def tiled_copy(file: FileHeader) -> tempfile.TemporaryDirectory[str]:
    """Decode a PNG, JPEG or WebP once into a tiled TIFF, in bands of rows.

    These formats are decoded from their beginning only. The copy lies in a folder of its own below the one for
    temporary files (TMPDIR) and takes as much room there as the decoded picture.

    Returns:
        The folder; the copy is its file `copy.tif`.

    Raises:
        InputError: Damaged.
        OutputError: There is no room.
    """
    folder = tempfile.TemporaryDirectory(prefix="geotamper-")
    try:
        with gdal(file.name), open_dataset(file, file.path, max_pixels=2**62) as source:
            _check_room(
                file, folder.name, source.width * source.height * source.count * _sample_bytes(source)
            )
            rasterio.shutil.copy(
                source,
                str(Path(folder.name) / "copy.tif"),
                driver="GTiff",
                tiled="YES",
                blockxsize=512,
                blockysize=512,
                bigtiff="IF_SAFER",
                sparse_ok="FALSE",
            )
    except BaseException:
        folder.cleanup()
        raise
    return folder


def _check_room(file: FileHeader, folder: str, need: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < 1.05 * need:
        raise OutputError(
            f"{file.name} needs {need / 1e9:.1f} GB for a decoded copy, and '{tempfile.gettempdir()}' has "
            f"{free / 1e9:.1f} GB; set TMPDIR to a folder with more room, or convert it to a tiled GeoTIFF"
        )
