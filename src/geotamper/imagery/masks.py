"""Masks out and in: 0/255 PNG, or GeoTIFF where the picture has a coordinate system."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from PIL import Image
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from geotamper.atomic import write_bytes
from geotamper.errors import InputError, SpecificationError
from geotamper.imagery.conversion import quiet
from geotamper.imagery.limits import MAX_PIXELS
from geotamper.imagery.picture import Picture
from geotamper.imagery.reading import read_picture

BoolMask = npt.NDArray[np.bool_]

_OWN_SUFFIXES = {".png", ".tif", ".tiff"}


def write_mask(path: Path, mask: BoolMask, *, like: Picture) -> Path:
    """Write a mask as 8-bit single-channel picture, 255 inside and 0 outside.

    Args:
        path: Where to, without suffix; one of .png, .tif and .tiff is replaced by what the format asks for.
        mask: (H, W) bool of the picture's size.
        like: The picture that the mask belongs to: with a CRS the mask becomes a GeoTIFF with its CRS and
            geotransform, otherwise a PNG.

    Returns:
        The path written.

    Raises:
        SpecificationError: The mask is not bool or not of the picture's size.
        OutputError: The file cannot be written.
    """
    if mask.dtype != np.bool_ or mask.shape != (like.height, like.width):
        raise SpecificationError(
            f"a mask of {mask.dtype} and shape {mask.shape} was given; expected bool of the picture's size "
            f"({like.height}, {like.width})"
        )
    grey = mask.astype(np.uint8) * np.uint8(255)
    stem = path.with_suffix("") if path.suffix.lower() in _OWN_SUFFIXES else path
    target = stem.with_name(stem.name + (".png" if like.crs is None else ".tif"))
    write_bytes(target, _encode_png(grey) if like.crs is None else _encode_geotiff(grey, like))
    return target


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


def _encode_png(grey: npt.NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()


def _encode_geotiff(grey: npt.NDArray[np.uint8], like: Picture) -> bytes:
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "height": grey.shape[0],
        "width": grey.shape[1],
        "count": 1,
        "dtype": "uint8",
        "crs": like.crs,
        "compress": "deflate",
    }
    if like.geotransform is not None:
        profile["transform"] = Affine.from_gdal(*like.geotransform)
    # In memory first: GDAL would report a full disk late or only in its log, and leave companions behind.
    with quiet(), rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(grey, 1)
        return bytes(memory.getbuffer())
