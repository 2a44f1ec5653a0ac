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
from geotamper.imagery.formats import Format
from geotamper.imagery.limits import check_size
from geotamper.imagery.orientation import UPRIGHT, Orientation
from geotamper.imagery.png_structure import check_png_chunks, read_png_header
from geotamper.imagery.tiff_structure import read_tiff_header
from geotamper.imagery.webp_structure import is_animated_webp, read_webp_exif, read_webp_size

_ORIENTATION = 0x0112


@dataclass(frozen=True, eq=False)
class FileHeader:
    """What a header says.

    Attributes:
        width: Columns as stored; None where the header is damaged, which decoding then reports, and for VRTs.
        height: Rows as stored, likewise.
        orientation: What the orientation tag asks for.
        coverage: Which part of a TIFF is stored; None for all of it.
    """

    width: int | None = None
    height: int | None = None
    orientation: Orientation = UPRIGHT
    coverage: Coverage | None = None


def read_header(path: Path, stream: BinaryIO, kind: Format, max_pixels: int) -> FileHeader:
    """Read and check the header of a file.

    Raises:
        InputError: Damaged, cut off, animated, larger than the limit, or CMYK whose inks may be stored either way.
    """
    if kind == "tiff":
        header = _tiff(stream)
    elif kind == "png":
        header = _png(path, stream, max_pixels)
    elif kind == "jpeg":
        header = _jpeg(path, stream)
    elif kind == "webp":
        header = _webp(path, stream)
    else:
        header = FileHeader()
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


def orientation_of(image: Image.Image) -> Orientation:
    """The orientation of an opened file; damaged metadata around sound pixels count as none."""
    try:
        with quiet():
            return Orientation.from_tag(image.getexif().get(_ORIENTATION))
    except DECODER_ERRORS:
        return Orientation()


def _tiff(stream: BinaryIO) -> FileHeader:
    header = read_tiff_header(stream)
    return FileHeader(
        header.width, header.height, Orientation.from_tag(header.orientation), coverage=header.coverage
    )


def _png(path: Path, stream: BinaryIO, max_pixels: int) -> FileHeader:
    name = f"'{path}' (PNG)"
    try:
        header = read_png_header(stream)
        check_size(path, header.width, header.height, max_pixels)  # before a walk through a long file
        contents = check_png_chunks(stream)
    except ValueError as error:
        raise damaged(name, error) from error
    refuse_animation(name, contents.frames)
    return FileHeader(header.width, header.height, _orientation_in(contents.exif))


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
    return FileHeader(image.width, image.height, orientation_of(image))


def _webp(path: Path, stream: BinaryIO) -> FileHeader:
    size = read_webp_size(stream)
    if size is None:
        raise damaged(f"'{path}' (WebP)", ValueError("the header is damaged or cut off"))
    refuse_animation(f"'{path}' (WebP)", 2 if is_animated_webp(stream) else 1)
    return FileHeader(*size, _orientation_in(read_webp_exif(stream)))


def _orientation_in(block: bytes) -> Orientation:
    exif = Image.Exif()
    try:
        with quiet():
            exif.load(block)
            return Orientation.from_tag(exif.get(_ORIENTATION))
    except DECODER_ERRORS:
        return Orientation()
