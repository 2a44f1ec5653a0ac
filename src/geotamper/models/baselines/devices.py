"""Settings of the training that belong to networks with a training device of their own, by preset."""

from collections.abc import Mapping
from typing import Any

from geotamper.models.baselines.rates import CONVOLUTIONAL

_CURRICULUM = {"curriculum": "easy_to_hard"}

EASY_TO_HARD: Mapping[str, Mapping[str, Any]] = {
    "paper": {**CONVOLUTIONAL["paper"], **_CURRICULUM},
    "compact": _CURRICULUM,
    "tiny": _CURRICULUM,
}
"""FEH: easy questions first."""

SEGMENTATION_FIRST: Mapping[str, Mapping[str, Any]] = {
    "paper": {**CONVOLUTIONAL["paper"], "one_step": False},
    "compact": {"one_step": False, "mask_epochs": 10},
    "tiny": {"one_step": False, "mask_epochs": 1},
}
"""SGA: the segmentation network is trained first, then frozen; in `compact` it has a quarter of all epochs."""
