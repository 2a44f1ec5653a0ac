"""What the header of a picture file says, before anything is decoded."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from geotamper.errors import InputError
from geotamper.imagery.conversion import DECODER_ERRORS, damaged, quiet
from geotamper.imagery.coverage import Coverage
from geotamper.imagery.formats import EXPECTED, START_BYTES, Format, check_is_file, recognise
from geotamper.imagery.limits import check_size
from geotamper.imagery.orientation import UPRIGHT, Orientation
from geotamper.imagery.png_structure import check_png_chunks, read_png_header
from geotamper.imagery.tiff_structure import read_tiff_header
from geotamper.imagery.vrt import check_vrt
from geotamper.imagery.webp_structure import is_animated_webp, read_webp_exif, read_webp_size

_ORIENTATION = 0x0112
_LABELS: dict[Format, str] = {"tiff": "TIFF", "vrt": "VRT", "png": "PNG", "jpeg": "JPEG", "webp": "WebP"}


@dataclass(frozen=True, eq=False)
class FileHeader:
    """What a header says.

    Attributes:
        path: Of the file, as the caller gave it.
        kind: Format.
        width: Columns as stored; None where the header is damaged, which decoding then reports, and for VRTs.
        height: Rows as stored, likewise.
        bands: Of a PNG; 0 for the others, whose bands decoding tells.
        bits: Per sample of a PNG; 8 for the others, whose samples GDAL tells.
        orientation: What the orientation tag asks for.
        coverage: Which part of a TIFF or VRT is stored; None for all of it.
    """

    path: Path
    kind: Format
    width: int | None = None
    height: int | None = None
    bands: int = 0
    bits: int = 8
    orientation: Orientation = UPRIGHT
    coverage: Coverage | None = None

    @property
    def name(self) -> str:
        """How messages call the file."""
        return f"'{self.path}' ({_LABELS[self.kind]})"


def look_at(path: Path, max_pixels: int, vrt_root: Path | None = None) -> FileHeader:
    """Recognise a file and check its header.

    Args:
        path: Of the file.
        max_pixels: Largest product of width and height; that of a VRT shows when it is opened.
        vrt_root: As `check_vrt`.

    Raises:
        InputError: Not a file, of no known format, or as `read_header` and `check_vrt`.
    """
    check_is_file(path)
    try:
        with path.open("rb") as stream:
            kind = recognise(path, stream.read(START_BYTES))
            if kind == "vrt":
                return FileHeader(path, kind, coverage=check_vrt(path, vrt_root))
            return read_header(path, stream, kind, max_pixels)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"'{path}' cannot be read ({reason}); {EXPECTED} that you may read") from error


def read_header(path: Path, stream: BinaryIO, kind: Format, max_pixels: int) -> FileHeader:
    """Read and check the header of a file that is no VRT.

    Raises:
        InputError: Damaged, cut off, animated, larger than the limit, or CMYK whose inks may be stored either way.
    """
    if kind == "png":
        return _png(path, stream, max_pixels)
    header = {"tiff": _tiff, "jpeg": _jpeg, "webp": _webp}[kind](path, stream)
    if header.width is not None and header.height is not None:
        check_size(path, header.width, header.height, max_pixels)
    return header


def refuse_animation(name: str, frames: int) -> None:
    """Refuse a file of several frames.

    Raises:
        InputError: With their number.
    """
    if frames > 1:
        raise InputError(
            f"{name} is animated ({frames} frames); expected a still picture: save the frame to inspect as a file"
        )


def refuse_unclear_inks(name: str, image: Image.Image) -> None:
    """Refuse a CMYK JPEG that does not say how its inks are stored.

    Raises:
        InputError: It does not.
    """
    if image.mode == "CMYK" and "adobe" not in image.info:
        raise InputError(
            f"{name} is CMYK and does not say whether its inks are stored inverted; "
            "expected RGB, grey or Adobe CMYK: convert it to RGB with the program that made it"
        )


def _tiff(path: Path, stream: BinaryIO) -> FileHeader:
    header = read_tiff_header(stream)
    turn = Orientation.from_tag(header.orientation)
    return FileHeader(path, "tiff", header.width, header.height, orientation=turn, coverage=header.coverage)


def _png(path: Path, stream: BinaryIO, max_pixels: int) -> FileHeader:
    name = f"'{path}' (PNG)"
    try:
        header = read_png_header(stream)
        check_size(path, header.width, header.height, max_pixels)  # before a walk through a long file
        contents = check_png_chunks(stream)
    except ValueError as error:
        raise damaged(name, error) from error
    refuse_animation(name, contents.frames)
    turn = _orientation_in(contents.exif)
    return FileHeader(
        path, "png", header.width, header.height, header.bands, header.bit_depth, orientation=turn
    )


def _jpeg(path: Path, stream: BinaryIO) -> FileHeader:
    name = f"'{path}' (JPEG)"
    stream.seek(0)
    image: ImageFile
    try:
        with quiet():
            image = JpegImageFile(stream)
    except DECODER_ERRORS as error:
        raise damaged(name, error) from error
    refuse_unclear_inks(name, image)
    turn = _orientation_in(image.info.get("exif"))
    return FileHeader(path, "jpeg", image.width, image.height, orientation=turn)


def _webp(path: Path, stream: BinaryIO) -> FileHeader:
    size = read_webp_size(stream)
    if size is None:
        raise damaged(f"'{path}' (WebP)", ValueError("the header is damaged or cut off"))
    refuse_animation(f"'{path}' (WebP)", 2 if is_animated_webp(stream) else 1)
    return FileHeader(path, "webp", size[0], size[1], orientation=_orientation_in(read_webp_exif(stream)))


def _orientation_in(block: object) -> Orientation:
    """The orientation of an EXIF block; damaged metadata around sound pixels count as none."""
    if not isinstance(block, bytes) or not block:
        return UPRIGHT
    exif = Image.Exif()
    try:
        with quiet():
            exif.load(block)
            return Orientation.from_tag(exif.get(_ORIENTATION))
    except DECODER_ERRORS:
        return UPRIGHT
