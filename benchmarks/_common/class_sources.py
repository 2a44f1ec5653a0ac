"""Objects and outlines to teach the class network with, from tiles and from drawn scenes."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from _common.records import read_grey
from _common.tiles import CLASS_IDS, Tile, tile_objects, tile_pixels
from geotamper.evidence.objects.network import OTHER
from geotamper.forge.choice import SceneObject, find_objects
from geotamper.scenes import SceneKind, draw_scene
from geotamper.task.classes import ObjectClass

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]

DRAWN = "drawn scenes"
FIRST_SCENE = 70_000
"""Seed of the first scene; the demo and the tests draw others."""

_COLUMNS: Mapping[ObjectClass, str] = {
    "Car": "n_vehicle",
    "Airplane": "n_airplane",
    "Ship": "n_ship",
    "Building": "n_building",
    "Road": "n_road",
    "Vegetation": "n_tree",
    "Farmland": "n_farmland",
}

_OPEN_IDS = (0, 8, 9, 10)
"""Background, water, bare land and grass: none of the seven classes, as far as labelled."""

_TRIES = 30


@dataclass(frozen=True, eq=False)
class Ground:
    """A picture with its objects.

    Attributes:
        source: The collection it belongs to.
        restricted: Whether the licence of that collection restricts uses, or is not known.
        group: Pictures of one group may show the same ground.
        pixels: (H, W, 3) uint8 RGB.
        open: (H, W) bool, where nothing of the seven classes is labelled.
    """

    source: str
    restricted: bool
    group: str
    pixels: Pixels
    open: BoolMask


@dataclass(frozen=True, eq=False)
class Thing:
    """One object, cut out.

    Attributes:
        ground: Where it lies.
        label: Its class, or `OTHER` for an outline drawn on open ground.
        corner: (x, y) of its box.
        mask: (h, w) bool, its box.
    """

    ground: Ground
    label: str
    corner: tuple[int, int]
    mask: BoolMask

    def full(self) -> BoolMask:
        """(H, W) bool, in the frame of the ground."""
        whole = np.zeros(self.ground.open.shape, np.bool_)
        x, y = self.corner
        whole[y : y + self.mask.shape[0], x : x + self.mask.shape[1]] = self.mask
        return whole


class TilePool:
    """The objects of a fold, read tile by tile as they are wanted.

    Args:
        data: The shared development data.
        fold: "train", "val" or "test".
    """

    def __init__(self, data: Path, fold: str) -> None:
        self._data = data
        self._read: dict[str, tuple[Thing, ...]] = {}
        with (data / "manifest.csv").open(newline="", encoding="utf-8") as stream:
            self._rows = [row for row in csv.DictReader(stream) if row["fold"] == fold]

    def sources(self, label: ObjectClass) -> dict[str, list[dict[str, str]]]:
        """Lines of the manifest with objects of this class, by source."""
        found: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in self._rows:
            if int(row[_COLUMNS[label]]):
                found[row["source"]].append(row)
        return dict(found)

    def things(self, row: dict[str, str]) -> tuple[Thing, ...]:
        """The objects of one tile that may be forged."""
        if row["path"] not in self._read:
            tile = Tile(row["path"], row["mask"], row["instances"], row["source"], row["group"], row["fold"])
            ground = Ground(
                tile.source_name,
                row["restricted"] != "no",
                tile.group,
                tile_pixels(self._data, tile),
                np.isin(read_grey(self._data / tile.mask), _OPEN_IDS),
            )
            self._read[row["path"]] = tuple(_cut(ground, one) for one in tile_objects(self._data, tile))
        return self._read[row["path"]]


def drawn_things(kind: SceneKind, seed: int) -> tuple[Thing, ...]:
    """The objects of a drawn scene that may be forged."""
    scene = draw_scene(kind=kind, size=512, seed=seed)
    ground = Ground(
        source=DRAWN,
        restricted=False,
        group=f"{DRAWN}/{seed}",
        pixels=scene.pixels,
        open=np.isin(scene.labels, _OPEN_IDS),
    )
    return tuple(_cut(ground, one) for one in find_objects(scene.labels, CLASS_IDS, scene.instances))


def lay_outline(ground: Ground, outline: BoolMask, rng: np.random.Generator) -> Thing | None:
    """An outline laid on open ground at a random place, or None where there is no room.

    Args:
        ground: Where.
        outline: (h, w) bool, for instance of an object from elsewhere.
        rng: Source of chance.
    """
    height, width = ground.open.shape
    turned = np.ascontiguousarray(np.rot90(outline, int(rng.integers(4))))
    tall, wide = turned.shape
    if tall >= height or wide >= width:
        return None
    for _ in range(_TRIES):
        x, y = int(rng.integers(width - wide)), int(rng.integers(height - tall))
        if ground.open[y : y + tall, x : x + wide][turned].all():
            return Thing(ground, OTHER, (x, y), turned)
    return None


def _cut(ground: Ground, one: SceneObject) -> Thing:
    columns, rows = np.flatnonzero(one.mask.any(axis=0)), np.flatnonzero(one.mask.any(axis=1))
    x, y = int(columns[0]), int(rows[0])
    return Thing(ground, one.object_class, (x, y), one.mask[y : rows[-1] + 1, x : columns[-1] + 1].copy())
