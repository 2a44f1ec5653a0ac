"""PNG, JPEG and WebP files of 8 bits, decoded by Pillow.

The decoder classes are called directly instead of `Image.open`: its limit on pixels is a global of the
process and warns, and it guesses among formats that are not offered here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from geotamper.errors import InputError
from geotamper.imagery.conversion import DECODER_ERRORS, damaged, pil_to_rgb, quiet
from geotamper.imagery.headers import FileHeader, read_header, refuse_animation
from geotamper.imagery.limits import check_size
from geotamper.imagery.picture import Pixels

_DECODERS: dict[str, type[ImageFile]] = {"png": PngImageFile, "jpeg": JpegImageFile, "webp": WebPImageFile}


@dataclass(frozen=True)
class Decoded:
    """Pixels of a file that carries no map coordinates.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, upright.
        valid: (H, W) bool, false where it is fully transparent; None for none of it.
        bands: Number of bands in the file.
        notes: What reading dropped or assumed.
    """

    pixels: Pixels
    valid: npt.NDArray[np.bool_] | None
    bands: int
    notes: tuple[str, ...]


def read_png(path: Path, stream: BinaryIO, max_pixels: int) -> Decoded:
    """Decode a PNG of 1 to 8 bits per sample.

    Raises:
        InputError: Damaged, cut off, too large, 16-bit or animated.
    """
    return decode(read_header(path, stream, "png", max_pixels), stream, max_pixels)


def decode(header: FileHeader, stream: BinaryIO, max_pixels: int) -> Decoded:
    """Decode a file exactly as libpng, libjpeg or libwebp does, and turn it upright.

    Args:
        header: Of a PNG, JPEG or WebP.
        stream: The file.
        max_pixels: Largest width times height.

    Raises:
        InputError: Damaged, cut off, too large, not 8-bit, or animated.
    """
    name = header.name
    if header.bits > 8:
        raise InputError(
            f"{name} has {header.bits} bits per sample; expected 8 bits: "
            "convert it, with 'gdal_translate -of PNG -ot Byte -scale IN.png OUT.png' for instance"
        )
    stream.seek(0)
    try:
        with quiet():
            image = _DECODERS[header.kind](stream)
    except DECODER_ERRORS as error:
        raise damaged(name, error) from error
    check_size(header.path, image.width, image.height, max_pixels)
    refuse_animation(name, 1 if header.kind == "jpeg" else int(getattr(image, "n_frames", 1)))
    converted, turn = pil_to_rgb(image, name), header.orientation
    notes = converted.notes + turn.notes
    if header.kind == "jpeg" and "mp" in image.info:
        notes += ("the file holds further pictures (MPO); only the first one was read",)
    return Decoded(
        pixels=turn.upright(converted.pixels),
        valid=None if converted.valid is None else turn.upright(converted.valid),
        bands=header.bands or len(image.getbands()),
        notes=notes,
    )
