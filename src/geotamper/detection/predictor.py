"""What every trained network offers once it is open, whatever runs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from geotamper.detection.classes import AnswerClasses, Logits
from geotamper.imagery.picture import Pixels
from geotamper.inspection.report import WeightsInfo
from geotamper.sets.layout import AnswerVocabulary
from geotamper.task.catalogue import TypeName

Masks = npt.NDArray[np.float32]
QuestionKey = tuple[TypeName, str | None]

MASK_CUT = 127.5
"""Of 255: above it a predicted mask counts as inside."""


@dataclass(frozen=True)
class NetworkCard:
    """What is known of a trained network.

    Attributes:
        name: Of the network in the registry.
        source: The path it was opened from, as given.
        vocabulary: Its classes.
        wordings: The texts it was trained on by type and option.
        size: Side of the square that it sees, pixels.
        weights: The file of its weights.
        mean: Of the normalisation, on 0..1, red, green, blue.
        std: Standard deviations of the normalisation.
    """

    name: str
    source: str
    vocabulary: AnswerVocabulary
    wordings: Mapping[QuestionKey, str]
    size: int
    weights: WeightsInfo
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def classes(self) -> AnswerClasses:
        """Its classes as answers."""
        return AnswerClasses.of(self.vocabulary)


@dataclass(frozen=True, eq=False)
class Seen:
    """A picture that a network has looked at.

    Attributes:
        masks: Source, target and composite on 0..255, not clamped, (3, S, S) float32; None for networks without
            a mask network.
        state: What the predictor needs to answer about it.
    """

    masks: Masks | None
    state: Any


class Predictor(Protocol):
    """A trained network, ready to look at pictures."""

    @property
    def card(self) -> NetworkCard:
        """What is known of it."""

    @property
    def device(self) -> str:
        """Where it computes."""

    def see(self, pixels: Pixels) -> Seen:
        """Look at a picture once.

        Args:
            pixels: (H, W, 3) uint8 RGB.
        """

    def answer(self, seen: Seen, texts: Sequence[str]) -> Logits:
        """Logits of questions about a picture.

        Args:
            seen: From `see`.
            texts: At least one, worded as in training.

        Returns:
            (N, C) float32.
        """


def cut_masks(masks: Masks, frame: tuple[int, int]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Source and target in the frame of the picture: enlarged linearly, then cut at 127.5.

    Args:
        masks: (3, S, S) on 0..255.
        frame: Height and width of the picture.
    """
    import cv2

    height, width = frame
    source, target = (
        cv2.resize(np.ascontiguousarray(mask), (width, height), interpolation=cv2.INTER_LINEAR) > MASK_CUT
        for mask in masks[:2]
    )
    return source, target
