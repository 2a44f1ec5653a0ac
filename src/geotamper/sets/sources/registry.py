"""The readers by name, and which of them a folder is for."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from geotamper.errors import SpecificationError
from geotamper.sets.sources.coco import COCO, CocoSource
from geotamper.sets.sources.dronedeploy import DRONEDEPLOY, DroneDeploySource
from geotamper.sets.sources.errors import LayoutError
from geotamper.sets.sources.folders import require_root, subfolders
from geotamper.sets.sources.hrsc import HRSC, HrscSource
from geotamper.sets.sources.iaild import IAILD, IaildSource
from geotamper.sets.sources.isaid import ISAID, IsaidSource
from geotamper.sets.sources.laisfo import LAISFO, LaisfoSource
from geotamper.sets.sources.loveda import LOVEDA, LoveDaSource
from geotamper.sets.sources.masks import MASKS, MasksSource
from geotamper.sets.sources.protocol import RawSource, SourceInfo
from geotamper.sets.sources.whu import WHU_BUILDING, WhuBuildingSource


@dataclass(frozen=True)
class Reader:
    """One reader.

    Attributes:
        name: As `--reader` takes it.
        info: Licence, citation and regions of its set.
        layout: What the folder should look like, in a few words.
        fits: Tells from the names of files and folders whether a folder is for this reader.
        open: Makes a source of a folder.
        takes_table: Whether `open` also takes a table of classes.
    """

    name: str
    info: SourceInfo
    layout: str
    fits: Callable[[Path], bool]
    open: Callable[..., RawSource]
    takes_table: bool = False


_ALL = (
    Reader("loveda", LOVEDA, "Train/Rural/images_png and masks_png", LoveDaSource.fits, LoveDaSource),
    Reader("iaild", IAILD, "train/images and train/gt", IaildSource.fits, IaildSource),
    Reader("laisfo", LAISFO, "berlin/berlin1_image.png and _labels.png", LaisfoSource.fits, LaisfoSource),
    Reader(
        "whu-building",
        WHU_BUILDING,
        "train/image and train/label",
        WhuBuildingSource.fits,
        WhuBuildingSource,
    ),
    Reader(
        "dronedeploy",
        DRONEDEPLOY,
        "images/<scene>-ortho.tif and labels/<scene>-label.png",
        DroneDeploySource.fits,
        DroneDeploySource,
    ),
    Reader("hrsc", HRSC, "FullDataSet/AllImages and FullDataSet/Annotations", HrscSource.fits, HrscSource),
    Reader("isaid", ISAID, "train/**/P0002_instance_id_RGB.png", IsaidSource.fits, IsaidSource),
    Reader(
        "masks",
        MASKS,
        "images/ and masks/, or folders of them",
        MasksSource.fits,
        MasksSource,
        takes_table=True,
    ),
    Reader("coco", COCO, "pictures and a COCO JSON file", CocoSource.fits, CocoSource, takes_table=True),
)

READERS: Mapping[str, Reader] = MappingProxyType({reader.name: reader for reader in _ALL})
"""All readers by name; the sets' own readers first, then the generic ones."""


def detect_reader(root: Path) -> Reader:
    """The reader that a folder's layout fits.

    Raises:
        LayoutError: None fits, or several do.
    """
    require_root(root)
    fitting = [reader for reader in READERS.values() if reader.fits(root)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = " and ".join(f"'{reader.name}' ({reader.layout})" for reader in fitting)
        raise LayoutError(f"'{root}' can be read as {names}; choose one with the option --reader")
    expected = "; ".join(f"{reader.name}: {reader.layout}" for reader in READERS.values())
    present = ", ".join(path.name for path in subfolders(root)[:8]) or "no folders"
    raise LayoutError(
        f"'{root}' has {present} and fits no reader; expected one of these layouts: {expected}. "
        "Name the folder that holds them, or choose with --reader to see what is missing"
    )


def open_source(root: Path, reader: str | None = None, *, class_table: Path | None = None) -> RawSource:
    """Open a folder of raw imagery.

    Args:
        root: The folder.
        reader: Name of the reader, or None to tell it from the layout.
        class_table: A YAML table of classes, for the generic readers.

    Raises:
        LayoutError: The layout fits no reader, or several.
        SpecificationError: An unknown reader, or a table of classes for a reader with fixed classes.
    """
    chosen = detect_reader(root) if reader is None else _named(reader)
    if class_table is None:
        return chosen.open(root)
    if not chosen.takes_table:
        raise SpecificationError(
            f"the reader '{chosen.name}' has fixed classes; expected no class table with it: "
            "the readers 'masks' and 'coco' take one"
        )
    return chosen.open(root, class_table)


def _named(name: str) -> Reader:
    reader = READERS.get(name.casefold())
    if reader is None:
        close = difflib.get_close_matches(name.casefold(), READERS, n=1)
        hint = f": did you mean '{close[0]}'?" if close else ""
        raise SpecificationError(f"unknown reader '{name}'; expected one of {', '.join(READERS)}{hint}")
    return reader
