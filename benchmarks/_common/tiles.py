"""The shared development tiles: which there are, and the objects in them."""

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from _common.records import Record, read_grey, read_rgb
from geotamper.errors import InputError
from geotamper.forge.choice import SceneObject, find_objects
from geotamper.task.classes import ObjectClass

TILE_SIZE = 512
CLASS_IDS: Mapping[int, ObjectClass] = {
    1: "Car",
    2: "Airplane",
    3: "Ship",
    4: "Building",
    5: "Road",
    6: "Vegetation",
    7: "Farmland",
}


@dataclass(frozen=True)
class Tile:
    """One line of the manifest, as far as it is needed.

    Attributes:
        image: Picture, relative to the data folder.
        mask: Class ids, relative to the data folder.
        instances: Instance ids, relative to the data folder, or empty.
        source_name: The collection it belongs to.
        group: Tiles of one group may show the same ground.
        fold: "train", "val" or "test".
    """

    image: str
    mask: str
    instances: str
    source_name: str
    group: str
    fold: str


def data_folder() -> Path:
    """The shared development data, `$GEOTAMPER_SHARED/data`.

    Raises:
        InputError: It is not there.
    """
    root = os.environ.get("GEOTAMPER_SHARED", str(Path(__file__).resolve().parents[2] / ".." / "shared"))
    folder = Path(root).resolve() / "data"
    if not (folder / "manifest.csv").is_file():
        raise InputError(f"no manifest.csv in '{folder}'; set GEOTAMPER_SHARED to the shared folder")
    return folder


def tiles_of_fold(data: Path, fold: str) -> list[Tile]:
    """The 512-pixel tiles of a fold, in the order of the manifest.

    Raises:
        InputError: There are none.
    """
    return tiles_of_size(data, fold, (TILE_SIZE,))


def tiles_of_size(data: Path, fold: str, sides: Sequence[int]) -> list[Tile]:
    """The square tiles of a fold with any of these sides, in pixels, in the order of the manifest.

    Raises:
        InputError: There are none.
    """
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["fold"] == fold]
    tiles = [
        Tile(row["path"], row["mask"], row["instances"], row["source"], row["group"], row["fold"])
        for row in rows
        if row["width"] == row["height"] and int(row["width"]) in sides
    ]
    if not tiles:
        raise InputError(f"no tiles of {sides} pixels in fold '{fold}'; choose train, val or test")
    return tiles


def unrestricted_sources(data: Path) -> frozenset[str]:
    """The collections whose licence restricts no use, as far as known."""
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        return frozenset(row["source"] for row in csv.DictReader(stream) if row["restricted"] == "no")


def record_of(tile: Tile, name: str, pixels: npt.NDArray[np.uint8], degradation: str) -> Record:
    """The record of an untouched picture made from a tile.

    Args:
        tile: What it was made from.
        name: Its id within the set.
        pixels: (H, W, 3) uint8 RGB, after the degradation.
        degradation: As `parse_degradations` reads it.
    """
    return Record(
        id=name,
        tile=tile.image,
        source_name=tile.source_name,
        group=tile.group,
        fold=tile.fold,
        kind="none",
        degradation=degradation,
        width=pixels.shape[1],
        height=pixels.shape[0],
    )


def tile_pixels(data: Path, tile: Tile) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB."""
    return read_rgb(data / tile.image)


def tile_objects(data: Path, tile: Tile) -> list[SceneObject]:
    """The objects of a tile that may be forged, always in the same order."""
    instances = read_grey(data / tile.instances) if tile.instances else None
    return find_objects(read_grey(data / tile.mask), CLASS_IDS, instances)
