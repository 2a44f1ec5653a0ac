"""Picture files in: the format is told by the first bytes, never by the name."""

import hashlib
import stat
from io import BufferedReader
from pathlib import Path

from geotamper.errors import InputError
from geotamper.imagery.limits import MAX_PIXELS
from geotamper.imagery.picture import Picture

_EXPECTED = "expected a PNG, JPEG, WebP, TIFF or GeoTIFF picture"
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_OTHER_FORMATS = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 codestream"),
    (b"\x89HDF", "an HDF5 or NetCDF file"),
    (b"CDF", "a NetCDF file"),
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop file"),
    (b"NITF", "a NITF file"),
    (b"PK\x03\x04", "a ZIP archive"),
)


def read_picture(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read one picture as 8-bit RGB.

    Grey is repeated to three bands, palettes are expanded, alpha is dropped (colours under transparent pixels
    stay), CMYK is converted by the plain formula. Nothing is turned, blended or rescaled; what was dropped or
    assumed stands in the notes.

    Args:
        path: A PNG, JPEG, WebP, TIFF or GeoTIFF file; the suffix does not matter.
        max_pixels: Largest width times height, checked before anything is decoded.

    Raises:
        InputError: Missing, unreadable, not a file, empty, damaged, of an unknown format, animated, with
            several pages, not 8-bit, with other bands, or above the limit.
    """
    path = Path(path)
    _check_is_file(path)
    try:
        with path.open("rb") as stream:
            return _read(path, stream, max_pixels)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"'{path}' cannot be read ({reason}); {_EXPECTED} that you may read") from error


def _check_is_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"'{path}' does not exist; {_EXPECTED}: check the path") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"'{path}' cannot be looked up ({reason}); {_EXPECTED}: check the path") from error
    if stat.S_ISDIR(mode):
        raise InputError(f"'{path}' is a folder; {_EXPECTED}: name a file in it")
    if not stat.S_ISREG(mode):  # reading a pipe or device could wait for ever
        raise InputError(f"'{path}' is not a regular file; {_EXPECTED}: save it as a file first")


def _read(path: Path, stream: BufferedReader, max_pixels: int) -> Picture:
    start = stream.read(16)
    stream.seek(0)
    # The decoders are imported here so that one format's library is not loaded for another's file.
    if start.startswith(_TIFF_STARTS):
        from geotamper.imagery.tiff import read_tiff

        tiff = read_tiff(path, stream, max_pixels)
        place = tiff.georeference
        return Picture(
            pixels=tiff.pixels,
            path=str(path),
            sha256=_digest(stream),
            bands=tiff.bands,
            dtype="uint8",
            crs=place.crs,
            geotransform=place.geotransform,
            pixel_area_m2=place.pixel_area_m2,
            notes=tiff.notes,
        )
    from geotamper.imagery.pillow_formats import read_jpeg, read_png, read_webp
    from geotamper.imagery.png_structure import SIGNATURE

    if start.startswith(SIGNATURE):
        decoded = read_png(path, stream, max_pixels)
    elif start.startswith(b"\xff\xd8\xff"):
        decoded = read_jpeg(path, stream, max_pixels)
    elif start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        decoded = read_webp(path, stream, max_pixels)
    else:
        raise _unknown_format(path, start)
    return Picture(
        pixels=decoded.pixels,
        path=str(path),
        sha256=_digest(stream),
        bands=decoded.bands,
        dtype="uint8",
        crs=None,
        geotransform=None,
        pixel_area_m2=None,
        notes=decoded.notes,
    )


def _unknown_format(path: Path, start: bytes) -> InputError:
    if not start:
        return InputError(f"'{path}' is empty (0 bytes); {_EXPECTED}: fetch or export it again")
    for magic, what in _OTHER_FORMATS:
        if start.startswith(magic):
            return InputError(f"'{path}' is {what}; {_EXPECTED}: convert it to PNG or TIFF")
    return InputError(
        f"'{path}' is no picture of a known format, whatever its suffix says; {_EXPECTED}: "
        "check what the file holds"
    )


def _digest(stream: BufferedReader) -> str:
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()
