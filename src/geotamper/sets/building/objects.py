"""The objects of a raw tile that may be forged."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.forge.choice import MAX_AREA, MIN_AREA, SceneObject, find_objects
from geotamper.sets.sources.labels import LABEL_CLASSES
from geotamper.sets.sources.protocol import RawTile
from geotamper.task.classes import ObjectClass

BoolMask = npt.NDArray[np.bool_]

_LABELS = 256


@dataclass(frozen=True, eq=False)
class TileObject:
    """One object.

    Attributes:
        number: From 1, in the order of `find_objects`; the same whenever the tile is read.
        mask: (512, 512) bool.
        object_class: What it is.
        exact: Whether its outline is known to the pixel all around: neither roughly drawn nor cut by the frame.
    """

    number: int
    mask: BoolMask
    object_class: ObjectClass
    exact: bool


def list_objects(tile: RawTile) -> list[TileObject]:
    """All objects of a tile that are complete and cover 0.1 to 15 % of it.

    An object beside a part of the tile without data or label may go on there, so it is left out; roads are not,
    as they may be cut by the frame too.
    """
    import cv2

    found = [*_instances(tile), *_regions(tile)]
    has_gaps = bool(tile.ignore.any())
    beside_gaps = np.asarray(cv2.dilate(tile.ignore.astype(np.uint8), np.ones((3, 3), np.uint8))) > 0
    return [
        TileObject(number, entry.mask, entry.object_class, _is_exact(tile, entry.mask))
        for number, entry in enumerate(found, start=1)
        if entry.object_class == "Road" or not has_gaps or not (entry.mask & beside_gaps).any()
    ]


def _instances(tile: RawTile) -> Iterator[SceneObject]:
    """The instances that `find_objects` lists, in its order, without looking at each in the whole frame."""
    if tile.instances is None:
        return
    instances, frame = tile.instances, tile.labels.size
    table = np.bincount(
        instances.ravel() * _LABELS + tile.labels.ravel(), minlength=(int(instances.max()) + 1) * _LABELS
    ).reshape(-1, _LABELS)
    sizes, labels = table.sum(axis=1), table.argmax(axis=1)
    edges = np.concatenate([instances[0], instances[-1], instances[:, 0], instances[:, -1]])
    is_cut = np.zeros(len(sizes), dtype=np.bool_)
    is_cut[edges] = True
    for number in np.flatnonzero((sizes >= MIN_AREA * frame) & (sizes <= MAX_AREA * frame)).tolist():
        name = LABEL_CLASSES.get(int(labels[number]))
        if number > 0 and name is not None and (name == "Road" or not is_cut[number]):
            yield SceneObject(instances == number, name)


def _regions(tile: RawTile) -> list[SceneObject]:
    """The connected regions of each class where no instance is marked."""
    labels = tile.labels if tile.instances is None else np.where(tile.instances > 0, np.uint8(0), tile.labels)
    counts = np.bincount(labels.ravel(), minlength=_LABELS)
    large = {label: name for label, name in LABEL_CLASSES.items() if counts[label] >= MIN_AREA * labels.size}
    return find_objects(labels, large)


def _is_exact(tile: RawTile, mask: BoolMask) -> bool:
    if tile.mask_quality != "exact" or tile.instance_origin == "rotated_box":
        return False
    if mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any():
        return False
    if tile.instances is None or not tile.approximate:
        return True
    return int(tile.instances[mask].max()) not in tile.approximate
