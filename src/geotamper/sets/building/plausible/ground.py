"""What a tile looks like and what lies where, for the rules of placement."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geotamper.forge.forgery import BoolMask
from geotamper.sets.sources.labels import LABEL_CLASSES, LABEL_IDS
from geotamper.sets.sources.protocol import RawTile
from geotamper.task.classes import ObjectClass

_ANYWHERE = ("Other", "Bare land", "Open ground")

GROUNDS: Mapping[ObjectClass, tuple[str, ...]] = MappingProxyType(
    {
        "Car": (*_ANYWHERE, "Road"),
        "Vegetation": (*_ANYWHERE, "Low vegetation", "Farmland"),
        "Ship": ("Other", "Water"),
        "Airplane": _ANYWHERE,
        "Building": (*_ANYWHERE, "Low vegetation"),
        "Farmland": (*_ANYWHERE, "Low vegetation", "Farmland"),
        "Road": (*_ANYWHERE, "Low vegetation", "Farmland"),
    }
)
"""The labels on which an object of each class may stand. "Other" is what has no label; there only looks decide."""

LONG = 1.4
"""Ratio of the axes from which on a thing has a direction."""

THINGS: frozenset[ObjectClass] = frozenset({"Car", "Vegetation", "Ship", "Airplane", "Building"})
"""Classes whose objects stand on the ground; the others are ground themselves."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A raw tile, seen as ground to place things on.

    Attributes:
        tile: The tile.
    """

    tile: RawTile

    @cached_property
    def looks(self) -> npt.NDArray[np.float32]:
        """(512, 512, 5): lightness 0 to 100, the colours a and b of CIE Lab, lightness squared, local gradient."""
        import cv2

        lab = np.asarray(cv2.cvtColor(self.tile.pixels.astype(np.float32) / 255, cv2.COLOR_RGB2Lab))
        lightness = np.ascontiguousarray(lab[..., 0])
        along = np.asarray(cv2.Sobel(lightness, cv2.CV_32F, 1, 0, scale=0.125))
        down = np.asarray(cv2.Sobel(lightness, cv2.CV_32F, 0, 1, scale=0.125))
        stack = [lab, np.square(lightness)[..., np.newaxis], np.hypot(along, down)[..., np.newaxis]]
        return np.concatenate(stack, axis=-1).astype(np.float32)

    @cached_property
    def things(self) -> BoolMask:
        """(512, 512) bool: pixels of things that stand on the ground, and pixels without data."""
        ids = [label for label, name in LABEL_CLASSES.items() if name in THINGS]
        taken: BoolMask = np.isin(self.tile.labels, ids) | self.tile.ignore
        return taken

    def allowed(self, object_class: ObjectClass) -> npt.NDArray[np.bool_]:
        """For each label from 0 to 255, whether an object of a class may stand on it."""
        flags = np.zeros(256, dtype=np.bool_)
        flags[[LABEL_IDS[name] for name in GROUNDS[object_class]]] = True
        return flags

    @cached_property
    def has_water(self) -> bool:
        """Whether water is labelled, so that what has no label is none."""
        return bool((self.tile.labels == LABEL_IDS["Water"]).any())

    def neighbour_areas(self, object_class: ObjectClass) -> list[int]:
        """Areas in pixels of all instances of a class in this tile; empty where instances are not marked."""
        if self.tile.instances is None:
            return []
        label = LABEL_IDS[object_class]
        found = np.bincount(self.tile.instances[self.tile.labels == label])
        return [int(area) for area in found[1:] if area]

    def neighbour_headings(self, object_class: ObjectClass) -> list[float]:
        """Directions of the long axes of all long instances of a class, degrees counter-clockwise, 0 to 180."""
        if self.tile.instances is None:
            return []
        of_class = np.where(self.tile.labels == LABEL_IDS[object_class], self.tile.instances, 0)
        headings = [heading(of_class == number) for number in np.unique(of_class) if number]
        return [found for found in headings if found is not None]


def heading(mask: BoolMask) -> float | None:
    """The direction of a mask's long axis, degrees counter-clockwise, 0 to 180; None where it is about round."""
    rows, columns = np.nonzero(mask)
    if len(rows) < 3:
        return None
    spread, axes = np.linalg.eigh(np.cov(np.stack([columns, -rows]).astype(np.float64)))
    if spread[1] < LONG**2 * max(spread[0], 1e-9):
        return None
    x, y = axes[:, 1].tolist()
    return float(np.degrees(np.arctan2(y, x)) % 180)
