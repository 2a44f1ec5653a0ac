"""Masks from files, as true and false."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from geotamper.errors import InputError
from geotamper.imagery.limits import MAX_PIXELS
from geotamper.imagery.reading import read_picture

BoolMask = npt.NDArray[np.bool_]


def read_mask(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> BoolMask:
    """Read a mask of any supported picture format: true where the grey value is above 127.

    Args:
        path: A grey picture with values around 0 and 255; 1-bit pictures and grey palettes count as such.
        max_pixels: Largest width times height.

    Returns:
        (H, W) bool.

    Raises:
        InputError: As `read_picture`; coloured; or values that end at or below 127 without being all 0.
    """
    picture = read_picture(path, max_pixels=max_pixels)
    pixels = picture.pixels
    if picture.dtype != "uint8":
        raise InputError(
            f"'{path}' has samples of {picture.dtype}; expected a mask of 8 bits with 0 outside and 255 inside: "
            "write it again, with 'gdal_translate -ot Byte' for instance"
        )
    grey = pixels[..., 0]
    if not (np.array_equal(grey, pixels[..., 1]) and np.array_equal(grey, pixels[..., 2])):
        raise InputError(f"'{path}' is coloured; expected a grey mask with 0 outside and 255 inside")
    highest = int(grey.max())
    if 0 < highest <= 127:
        raise InputError(
            f"'{path}' has no value above {highest}; expected a mask with 0 outside and 255 inside: "
            "scale labels such as 0 and 1 to 0 and 255"
        )
    mask: BoolMask = grey > 127
    return mask
