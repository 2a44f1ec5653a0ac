"""TIFF and GeoTIFF files, decoded by GDAL."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import rasterio
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from geotamper.errors import InputError
from geotamper.imagery.conversion import ALPHA_NOTE, DECODER_ERRORS, damaged, quiet
from geotamper.imagery.georeference import GDAL_ERRORS, pixel_area
from geotamper.imagery.limits import check_size
from geotamper.imagery.picture import Geotransform, Pixels
from geotamper.imagery.pillow_formats import orientation_note

_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274
_IDENTITY = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
_READ_ERRORS = (*GDAL_ERRORS, *DECODER_ERRORS)
_NAMED_RGB = {"red", "green", "blue"}
# GDAL converts these to RGB itself; SOURCE_COLOR_SPACE is absent where samples are grey, RGB or palette.
_CONVERTED_SPACES: dict[str, tuple[str, ...]] = {
    "CMYK": ("CMYK was converted to RGB by the plain formula; its colour profile was not applied",)
}


@dataclass(frozen=True)
class Georeference:
    """What a TIFF says about its place on Earth.

    Attributes:
        crs: "EPSG:..." or WKT, or None.
        geotransform: GDAL order, or None.
        pixel_area_m2: Square metres, or None.
    """

    crs: str | None = None
    geotransform: Geotransform | None = None
    pixel_area_m2: float | None = None


@dataclass(frozen=True)
class DecodedTiff:
    """Pixels of a TIFF and what stands beside them.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        bands: Number of bands in the file.
        georeference: Place on Earth.
        notes: What reading dropped or assumed.
    """

    pixels: Pixels
    bands: int
    georeference: Georeference
    notes: tuple[str, ...]


def read_tiff(path: Path, stream: BinaryIO, max_pixels: int) -> DecodedTiff:
    """Decode a TIFF with one page of 8-bit grey, RGB, palette, CMYK or YCbCr, with or without alpha.

    World files and other companions beside `path` are used as GDAL uses them.

    Raises:
        InputError: Damaged, cut off, too large, several pages, or other sample types or bands.
    """
    name = f"'{path}' (TIFF)"
    tags = _first_directory(stream)
    width, height = tags.get(_WIDTH), tags.get(_HEIGHT)
    if isinstance(width, int) and isinstance(height, int):
        check_size(path, width, height, max_pixels)
    try:
        # GDAL looks companions up one by one instead of listing what may be a very full folder. The
        # environment also takes libtiff's messages off stderr.
        with (
            quiet(),
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="TRUE"),
            rasterio.open(str(path.absolute()), driver="GTiff") as source,
        ):
            check_size(path, source.width, source.height, max_pixels)
            _refuse_unsupported(source, path, name)
            indexes, notes = _choose_bands(source, path, name)
            pixels = _read_bands(source, indexes)
            georeference, place_notes = _georeference(source)
            notes += _mask_notes(source) + place_notes + orientation_note(tags.get(_ORIENTATION))
            return DecodedTiff(pixels, int(source.count), georeference, notes)
    except _READ_ERRORS as error:
        cause = error.__cause__ if isinstance(error, RasterioError) and error.__cause__ else error
        raise damaged(name, cause) from error


def _first_directory(stream: BinaryIO) -> dict[int, object]:
    """Tags of the first page; empty where the directory is damaged, which GDAL then reports."""
    stream.seek(0)
    head = stream.read(8)
    if len(head) == 8 and 43 in head[2:4]:  # BigTIFF
        head += stream.read(8)
    try:
        with quiet():
            directory = ImageFileDirectory_v2(head)
            stream.seek(directory.next)
            directory.load(stream)
            return {tag: directory.get(tag) for tag in (_WIDTH, _HEIGHT, _ORIENTATION)}
    except DECODER_ERRORS:
        return {}


def _refuse_unsupported(source: DatasetReader, path: Path, name: str) -> None:
    pages = len(source.subdatasets)
    if pages > 1:
        raise InputError(
            f"{name} has {pages} pages; expected one: save the page to inspect as a file, "
            f"with 'gdal_translate GTIFF_DIR:1:{path.name} OUT.tif' for instance"
        )
    types = sorted(set(source.dtypes))
    if types != ["uint8"]:
        pick = " -b 1 -b 2 -b 3" if source.count > 3 else ""
        raise InputError(
            f"{name} has {source.count} band(s) of {', '.join(types)}; expected 8-bit RGB, RGBA or grey: "
            f"convert it, with 'gdal_translate -ot Byte -scale{pick} {path.name} OUT.tif' for instance"
        )
    space = source.tags(ns="IMAGE_STRUCTURE").get("SOURCE_COLOR_SPACE", "YCbCr")
    if space != "YCbCr" and space not in _CONVERTED_SPACES:
        raise InputError(
            f"{name} stores {space} colours; expected RGB, grey, palette or CMYK: convert it to RGB"
        )


def _choose_bands(source: DatasetReader, path: Path, name: str) -> tuple[list[int], tuple[str, ...]]:
    """Band numbers to read as grey (one) or red, green, blue (three)."""
    roles = [role.name for role in source.colorinterp]
    notes = _CONVERTED_SPACES.get(source.tags(ns="IMAGE_STRUCTURE").get("SOURCE_COLOR_SPACE", ""), ())
    if len(roles) in {2, 4} and roles[-1] == "alpha":
        roles = roles[:-1]
        notes += () if notes else (ALPHA_NOTE,)
    if len(roles) == 1:
        return [1], notes
    if len(roles) == 3 and set(roles) == _NAMED_RGB:
        return [roles.index(colour) + 1 for colour in ("red", "green", "blue")], notes
    if len(roles) == 3:
        return [1, 2, 3], (*notes, "the bands carry no colour names; they were taken as red, green, blue")
    pick = " ".join(f"-b {band}" for band in range(1, min(3, len(roles)) + 1)) if len(roles) > 2 else "-b 1"
    raise InputError(
        f"{name} has {source.count} bands of 8 bits ({', '.join(roles[:8])}); expected RGB, RGBA or grey: "
        f"choose the bands, with 'gdal_translate {pick} {path.name} OUT.tif' for instance"
    )


def _read_bands(source: DatasetReader, indexes: list[int]) -> Pixels:
    bands = source.read(indexes)
    if len(indexes) == 3:
        return np.ascontiguousarray(np.moveaxis(bands, 0, -1), dtype=np.uint8)
    grey = bands[0].astype(np.uint8)
    table: Pixels = np.zeros((256, 3), np.uint8)
    if source.colorinterp[0].name == "palette":
        for index, colour in source.colormap(1).items():
            table[index] = colour[:3]
    else:
        levels = 2 ** int(source.tags(1, ns="IMAGE_STRUCTURE").get("NBITS", "8"))
        ramp = np.linspace(0, 255, levels).round().astype(np.uint8)
        # GDAL turns white-is-zero files into a palette or leaves that to the reader, depending on their tags.
        is_inverted = source.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") == "YES"
        table[:levels] = (ramp[::-1] if is_inverted else ramp)[:, np.newaxis]
    expanded: Pixels = table[grey]
    return expanded


def _mask_notes(source: DatasetReader) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if source.nodata is not None:
        notes += (f"pixels with the nodata value {source.nodata:g} are read like any others",)
    flags = source.mask_flag_enums[0]
    if MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags:
        notes += ("a validity mask is stored and not applied",)
    return notes


def _georeference(source: DatasetReader) -> tuple[Georeference, tuple[str, ...]]:
    g0, g1, g2, g3, g4, g5 = (float(v) for v in source.transform.to_gdal())
    geotransform: Geotransform = (g0, g1, g2, g3, g4, g5)
    try:
        crs = source.crs.to_string() if source.crs else None
    except GDAL_ERRORS:
        return Georeference(), ("the coordinate system cannot be understood and was dropped",)
    if geotransform == _IDENTITY:
        has_points = bool(source.gcps[0])
        notes = ("control points are stored and not applied: the picture was read without map coordinates",)
        return Georeference(crs=crs or None), notes if has_points else ()
    if not _is_invertible(geotransform):
        return Georeference(crs=crs or None), ("the geotransform is not invertible and was dropped",)
    if not crs:
        return Georeference(geotransform=geotransform), ()
    area, note = pixel_area(crs, geotransform, int(source.width), int(source.height))
    return Georeference(crs, geotransform, area), (note,) if note else ()


def _is_invertible(geotransform: Geotransform) -> bool:
    _, a, b, _, d, e = geotransform
    determinant = a * e - b * d
    return all(math.isfinite(v) for v in geotransform) and math.isfinite(determinant) and determinant != 0
