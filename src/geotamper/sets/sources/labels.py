"""The ids in a raw tile's class map: the seven classes, and kinds of ground that a placement may ask for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from geotamper.scenes.result import CLASS_LABELS, OTHER_LABEL, WATER_LABEL
from geotamper.task.classes import ObjectClass

GroundKind = Literal["Water", "Bare land", "Low vegetation", "Open ground"]

GROUND_LABELS: Mapping[GroundKind, int] = MappingProxyType(
    {"Water": WATER_LABEL, "Bare land": 9, "Low vegetation": 10, "Open ground": 11}
)
"""Ids of ground in `RawTile.labels`. No object is made of them; they say what a pasted object would stand on.

"Open ground" is bare or paved ground that its source does not tell apart.
"""

LABEL_CLASSES: Mapping[int, ObjectClass] = MappingProxyType(
    {label: object_class for object_class, label in CLASS_LABELS.items()}
)
"""The object class of each id that counts, as `forge.choice.find_objects` takes it."""

LABEL_IDS: Mapping[str, int] = MappingProxyType(
    dict((("Other", OTHER_LABEL), *CLASS_LABELS.items(), *GROUND_LABELS.items()))
)
"""All names of ids: "Other", the seven classes and the kinds of ground."""

Ids = npt.NDArray[np.uint8]
Instances = npt.NDArray[np.int32]
BoolMask = npt.NDArray[np.bool_]
