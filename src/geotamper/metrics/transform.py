"""How exactly the turn and the scale of a copy were measured."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from geotamper.errors import SpecificationError
from geotamper.metrics.localisation import PictureLocalisation


@dataclass(frozen=True)
class TransformPair:
    """True and measured turn and scale of one copy, both from source to target.

    Attributes:
        true_rotation_deg: Degrees, counter-clockwise on the screen, any multiple of a full turn.
        rotation_deg: The measured one.
        true_scale: Length ratio target over source, > 0.
        scale: The measured one.
    """

    true_rotation_deg: float
    rotation_deg: float
    true_scale: float
    scale: float

    @property
    def rotation_error_deg(self) -> float:
        """Smallest turn between the two, 0 to 180 degrees."""
        return rotation_error(self.true_rotation_deg, self.rotation_deg)

    @property
    def scale_error(self) -> float:
        """Absolute difference of the scales."""
        return abs(self.scale - self.true_scale)


def rotation_error(first_deg: float, second_deg: float) -> float:
    """Smallest turn from one angle to the other, 0 to 180 degrees; full turns do not count."""
    difference = math.fmod(abs(first_deg - second_deg), 360.0)
    return min(difference, 360.0 - difference)


@dataclass(frozen=True)
class TransformMetrics:
    """Errors of turn and scale over pairs that were found and not exchanged.

    Attributes:
        pairs: Number of pairs, at least 1.
        rotation_median_deg: Median of the absolute rotation error, degrees.
        rotation_mae_deg: Mean of the absolute rotation error, degrees.
        scale_median: Median of the absolute difference of scales.
        scale_mae: Mean of the absolute difference of scales.
    """

    pairs: int
    rotation_median_deg: float
    rotation_mae_deg: float
    scale_median: float
    scale_mae: float


def measured_pairs(
    pictures: Sequence[PictureLocalisation], pairs: Sequence[TransformPair | None]
) -> list[TransformPair]:
    """Pick the pairs whose errors mean something: of copies that were found and not exchanged.

    Args:
        pictures: Localisation of the pictures.
        pairs: For each picture its transforms, None where the detector measured none.

    Raises:
        SpecificationError: The two differ in length.
    """
    if len(pictures) != len(pairs):
        raise SpecificationError(
            f"expected one transform or None per picture, got {len(pairs)} for {len(pictures)} pictures"
        )
    return [
        pair
        for picture, pair in zip(pictures, pairs, strict=True)
        if pair is not None and picture.kind == "copy-move" and picture.found and not picture.exchanged
    ]


def transform_metrics(pairs: Sequence[TransformPair]) -> TransformMetrics | None:
    """Sum up the errors of `measured_pairs`; None without any."""
    if not pairs:
        return None
    rotations = [pair.rotation_error_deg for pair in pairs]
    scales = [pair.scale_error for pair in pairs]
    return TransformMetrics(
        pairs=len(pairs),
        rotation_median_deg=statistics.median(rotations),
        rotation_mae_deg=statistics.fmean(rotations),
        scale_median=statistics.median(scales),
        scale_mae=statistics.fmean(scales),
    )
