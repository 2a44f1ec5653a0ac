"""Rasters of any size, read in windows: GeoTIFF, COG, BigTIFF, VRT, and PNG, JPEG and WebP beyond what memory holds."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from rasterio.io import DatasetReader

from geotamper.imagery.area import PixelArea
from geotamper.imagery.band_choice import choose_bands
from geotamper.imagery.block_reader import BlockReader
from geotamper.imagery.georeference import Georeference, georeference_of
from geotamper.imagery.headers import FileHeader, look_at
from geotamper.imagery.limits import MAX_RASTER_PIXELS
from geotamper.imagery.orientation import Orientation
from geotamper.imagery.picture import Geotransform
from geotamper.imagery.pixel_source import Block, check_window, reduced_size
from geotamper.imagery.raster_file import gdal, open_dataset, tiled_copy
from geotamper.imagery.read_options import DEFAULT_STRETCH, READ_AS_STORED, ReadOptions
from geotamper.imagery.region import Window
from geotamper.imagery.shrinking import shrink
from geotamper.imagery.stretch import ValueRange, measure_range

_MEASURED_SIDE = 1024  # an overview of this size tells percentiles as well as the whole picture does


@dataclass(frozen=True)
class RasterSpec:
    """What a worker process needs to open the same raster again; small, and it can be pickled.

    Attributes:
        path: Of the file.
        name: `Raster.path`.
        options: How it is read.
        values: The range of values that becomes 0 to 255, so that it is not measured again; None where samples are
            taken as they are.
        copy: Decoded copy of a PNG, JPEG or WebP file, which lives as long as the raster that made it; or None.
    """

    path: Path
    name: str
    options: ReadOptions
    values: ValueRange | None = None
    copy: Path | None = None

    def open(self) -> "Raster":
        """Open the raster again.

        Raises:
            InputError: The file is gone or was changed.
        """
        return Raster(look_at(self.path, MAX_RASTER_PIXELS, self.options.vrt_root), self)


class Raster:
    """A raster file as `PixelSource`, open until `close` or the end of a `with` block.

    Made by `open_raster`. Coordinates are those of the upright picture where an orientation tag asks for turning it
    and the file has no geotransform.

    Args:
        file: What to open.
        spec: How to read it.
        copy: Folder of the decoded copy, which the raster then owns.
        max_pixels: Largest product of width and height.
    """

    spec: RasterSpec
    """To open the raster again in another process."""

    area: PixelArea | None
    """The part that the options ask for; None for all of it. Reading does not mind it."""

    def __init__(
        self,
        file: FileHeader,
        spec: RasterSpec,
        *,
        copy: tempfile.TemporaryDirectory[str] | None = None,
        max_pixels: int = MAX_RASTER_PIXELS,
    ) -> None:
        self.spec = spec
        self._file = file
        self._copy = copy
        self._max_pixels = max_pixels
        with contextlib.ExitStack() as stack, gdal(file.name):
            source = stack.enter_context(self._dataset())
            choice = choose_bands(source, file.path, spec.options.bands)
            coverage = file.coverage if spec.copy is None else None
            size = (int(source.width), int(source.height))
            self._reader = BlockReader(source, choice, spec.values, coverage, size)
            self._place = _place_of(file, source)
            self.area = None if spec.options.area is None else spec.options.area.on(self)
            self._reader = replace(self._reader, values=spec.values or self._measured())
            self.spec = replace(spec, values=self._reader.values)
            stack.pop_all()

    @property
    def path(self) -> str:
        """As `PixelSource.path`."""
        return self.spec.name

    @cached_property
    def sha256(self) -> str:
        """As `PixelSource.sha256`; computed on first use, in pieces. Of a VRT it is that of the VRT alone."""
        with gdal(self._file.name), self._file.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    @property
    def width(self) -> int:
        """As `PixelSource.width`."""
        return self._turn.size(self._reader.width, self._reader.height)[0]

    @property
    def height(self) -> int:
        """As `PixelSource.height`."""
        return self._turn.size(self._reader.width, self._reader.height)[1]

    @property
    def bands(self) -> int:
        """As `PixelSource.bands`."""
        return int(self._reader.source.count)

    @property
    def dtype(self) -> str:
        """As `PixelSource.dtype`, of the bands that are read."""
        return self._reader.choice.dtype.name

    @property
    def crs(self) -> str | None:
        """As `PixelSource.crs`."""
        return self._place.georeference.crs

    @property
    def geotransform(self) -> Geotransform | None:
        """As `PixelSource.geotransform`."""
        return self._place.georeference.geotransform

    @property
    def pixel_area_m2(self) -> float | None:
        """As `PixelSource.pixel_area_m2`."""
        return self._place.georeference.pixel_area_m2

    @property
    def notes(self) -> tuple[str, ...]:
        """As `PixelSource.notes`."""
        return self._reader.choice.notes + self._stretch_notes() + self._place.notes

    def read(self, window: Window) -> Block:
        """As `PixelSource.read`; blocks that a sparse file leaves out, and gaps of a VRT, are not valid."""
        check_window(window, self.width, self.height)
        with gdal(self._file.name):
            return self._upright(self._reader.read(self._turn.stored(window, self.width, self.height)))

    def is_empty(self, window: Window) -> bool:
        """As `PixelSource.is_empty`; known for sparse TIFFs and for VRTs of plain parts."""
        check_window(window, self.width, self.height)
        return self._reader.is_empty(self._turn.stored(window, self.width, self.height))

    def reduced(self, longest: int) -> Block:
        """As `PixelSource.reduced`: means over valid pixels, from the smallest overview that is large enough."""
        size = self._turn.size(*reduced_size(self.width, self.height, longest))
        with gdal(self._file.name), self._level(longest) as level:
            return self._upright(shrink(level, size))

    def close(self) -> None:
        """Close the file and remove the decoded copy, if there is one."""
        self._reader.source.close()
        if self._copy is not None:
            self._copy.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _turn(self) -> Orientation:
        return self._place.turn

    def _upright(self, block: Block) -> Block:
        return Block(self._turn.upright(block.pixels), self._turn.upright(block.valid))

    def _dataset(self, level: int | None = None) -> DatasetReader:
        return open_dataset(
            self._file, self.spec.copy or self._file.path, max_pixels=self._max_pixels, level=level
        )

    @contextlib.contextmanager
    def _level(self, longest: int) -> Iterator[BlockReader]:
        """The smallest overview whose longer side has at least `longest` pixels, or the full resolution."""
        reader = self._reader
        side = max(reader.width, reader.height)
        factors = reader.source.overviews(reader.choice.colour[0])
        fitting = [(factor, level) for level, factor in enumerate(factors) if side / factor >= longest]
        if not fitting:
            yield reader
            return
        with self._dataset(max(fitting)[1]) as source:
            yield replace(reader, source=source)

    def _measured(self) -> ValueRange | None:
        """The range of values where one is needed."""
        choice, asked = self._reader.choice, self.spec.options.stretch
        if choice.table is not None or (asked is None and choice.dtype == np.uint8):
            return None
        with self._level(_MEASURED_SIDE) as level:
            return measure_range(level, asked or DEFAULT_STRETCH)

    def _stretch_notes(self) -> tuple[str, ...]:
        asked, values = self.spec.options.stretch, self.spec.values
        if values is None:
            note = "a picture of few levels or with a palette is not stretched"
            return (note,) if asked is not None else ()
        low, high = asked or DEFAULT_STRETCH
        note = (
            f"samples of {self.dtype} were stretched to 8 bits, in all bands alike: {values.low:.6g} (percentile "
            f"{low:g}) became 0 and {values.high:.6g} (percentile {high:g}) 255"
        )
        return (note,)


@dataclass(frozen=True)
class _Place:
    """Where the pixels of a file lie, and how they are turned."""

    georeference: Georeference
    turn: Orientation
    notes: tuple[str, ...] = field(default=())


def open_raster(path: Path | str, options: ReadOptions = READ_AS_STORED) -> Raster:
    """Open a raster of any size to read it in windows as 8-bit RGB.

    Use it as context manager. Memory stays bounded: GDAL keeps at most 64 MB of decoded blocks, and reading holds at
    most about as much beyond the window that is asked for. PNG, JPEG and WebP files can only be decoded from their
    beginning and are decoded once into a tiled file in the folder for temporary files, removed when the raster is
    closed.

    Args:
        path: A TIFF, GeoTIFF, COG, VRT, PNG, JPEG or WebP file; the suffix does not matter.
        options: Bands, stretch, area.

    Raises:
        InputError: Missing, damaged, of an unknown format, animated, with several pages, without the bands that are
            asked for, of more than 10^11 pixels, or not where the area lies.
        OutputError: There is no room for a decoded copy.
    """
    file = look_at(Path(path), MAX_RASTER_PIXELS, options.vrt_root)
    spec = RasterSpec(Path(path), os.fspath(path), options)
    if file.kind in {"tiff", "vrt"}:
        return Raster(file, spec)
    folder = tiled_copy(file)
    try:
        return Raster(file, replace(spec, copy=Path(folder.name) / "copy.tif"), copy=folder)
    except BaseException:
        folder.cleanup()
        raise


def _place_of(file: FileHeader, source: DatasetReader) -> _Place:
    georeference, notes = (
        georeference_of(source) if file.kind in {"tiff", "vrt"} else (Georeference(), tuple[str, ...]())
    )
    turn = file.orientation
    if georeference.geotransform is None:
        return _Place(georeference, turn, notes + turn.notes)
    if not turn.is_upright:
        notes += ("the orientation tag is not followed: map coordinates refer to the picture as stored",)
    return _Place(georeference, Orientation(), notes)
