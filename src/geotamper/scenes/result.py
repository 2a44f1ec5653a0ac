"""What a drawn scene consists of: the picture, its class map and its instances."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.task.classes import ObjectClass

SceneKind = Literal["suburb", "harbour", "airport", "farmland", "city"]
"""The kinds of place that can be drawn."""

OTHER_LABEL = 0
WATER_LABEL = 8

PAVED_LABEL = 9
"""Other ground on which nothing grows: told apart while drawing only, `OTHER_LABEL` in a finished scene."""

CLASS_LABELS: Mapping[ObjectClass, int] = MappingProxyType(
    {
        "Car": 1,
        "Airplane": 2,
        "Ship": 3,
        "Building": 4,
        "Road": 5,
        "Vegetation": 6,
        "Farmland": 7,
    }
)
"""The id that each object class has in `Scene.labels`; 0 is anything else and 8 is water."""

SCENE_CLASSES: Mapping[SceneKind, tuple[ObjectClass, ...]] = MappingProxyType(
    {
        "suburb": ("Car", "Building", "Road", "Vegetation"),
        "harbour": ("Car", "Ship", "Building", "Road", "Vegetation"),
        "airport": ("Car", "Airplane", "Building", "Road", "Vegetation"),
        "farmland": ("Building", "Road", "Vegetation", "Farmland"),
        "city": ("Car", "Building", "Road", "Vegetation"),
    }
)
"""The classes that a scene of each kind contains when both its sides are at least 256 pixels."""


@dataclass(frozen=True)
class SceneObject:
    """One instance in a scene.

    Attributes:
        id: Its value in `Scene.instances`, from 1.
        object_class: What it is.
        bbox: (x0, y0, x1, y1) of its visible pixels, x1 and y1 exclusive.
        area_px: Number of its visible pixels, at least 1.
    """

    id: int
    object_class: ObjectClass
    bbox: tuple[int, int, int, int]
    area_px: int


@dataclass(frozen=True)
class Scene:
    """A drawn overhead picture with its ground truth.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        labels: (H, W) uint8 class ids as in `CLASS_LABELS`, 0 for anything else, 8 for water.
        instances: (H, W) uint16, the id of the object seen at each pixel, 0 where there is none.
        objects: All instances in rising id, which runs from 1 without gaps.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    instances: npt.NDArray[np.uint16]
    objects: tuple[SceneObject, ...]

    def mask(self, object_id: int) -> npt.NDArray[np.bool_]:
        """Pixels where one object is seen, (H, W) bool.

        Args:
            object_id: The `id` of one of `objects`.

        Raises:
            SpecificationError: The scene has no such object.
        """
        if not 1 <= object_id <= len(self.objects):
            raise SpecificationError(
                f"the scene has no object {object_id}; expected an id from 1 to {len(self.objects)}"
            )
        return np.asarray(self.instances == object_id, dtype=np.bool_)
