"""How large a picture may be, asked of the header before anything is decoded."""

from pathlib import Path

from geotamper.errors import InputError

MAX_PIXELS = 4096 * 4096
"""Default limit of a picture in memory, pixels."""

MAX_RASTER_PIXELS = 10**11
"""Limit of a raster that is read in windows, pixels."""


def check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture whose header claims no pixels or too many.

    Args:
        path: Named in the message.
        width: Pixels, as the header says.
        height: Pixels, as the header says.
        max_pixels: Largest product of the two.

    Raises:
        InputError: The picture is empty or larger than the limit.
    """
    if width < 1 or height < 1:
        raise InputError(
            f"'{path}' claims {width} x {height} pixels; expected at least 1 x 1: the file is damaged"
        )
    if width * height > max_pixels:
        raise InputError(
            f"'{path}' is {width} x {height} pixels ({width * height / 1e6:.1f} million); "
            f"expected at most {max_pixels / 1e6:.1f} million pixels (4096 x 4096 are 16.8 million); "
            "cut it into parts, with 'gdal_translate -srcwin X Y WIDTH HEIGHT' for instance"
        )
