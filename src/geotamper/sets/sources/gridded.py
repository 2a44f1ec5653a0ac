"""What most readers share: whole pictures, listed once and cut into windows that are read one at a time."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.sets.sources.class_table import TableRecord
from geotamper.sets.sources.decoding import Decoded
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.folders import require_root
from geotamper.sets.sources.labels import BoolMask, Ids
from geotamper.sets.sources.protocol import (
    InstanceOrigin,
    Listing,
    MaskQuality,
    RawPicture,
    RawTile,
    SourceInfo,
    TileRef,
    Window,
)
from geotamper.sets.sources.rasters import Rasters
from geotamper.sets.sources.tiling import grid_windows, renumber, resize_ids, resize_pixels


@dataclass(frozen=True)
class Found:
    """Pictures of a folder, before their sizes are known.

    Attributes:
        pictures: In the order in which tiles are listed.
        failures: Files that cannot be used.
        notes: What was left out or looks doubtful.
        tables: The user's tables of classes, by folder.
    """

    pictures: list[RawPicture]
    failures: list[TileError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tables: dict[str, TableRecord] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of pictures, those that cannot be used included."""
        return len(self.pictures) + len(self.failures)


@dataclass(frozen=True)
class Labelled:
    """Truth of a window, at the size of the window.

    Attributes:
        labels: (side, side) uint8 ids of `labels.LABEL_IDS`.
        ignore: (side, side) bool.
        instances: (side, side) ids unique in the picture, 0 where there is none, or None.
        names: The source's class name of an instance.
        approximate: Instances with rough outlines.
        instance_origin: Where the instances come from, if there are any.
        notes: What was tolerated.
    """

    labels: Ids
    ignore: BoolMask
    instances: npt.NDArray[np.integer[Any]] | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    approximate: frozenset[int] = frozenset()
    instance_origin: InstanceOrigin = "annotated"
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, decoded: Decoded) -> "Labelled":
        """Labels without instances."""
        return cls(decoded.labels, decoded.ignore, notes=decoded.notes)


class GriddedSource(ABC):
    """A reader for sets of whole pictures with labels of the same size.

    Subclasses find the pictures and decode a window of labels; the order of tiles, the sizes, the cutting and
    the resizing are the same for all.

    Attributes:
        info: Licence, citation and regions.
        root: The set's folder.
    """

    side = 512
    mask_quality: MaskQuality = "exact"

    def __init__(self, root: Path, info: SourceInfo) -> None:
        self.root = root
        self.info = info
        self.rasters = Rasters()

    def tiles(self) -> Listing:
        """List all tiles; only the headers of pictures are read.

        Raises:
            LayoutError: The folder is not laid out as this reader expects.
        """
        require_root(self.root)
        found = self.find()
        tiles: list[TileRef] = []
        failures, notes = list(found.failures), list(found.notes)
        for raw in found.pictures:
            try:
                width, height = self.rasters.size(raw.picture)
                windows = self.windows(raw, width, height)
            except TileError as error:
                failures.append(error)
                continue
            if not windows:
                notes.append(f"'{raw.picture}' is left out: {width} x {height} pixels are too few for a tile")
            tiles += [TileRef(raw, window) for window in windows]
        return Listing(tuple(tiles), tuple(failures), tuple(notes), found.tables)

    def read(self, ref: TileRef) -> RawTile:
        """Read one tile.

        Raises:
            TileError: A file of this tile is damaged, missing or holds what its set does not define.
        """
        for path in self.label_rasters(ref.raw):
            self._check_sizes(ref.raw.picture, path)
        rgb = self.rasters.rgb(ref.raw.picture, ref.window)
        truth = self.truth(ref, rgb.pixels)
        ignore = resize_ids(truth.ignore | rgb.is_void)
        instances, names, approximate = _renumbered(truth, ignore)
        return RawTile(
            ref=ref,
            pixels=resize_pixels(rgb.pixels),
            labels=np.where(ignore, np.uint8(0), resize_ids(truth.labels)),
            ignore=ignore,
            instances=instances,
            instance_origin="component" if instances is None else truth.instance_origin,
            instance_names=names,
            mask_quality="approximate" if _covers(approximate, instances) else self.mask_quality,
            approximate=approximate,
            notes=truth.notes,
        )

    def label_rasters(self, raw: RawPicture) -> tuple[Path, ...]:
        """Files that must have the size of the picture."""
        return tuple(path for path in (raw.labels, raw.instances) if path is not None)

    def label_file(self, ref: TileRef) -> Path:
        """The label file of a tile's picture.

        Raises:
            TileError: It has none: the reference was made by another reader.
        """
        if ref.raw.labels is None:
            raise TileError(f"'{ref.raw.picture}' has no label file that this reader knows", ref.raw.picture)
        return ref.raw.labels

    def _check_sizes(self, picture: Path, labels: Path) -> None:
        sizes = self.rasters.size(picture), self.rasters.size(labels)
        if sizes[0] != sizes[1]:
            (width, height), (wide, high) = sizes
            raise TileError(
                f"'{labels}' is {wide} x {high} pixels and '{picture}' {width} x {height}; expected equal sizes",
                labels,
            )

    @abstractmethod
    def find(self) -> Found:
        """Find the pictures.

        Raises:
            LayoutError: The folder is not laid out as this reader expects.
        """

    def windows(self, raw: RawPicture, width: int, height: int) -> list[Window]:
        """Where to cut a picture of this size.

        Raises:
            TileError: The labels are for another size.
        """
        del raw
        return grid_windows(width, height, side=self.side)

    @abstractmethod
    def truth(self, ref: TileRef, pixels: npt.NDArray[np.uint8]) -> Labelled:
        """Decode the labels of a window.

        Args:
            ref: The tile.
            pixels: (side, side, 3) uint8 of the window.

        Raises:
            TileError: As `read`.
        """


def _covers(approximate: frozenset[int], instances: npt.NDArray[np.int32] | None) -> bool:
    return instances is not None and bool(approximate) and len(approximate) == int(instances.max())


def _renumbered(
    truth: Labelled, ignore: BoolMask
) -> tuple[npt.NDArray[np.int32] | None, dict[int, str], frozenset[int]]:
    if truth.instances is None:
        return None, {}, frozenset()
    instances, former = renumber(np.where(ignore, 0, resize_ids(truth.instances)))
    names = {new: truth.names[old] for new, old in enumerate(former, 1) if old in truth.names}
    approximate = frozenset(new for new, old in enumerate(former, 1) if old in truth.approximate)
    return instances, names, approximate
