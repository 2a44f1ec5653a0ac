"""The seven classes of objects that a forger may copy or blur."""

from collections.abc import Mapping
from typing import Literal, get_args

ObjectClass = Literal["Car", "Vegetation", "Ship", "Airplane", "Building", "Farmland", "Road"]

OBJECT_CLASSES: tuple[ObjectClass, ...] = get_args(ObjectClass)
"""All classes in catalogue order, which is the order of the answer indices."""

_PHRASES: Mapping[ObjectClass, str] = {
    "Car": "a car",
    "Vegetation": "a patch of vegetation",
    "Ship": "a ship",
    "Airplane": "an airplane",
    "Building": "a building",
    "Farmland": "a plot of farmland",
    "Road": "a road",
}


def class_phrase(object_class: ObjectClass) -> str:
    """The class with its article, as it stands in a sentence.

    Example:
        >>> class_phrase("Airplane")
        'an airplane'
        >>> class_phrase("Farmland")
        'a plot of farmland'
    """
    return _PHRASES[object_class]
