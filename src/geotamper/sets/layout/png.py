"""PNG bytes out and in, as the sets hold them."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geotamper.errors import InputError, OutputError, SpecificationError
from geotamper.imagery.limits import MAX_PIXELS
from geotamper.imagery.picture import Pixels

Grey = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]

COMPRESSION_LEVEL = 1
"""Noise does not shrink any further, and the highest levels take ten times as long."""

MASK_THRESHOLD = 127
"""A mask is true above this grey value."""


@dataclass(frozen=True)
class GreyFile:
    """A mask file as it was stored.

    Attributes:
        values: (H, W) uint8; of a coloured file the first band.
        bands: Number of bands in the file; masks have one.
    """

    values: Grey
    bands: int

    @property
    def mask(self) -> BoolMask:
        """(H, W) bool, true above 127."""
        inside: BoolMask = self.values > MASK_THRESHOLD
        return inside


def encode_png(pixels: Pixels | Grey | BoolMask) -> bytes:
    """Encode (H, W, 3) uint8 RGB, (H, W) uint8 grey, or an (H, W) bool mask as 0 and 255.

    Raises:
        SpecificationError: Another shape or type.
    """
    import cv2

    coloured = pixels.ndim == 3 and pixels.shape[2] == 3
    if pixels.dtype not in (np.uint8, np.bool_) or not (coloured or pixels.ndim == 2):
        raise SpecificationError(
            f"expected (H, W, 3) or (H, W) uint8 or a bool mask, got {pixels.shape} {pixels.dtype}"
        )
    values = np.asarray(pixels, dtype=np.uint8)
    if pixels.dtype == np.bool_:
        values = values * np.uint8(255)
    stored = cv2.cvtColor(values, cv2.COLOR_RGB2BGR) if coloured else values
    done, content = cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION_LEVEL])
    if not done:
        raise OutputError(f"a picture of shape {values.shape} cannot be encoded as PNG")
    return content.tobytes()


def decode_rgb(content: bytes, name: str) -> Pixels:
    """Decode the PNG of a picture; alpha is dropped, grey repeated.

    Args:
        content: The file.
        name: How messages name it.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        InputError: No PNG of at most 8 bits per sample, or damaged.
    """
    from geotamper.imagery.pillow_formats import read_png

    return read_png(Path(name), io.BytesIO(content), MAX_PIXELS).pixels


def decode_grey(content: bytes, name: str) -> GreyFile:
    """Decode the PNG of a mask as it is stored.

    Raises:
        InputError: As `decode_rgb`.
    """
    from geotamper.imagery.pillow_formats import read_png

    decoded = read_png(Path(name), io.BytesIO(content), MAX_PIXELS)
    return GreyFile(np.ascontiguousarray(decoded.pixels[..., 0]), decoded.bands)


def png_size(content: bytes, name: str) -> tuple[int, int]:
    """Width and height of a PNG, from its header.

    Raises:
        InputError: The file does not start like a PNG.
    """
    from geotamper.imagery.png_structure import read_png_header

    try:
        header = read_png_header(io.BytesIO(content))
    except ValueError as error:
        raise InputError(f"'{name}' does not start like a PNG ({error}); fetch or write it again") from error
    return header.width, header.height
