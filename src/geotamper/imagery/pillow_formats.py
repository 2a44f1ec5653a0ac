"""PNG, JPEG and WebP files, decoded by Pillow.

The decoder classes are called directly instead of `Image.open`: its limit on pixels is a global of the
process and warns, and it guesses among formats that are not offered here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from geotamper.errors import InputError
from geotamper.imagery.conversion import DECODER_ERRORS, damaged, pil_to_rgb, quiet
from geotamper.imagery.limits import check_size
from geotamper.imagery.picture import Pixels
from geotamper.imagery.png_structure import check_png_chunks, read_png_header
from geotamper.imagery.webp_structure import read_webp_size

_ORIENTATION = 0x0112
_COLOUR_KINDS = {0: "grey", 2: "RGB", 3: "palette", 4: "grey with alpha", 6: "RGBA"}


@dataclass(frozen=True)
class Decoded:
    """Pixels of a file that carries no map coordinates.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        bands: Number of bands in the file.
        notes: What reading dropped or assumed.
    """

    pixels: Pixels
    bands: int
    notes: tuple[str, ...]


def read_png(path: Path, stream: BinaryIO, max_pixels: int) -> Decoded:
    """Decode a PNG of 1 to 8 bits per sample.

    Raises:
        InputError: Damaged, cut off, too large, 16-bit or animated.
    """
    name = f"'{path}' (PNG)"
    try:
        header = read_png_header(stream)
    except ValueError as error:
        raise damaged(name, error) from error
    check_size(path, header.width, header.height, max_pixels)
    if header.bit_depth > 8:
        kind = _COLOUR_KINDS.get(header.colour_type, "unknown colours")
        raise InputError(
            f"{name} has {header.bit_depth} bits per sample ({kind}); expected 8 bits: "
            "convert it, with 'gdal_translate -of PNG -ot Byte -scale IN.png OUT.png' for instance"
        )
    try:
        frames = check_png_chunks(stream).frames
    except ValueError as error:
        raise damaged(name, error) from error
    _refuse_animation(name, frames)
    stream.seek(0)
    return _decode(_open(PngImageFile, stream, name), name, header.bands)


def read_jpeg(path: Path, stream: BinaryIO, max_pixels: int) -> Decoded:
    """Decode a JPEG exactly as libjpeg does, without turning it.

    Raises:
        InputError: Damaged, cut off, too large, not 8-bit, or CMYK whose inks may be stored either way.
    """
    name = f"'{path}' (JPEG)"
    image = _open(JpegImageFile, stream, name)
    check_size(path, image.width, image.height, max_pixels)
    if image.mode == "CMYK" and "adobe" not in image.info:
        raise InputError(
            f"{name} is CMYK and does not say whether its inks are stored inverted; "
            "expected RGB, grey or Adobe CMYK: convert it to RGB with the program that made it"
        )
    decoded = _decode(image, name, len(image.getbands()))
    if "mp" in image.info:
        note = "the file holds further pictures (MPO); only the first one was read"
        return Decoded(decoded.pixels, decoded.bands, (*decoded.notes, note))
    return decoded


def read_webp(path: Path, stream: BinaryIO, max_pixels: int) -> Decoded:
    """Decode a still WebP, lossy or lossless.

    Raises:
        InputError: Damaged, cut off, too large or animated.
    """
    name = f"'{path}' (WebP)"
    size = read_webp_size(stream)
    if size is not None:
        check_size(path, *size, max_pixels)
    stream.seek(0)
    image = _open(WebPImageFile, stream, name)
    check_size(path, image.width, image.height, max_pixels)
    _refuse_animation(name, int(getattr(image, "n_frames", 1)))
    return _decode(image, name, len(image.getbands()))


def orientation_note(orientation: object) -> tuple[str, ...]:
    """The note for an orientation tag that asks viewers to turn or mirror the picture.

    Coordinates are reported in pixels of the file, so the tag is not followed.
    """
    if isinstance(orientation, int) and 2 <= orientation <= 8:
        note = (
            f"the orientation tag is {orientation}: viewers turn or mirror the picture; "
            "it was read, and coordinates are given, as stored in the file"
        )
        return (note,)
    return ()


def _refuse_animation(name: str, frames: int) -> None:
    if frames > 1:
        raise InputError(
            f"{name} is animated ({frames} frames); expected a still picture: "
            "save the frame to inspect as a file"
        )


def _open(decoder: type[ImageFile], stream: BinaryIO, name: str) -> ImageFile:
    try:
        with quiet():
            return decoder(stream)
    except DECODER_ERRORS as error:
        raise damaged(name, error) from error


def _decode(image: ImageFile, name: str, bands: int) -> Decoded:
    pixels, notes = pil_to_rgb(image, name)
    return Decoded(pixels, bands, notes + orientation_note(_orientation(image)))


def _orientation(image: Image.Image) -> object:
    try:
        with quiet():
            return image.getexif().get(_ORIENTATION)
    except DECODER_ERRORS:
        return None  # damaged metadata around sound pixels
