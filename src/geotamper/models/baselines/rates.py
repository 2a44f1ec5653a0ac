"""Learning rates of the compared networks (arXiv:2412.02575, section IV: "CNN-based" and "transformer-based")."""

from collections.abc import Mapping
from typing import Any

_PRETRAINED = 5e-5

CONVOLUTIONAL: Mapping[str, Mapping[str, Any]] = {
    "paper": {
        "learning_rate": 1e-3,
        "learning_rate_end": 1e-4,
        "pretrained_learning_rate": _PRETRAINED,
    }
}
"""The preset `compact` begins at the same rate by itself, and anneals further because it is short."""

TRANSFORMER: Mapping[str, Mapping[str, Any]] = {
    "paper": {
        "learning_rate": 5e-4,
        "learning_rate_end": 1e-6,
        "pretrained_learning_rate": _PRETRAINED,
    },
    "compact": {"learning_rate": 5e-4, "learning_rate_end": 1e-6},
}
"""Half the rate of the convolutional group in the preset `compact` too."""
