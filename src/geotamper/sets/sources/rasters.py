"""Windows of raw pictures and label files, without decoding more of a file than needed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window as RasterWindow

from geotamper.errors import InputError
from geotamper.imagery.conversion import quiet
from geotamper.imagery.georeference import GDAL_ERRORS
from geotamper.imagery.picture import Pixels
from geotamper.imagery.reading import read_picture
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.labels import BoolMask
from geotamper.sets.sources.protocol import Window

_KEPT_OPEN = 4
# Bytes: a row of tiles of three files of 13,000 pixels takes half of it; GDAL alone would take 5 % of the memory.
_CACHE = 128 << 20
_MAX_JPEG = 65_500**2  # pixels; no JPEG is larger
_COLOURS = ("red", "green", "blue")
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Rgb:
    """Pixels of a window.

    Attributes:
        pixels: (side, side, 3) uint8 RGB.
        is_void: (side, side) bool, true where the file's alpha band or mask says that there is nothing.
        is_jpeg: The file is a JPEG.
    """

    pixels: Pixels
    is_void: BoolMask
    is_jpeg: bool = False


class Rasters:
    """Opened raster files of one reader; the last few stay open, because tiles of one file come in a row."""

    def __init__(self) -> None:
        self._open: dict[Path, DatasetReader] = {}
        self._jpeg: tuple[Path, Pixels] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: handles do not survive the way to another process."""
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        del state
        self._open, self._jpeg = {}, None

    def close(self) -> None:
        """Close all files."""
        while self._open:
            self._open.popitem()[1].close()

    def size(self, path: Path) -> tuple[int, int]:
        """Width and height as the header says, pixels.

        Raises:
            TileError: The file is missing or no picture.
        """
        with _as_tile_error(path), _environment(), rasterio.open(path) as source:
            return int(source.width), int(source.height)

    def rgb(self, path: Path, window: Window) -> Rgb:
        """Colours of a picture.

        Raises:
            TileError: Missing, damaged, smaller than the window, not 8-bit, or without three colour bands.
        """
        rgb = self._read(path, window, _read_rgb)
        return Rgb(self._jpeg_part(path, window), rgb.is_void) if rgb.is_jpeg else rgb

    def ids(self, path: Path, window: Window) -> npt.NDArray[np.integer[Any]]:
        """First band as stored: ids, not colours, also where a palette gives them colours.

        Returns:
            (side, side) of the file's own integer type.

        Raises:
            TileError: Missing, damaged, smaller than the window, not of whole numbers, or coloured.
        """
        return self._read(path, window, _read_ids)

    def colours(self, path: Path, window: Window) -> Pixels:
        """Colours of a colour-coded label file, (side, side, 3) uint8; palettes and grey are expanded.

        Raises:
            TileError: As `rgb`, but one band will do.
        """
        return self._read(path, window, _read_colours)

    def _jpeg_part(self, path: Path, window: Window) -> Pixels:
        """A window as `read_picture` decodes it: GDAL enlarges the colour bands of a JPEG without smoothing."""
        if self._jpeg is None or self._jpeg[0] != path:
            try:
                self._jpeg = path, read_picture(path, max_pixels=_MAX_JPEG).pixels
            except InputError as error:
                raise TileError(str(error), path) from error
        pixels = self._jpeg[1]
        return np.ascontiguousarray(
            pixels[window.y : window.y + window.side, window.x : window.x + window.side]
        )

    def _read(self, path: Path, window: Window, how: Callable[[DatasetReader, RasterWindow], _Read]) -> _Read:
        with _as_tile_error(path), _environment():
            source = self._opened(path)
            if window.x + window.side > source.width or window.y + window.side > source.height:
                raise TileError(
                    f"'{path}' is {source.width} x {source.height} pixels; expected at least "
                    f"{window.x + window.side} x {window.y + window.side}, the size of the file it belongs to",
                    path,
                )
            return how(source, RasterWindow(window.x, window.y, window.side, window.side))

    def _opened(self, path: Path) -> DatasetReader:
        source = self._open.pop(path, None) or rasterio.open(path)
        self._open[path] = source  # at the end: the longest unused one is first
        if len(self._open) > _KEPT_OPEN:
            self._open.pop(next(iter(self._open))).close()
        return source


@contextmanager
def _environment() -> Iterator[None]:
    options: dict[str, str | int] = {
        "GDAL_CACHEMAX": _CACHE,
        # Companion files are looked up one by one instead of listing a folder of thousands for every tile.
        "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
        "GDAL_ERROR_ON_LIBJPEG_WARNING": "TRUE",
        # GDAL's way of decoding a PNG at one go holds the whole picture and returns cut-off files without error.
        "GDAL_PNG_WHOLE_IMAGE_OPTIM": "NO",
    }
    with quiet(), rasterio.Env(**options):
        yield


@contextmanager
def _as_tile_error(path: Path) -> Iterator[None]:
    try:
        yield
    except (*GDAL_ERRORS, OSError, MemoryError, ValueError) as error:
        if not path.exists():
            raise TileError(
                f"'{path}' does not exist; the folder changed since it was listed", path
            ) from error
        cause = error.__cause__ if isinstance(error, RasterioError) and error.__cause__ else error
        reason = " ".join(str(cause).split())[:200] or type(cause).__name__
        raise TileError(
            f"'{path}' cannot be decoded ({reason}); expected a complete PNG, TIFF, JPEG, WebP or BMP file: "
            "fetch it again",
            path,
        ) from error


def _read_rgb(source: DatasetReader, window: RasterWindow) -> Rgb:
    roles = [role.name for role in source.colorinterp]
    colour_roles = roles[:-1] if roles[-1] == "alpha" else roles
    if set(source.dtypes) != {"uint8"} or len(colour_roles) != 3:
        path = Path(source.name)
        raise TileError(
            f"'{path}' has {source.count} band(s) of {', '.join(sorted(set(source.dtypes)))} "
            f"({', '.join(roles[:8])}); expected 8-bit RGB or RGBA: convert it to RGB first",
            path,
        )
    bands = [roles.index(name) + 1 for name in _COLOURS] if set(_COLOURS) <= set(roles) else [1, 2, 3]
    pixels = np.ascontiguousarray(np.moveaxis(source.read(bands, window=window), 0, -1))
    return Rgb(pixels, source.dataset_mask(window=window) == 0, is_jpeg=source.driver == "JPEG")


def _read_ids(source: DatasetReader, window: RasterWindow) -> npt.NDArray[np.integer[Any]]:
    path = Path(source.name)
    bands = list(range(1, min(source.count, len(_COLOURS)) + 1))
    stack: npt.NDArray[Any] = source.read(bands, window=window)
    ids: npt.NDArray[Any] = stack[0]
    if len(bands) == len(_COLOURS) and not (stack == ids).all():
        raise TileError(
            f"'{path}' is coloured; expected one band of numbers, or a class table that names the colours as '#RRGGBB'",
            path,
        )
    if not np.issubdtype(ids.dtype, np.integer):
        raise TileError(f"'{path}' holds {ids.dtype} values; expected whole numbers as labels", path)
    return ids


def _read_colours(source: DatasetReader, window: RasterWindow) -> Pixels:
    if source.count >= 3:
        return _read_rgb(source, window).pixels
    values = _read_ids(source, window)
    table: Pixels = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    if source.colorinterp[0].name == "palette":
        for index, colour in source.colormap(1).items():
            table[index] = colour[:3]
    expanded: Pixels = table[np.clip(values, 0, 255)]
    return expanded
