"""Groups of questions in the catalogue, as numbers."""

from collections.abc import Mapping
from typing import get_args

import numpy as np

from geotamper.learning.data.questions import Integers
from geotamper.task.catalogue import QUESTION_TYPES, Group

GROUPS: tuple[Group, ...] = get_args(Group)
"""Basic, independent, related; their places are their numbers."""

UNGROUPED = -1
"""Number of a type that the catalogue does not have."""


def group_numbers(types: Integers, type_names: Mapping[int, str]) -> Integers:
    """The group of every question.

    Args:
        types: Numbers of the types, shape (N,).
        type_names: Names of the types by number.

    Returns:
        Places in `GROUPS`, or `UNGROUPED`, int64, shape (N,).
    """
    known = {str(name): GROUPS.index(entry.group) for name, entry in QUESTION_TYPES.items()}
    table = np.full(max([0, *type_names, *np.unique(types).tolist()]) + 1, UNGROUPED, dtype=np.int64)
    for number, name in type_names.items():
        table[number] = known.get(name, UNGROUPED)
    groups: Integers = table[types]
    return groups
