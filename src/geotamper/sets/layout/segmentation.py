"""Class maps as grey levels: 30 for the first class, 60 for the second, 255 for what has no label."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass

Grey = npt.NDArray[np.uint8]

UNLABELLED_LEVEL = 255
SEGMENTATION_LEVELS: Mapping[ObjectClass, int] = MappingProxyType(
    {"Building": 30, "Car": 60, "Airplane": 90, "Ship": 120, "Road": 150, "Farmland": 180, "Vegetation": 210}
)
"""Grey level of each class."""

CLASSES_BY_LEVEL: tuple[ObjectClass, ...] = tuple(SEGMENTATION_LEVELS)
"""The classes in the order of their levels."""


def encode_segmentation(class_map: npt.NDArray[np.integer], ids: Mapping[int, ObjectClass]) -> Grey:
    """Write a class map as grey levels.

    Args:
        class_map: (H, W) numbers from 0 to 255.
        ids: The class of each number; numbers that are not listed have no label.

    Returns:
        (H, W) uint8.

    Raises:
        SpecificationError: The map holds numbers below 0 or above 255, or a class is unknown.
    """
    unknown = sorted(set(ids.values()) - set(OBJECT_CLASSES))
    if unknown:
        raise SpecificationError(
            f"unknown classes {', '.join(unknown)}; expected {', '.join(OBJECT_CLASSES)}"
        )
    if class_map.size and (class_map.min() < 0 or class_map.max() > 255):
        raise SpecificationError("a class map holds numbers from 0 to 255; renumber its classes first")
    levels = np.full(256, UNLABELLED_LEVEL, dtype=np.uint8)
    for number, name in ids.items():
        levels[number] = SEGMENTATION_LEVELS[name]
    grey: Grey = levels[class_map]
    return grey


def decode_segmentation(grey: Grey) -> npt.NDArray[np.int8]:
    """The class of every pixel by the nearest level.

    Args:
        grey: (H, W) uint8.

    Returns:
        (H, W) int8, places in `CLASSES_BY_LEVEL`, -1 for no label.
    """
    levels = np.array([*SEGMENTATION_LEVELS.values(), UNLABELLED_LEVEL])
    nearest = np.abs(np.arange(256)[:, np.newaxis] - levels).argmin(axis=1)
    classes = np.where(nearest == len(SEGMENTATION_LEVELS), -1, nearest).astype(np.int8)
    return classes[grey]


def majority_class(grey: Grey, mask: npt.NDArray[np.bool_]) -> ObjectClass | None:
    """The most frequent class under a mask, or None where nothing is labelled; ties go to the lower level."""
    found = decode_segmentation(grey)[mask]
    counts = np.bincount(found[found >= 0], minlength=len(CLASSES_BY_LEVEL))
    return CLASSES_BY_LEVEL[int(counts.argmax())] if counts.any() else None
