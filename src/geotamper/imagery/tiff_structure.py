"""The first directory of a TIFF file: what is asked of it before GDAL opens it."""

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from geotamper.imagery.conversion import DECODER_ERRORS, quiet
from geotamper.imagery.coverage import BlockCoverage

_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274
_STRIP_OFFSETS, _STRIP_ROWS, _STRIP_BYTES = 273, 278, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 322, 323, 324, 325


@dataclass(frozen=True, eq=False)
class TiffHeader:
    """What the first directory of a TIFF says; all None where it is damaged, which GDAL then reports.

    Attributes:
        width: Pixels.
        height: Pixels.
        orientation: Value of the orientation tag.
        coverage: Which blocks are stored; None where all of them are, or where that cannot be told.
    """

    width: int | None = None
    height: int | None = None
    orientation: object = None
    coverage: BlockCoverage | None = None


def read_tiff_header(stream: BinaryIO) -> TiffHeader:
    """Read the first directory of a classic or big TIFF."""
    stream.seek(0)
    head = stream.read(8)
    if len(head) == 8 and 43 in head[2:4]:  # BigTIFF
        head += stream.read(8)
    try:
        with quiet():
            directory = ImageFileDirectory_v2(head)
            stream.seek(directory.next)
            directory.load(stream)
            width, height = directory.get(_WIDTH), directory.get(_HEIGHT)
            if not isinstance(width, int) or not isinstance(height, int):
                return TiffHeader()
            coverage = _coverage(directory, width, height)
            return TiffHeader(width, height, directory.get(_ORIENTATION), coverage)
    except DECODER_ERRORS:
        return TiffHeader()


def _coverage(directory: ImageFileDirectory_v2, width: int, height: int) -> BlockCoverage | None:
    if _TILE_OFFSETS in directory:
        block = directory.get(_TILE_WIDTH), directory.get(_TILE_HEIGHT)
        offsets, counts = directory.get(_TILE_OFFSETS), directory.get(_TILE_BYTES)
    else:
        block = width, min(height, directory.get(_STRIP_ROWS, height))
        offsets, counts = directory.get(_STRIP_OFFSETS), directory.get(_STRIP_BYTES)
    across, down = block
    if not (isinstance(across, int) and isinstance(down, int) and across > 0 and down > 0):
        return None
    if not offsets or not counts:
        return None
    # A block is absent where both are 0: some programs leave the counts of stored strips at 0.
    stored = (np.atleast_1d(offsets) != 0) | (np.atleast_1d(counts) != 0)
    rows, columns = -(-height // down), -(-width // across)
    if stored.all() or stored.size == 0 or stored.size % (rows * columns):
        return None
    planes = stored.reshape(-1, rows, columns)  # one plane, or one for each band
    return BlockCoverage(planes.any(axis=0), across, down)
