"""What every reader of raw imagery offers: a list of tiles, and each tile with its classes and instances."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from geotamper.imagery.picture import Pixels
from geotamper.sets.layout.names import Fold
from geotamper.sets.sources.class_table import TableRecord
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.labels import BoolMask, Ids, Instances
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass

TILE_SIDE = 512
"""Width and height of every raw tile, pixels."""

InstanceOrigin = Literal["annotated", "component", "rotated_box"]
MaskQuality = Literal["exact", "noisy", "approximate"]
CheckedAgainst = Literal["original files", "imitated files"]


@dataclass(frozen=True)
class SourceInfo:
    """What a data card says about a source.

    Attributes:
        name: Of the imagery set, as written into made sets ("origin_dataset").
        title: In full.
        licence: Terms of use in one sentence, as far as known.
        bibtex: The publication to cite, one BibTeX entry; empty for a user's own folder.
        regions: Countries or areas that the pictures show.
        classes: Object classes that the labels tell apart.
        checked_against: Whether the reader was tried on files of the set itself, or only on files written to
            its documented layout.
    """

    name: str
    title: str
    licence: str
    bibtex: str
    regions: tuple[str, ...]
    classes: tuple[ObjectClass, ...]
    checked_against: CheckedAgainst

    @property
    def citation_key(self) -> str:
        """Key of the BibTeX entry, empty without one."""
        return self.bibtex.partition("{")[2].partition(",")[0].strip()


def own_folder(name: str, title: str) -> SourceInfo:
    """What a reader knows of a folder that its user arranged: the layout, and nothing about the pictures.

    Args:
        name: Of the layout.
        title: In full.
    """
    return SourceInfo(
        name=name,
        title=title,
        licence="not stated: known to whoever made the folder",
        bibtex="",
        regions=("unknown",),
        classes=OBJECT_CLASSES,
        checked_against="original files",
    )


@dataclass(frozen=True)
class RawPicture:
    """One raw image, as far as it is known without decoding it.

    Attributes:
        key: Unique within the source and independent of where its folder lies.
        picture: File with the pixels.
        labels: File with the classes, or None where they come from elsewhere.
        instances: File with the instances, or None.
        group: Pictures of one group may show the same ground; a group never crosses folds.
        origin: Name of the imagery set.
        licence: Terms of this picture.
        restricted: Whether a manifest marks it as restricted; None where none says.
        region: Where it was taken, "unknown" where nothing says so.
        split: The set's own split ("train", ...), or None. Not binding: see `fold`.
        fold: The fold that the user's manifest binds the group to, or None.
        gsd_m: Ground sample distance of the file, metres per pixel, or None.
    """

    key: str
    picture: Path
    labels: Path | None
    group: str
    origin: str
    licence: str
    restricted: bool | None = None
    region: str = "unknown"
    instances: Path | None = None
    split: str | None = None
    fold: Fold | None = None
    gsd_m: float | None = None


@dataclass(frozen=True)
class Window:
    """A square of a raw image, in its pixels."""

    x: int
    y: int
    side: int


@dataclass(frozen=True)
class TileRef:
    """A tile that can be read: cheap to hold, to sort and to send to another process.

    Attributes:
        raw: The image that it is cut from.
        window: The part of the image; reading brings it to 512 x 512.
    """

    raw: RawPicture
    window: Window

    @property
    def id(self) -> str:
        """Unique among all tiles of all sources, the same on every machine."""
        return f"{self.raw.origin}:{self.raw.key}@{self.window.x},{self.window.y},{self.window.side}"

    @property
    def scale(self) -> float:
        """Factor from the image's pixels to the tile's."""
        return TILE_SIDE / self.window.side

    @property
    def gsd_m(self) -> float | None:
        """Metres per pixel of the tile, or None."""
        return None if self.raw.gsd_m is None else self.raw.gsd_m / self.scale


@dataclass(frozen=True, eq=False)
class RawTile:
    """A tile in memory.

    Attributes:
        ref: Where it is from.
        pixels: (512, 512, 3) uint8 RGB.
        labels: (512, 512) uint8 ids as in `labels.LABEL_IDS`; 0 is "not labelled", never "proven empty".
        ignore: (512, 512) bool, true where the source has no data or declares its label void.
        instances: (512, 512) int32, ids from 1 to n in this tile, 0 where there is none; None where the source
            marks no instances, so that an object is a connected region of a class.
        instance_origin: Where instances come from.
        instance_names: The source's own class name of each instance id, where it is finer than ours.
        mask_quality: How far the outlines can be trusted.
        approximate: Instances whose outline is only roughly right, whatever `mask_quality` says of the rest.
        notes: What was dropped, assumed or tolerated while reading, in sentences.
    """

    ref: TileRef
    pixels: Pixels = field(repr=False)
    labels: Ids = field(repr=False)
    ignore: BoolMask = field(repr=False)
    instances: Instances | None = field(default=None, repr=False)
    instance_origin: InstanceOrigin = "component"
    instance_names: Mapping[int, str] = field(default_factory=dict)
    mask_quality: MaskQuality = "exact"
    approximate: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What a source holds.

    Attributes:
        tiles: In a fixed order: that of the files' names, numbers counted, then row by row.
        failures: Files that cannot be used.
        notes: What was left out or looks doubtful, in sentences.
        tables: The user's tables of classes, by the folder that they hold for, relative to the source.
    """

    tiles: tuple[TileRef, ...]
    failures: tuple[TileError, ...] = ()
    notes: tuple[str, ...] = ()
    tables: Mapping[str, TableRecord] = field(default_factory=dict)


class RawSource(Protocol):
    """A folder of labelled overhead imagery.

    A source keeps the last files open between reads: use one per thread. It can be sent to another process,
    where it opens its own.
    """

    @property
    def info(self) -> SourceInfo:
        """Licence, citation and regions."""

    @property
    def root(self) -> Path:
        """The folder."""

    def tiles(self) -> Listing:
        """List all tiles without decoding pictures.

        Raises:
            LayoutError: The folder is not laid out as this reader expects.
        """

    def read(self, ref: TileRef) -> RawTile:
        """Read one tile.

        Raises:
            TileError: A file of this tile is damaged, missing or holds what its set does not define.
        """


def read_tiles(source: RawSource, listing: Listing) -> Iterator[RawTile | TileError]:
    """Read the tiles of a listing one after the other; a bad file does not stop the others.

    Args:
        source: What the listing was made by.
        listing: Its tiles, all or some.

    Yields:
        Each tile, or the error in its place.
    """
    for ref in listing.tiles:
        try:
            yield source.read(ref)
        except TileError as error:
            yield error
