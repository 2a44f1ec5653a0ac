"""Readers of raw imagery: labelled overhead pictures as 512 x 512 tiles with classes and instances."""

from geotamper.sets.sources.errors import LayoutError, TileError
from geotamper.sets.sources.labels import GROUND_LABELS, LABEL_CLASSES, LABEL_IDS
from geotamper.sets.sources.protocol import (
    TILE_SIDE,
    Listing,
    RawPicture,
    RawSource,
    RawTile,
    SourceInfo,
    TileRef,
    Window,
    read_tiles,
)
from geotamper.sets.sources.registry import READERS, Reader, detect_reader, open_source

__all__ = [
    "GROUND_LABELS",
    "LABEL_CLASSES",
    "LABEL_IDS",
    "READERS",
    "TILE_SIDE",
    "LayoutError",
    "Listing",
    "RawPicture",
    "RawSource",
    "RawTile",
    "Reader",
    "SourceInfo",
    "TileError",
    "TileRef",
    "Window",
    "detect_reader",
    "open_source",
    "read_tiles",
]
