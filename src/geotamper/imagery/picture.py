"""A picture in memory with what its file said about it."""

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geotamper.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

    from geotamper.imagery.conversion import Converted

Pixels = npt.NDArray[np.uint8]
Geotransform = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels and provenance of one picture.

    Two pictures are equal only if they are the same object: comparing pixels is the caller's decision, and
    `sha256` compares contents.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, C-contiguous.
        path: As the caller gave it, or None for arrays and PIL images.
        sha256: Hexadecimal digest of the file's bytes; of the array's bytes where there was no file.
        bands: Number of bands in the file, alpha included (1 for grey and palettes).
        dtype: Sample type in the file, as NumPy names it; "uint8" also for fewer bits per sample.
        crs: Coordinate reference system, "EPSG:..." where it has a code and WKT otherwise, or None.
        geotransform: Six numbers in GDAL's order, taking (column, row) of pixel corners to map coordinates.
        pixel_area_m2: Ground area of one pixel, square metres; see `georeference.pixel_area`.
        notes: What was dropped, assumed or not applied while reading, in sentences.
        valid: (H, W) bool, false where the picture holds nothing (nodata, a mask, transparency); None where it holds
            something everywhere.
    """

    pixels: Pixels = field(repr=False)
    path: str | None
    sha256: str
    bands: int
    dtype: str
    crs: str | None
    geotransform: Geotransform | None
    pixel_area_m2: float | None
    notes: tuple[str, ...]
    valid: npt.NDArray[np.bool_] | None = field(default=None, repr=False)

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.pixels.shape[0])

    @classmethod
    def from_array(cls, array: npt.NDArray[Any]) -> "Picture":
        """Take pixels that the caller holds already.

        Args:
            array: (H, W, 3) uint8 RGB, or (H, W) uint8 grey. A contiguous RGB array is shared, not copied, so
                it must not be changed afterwards.

        Raises:
            InputError: Another type, shape or sample type, or no pixels.
        """
        if not isinstance(array, np.ndarray):
            raise InputError(
                f"a {type(array).__name__} was given as picture; expected a numpy array (H, W, 3) uint8"
            )
        if array.dtype != np.uint8:
            raise InputError(
                f"an array of {array.dtype} was given as picture; expected uint8 with values 0 to 255: "
                "scale it first"
            )
        is_grey = array.ndim == 2
        if not is_grey and (array.ndim != 3 or array.shape[2] != 3):
            raise InputError(
                f"an array of shape {array.shape} was given as picture; expected (H, W, 3) RGB or (H, W) grey"
            )
        if array.size == 0:
            raise InputError(
                f"an array of shape {array.shape} was given as picture; expected at least one pixel"
            )
        rgb = np.repeat(array[..., np.newaxis], 3, axis=2) if is_grey else array
        from geotamper.imagery.conversion import Converted

        return cls._without_file(Converted(rgb), array.tobytes(), 1 if is_grey else 3)

    @classmethod
    def from_pil(cls, image: "Image") -> "Picture":
        """Take a PIL image, converted to RGB as `read_picture` does it.

        The digest is that of the RGB pixels: the file behind the image, if there was one, is not looked at.

        Raises:
            InputError: Not a PIL image, a mode that is not 8-bit, no pixels, or damaged pixels.
        """
        from geotamper.imagery.conversion import pil_to_rgb

        converted = pil_to_rgb(image, "the PIL image")
        if converted.pixels.size == 0:
            raise InputError(
                f"the PIL image is {image.width} x {image.height} pixels; expected at least 1 x 1"
            )
        return cls._without_file(converted, converted.pixels.tobytes(), len(image.getbands()))

    @classmethod
    def _without_file(cls, converted: "Converted", content: bytes, bands: int) -> "Picture":
        return cls(
            pixels=np.ascontiguousarray(converted.pixels),
            path=None,
            sha256=hashlib.sha256(content).hexdigest(),
            bands=bands,
            dtype="uint8",
            crs=None,
            geotransform=None,
            pixel_area_m2=None,
            notes=converted.notes,
            valid=converted.valid,
        )
