"""What a detector says about one picture, in the one form that all detectors are scored in."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.imagery.similarity import Similarity
from geotamper.metrics import RegionPair

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Detection:
    """The verdict on a picture and, where there are any, the regions.

    Attributes:
        tampered: The verdict; None when the detector does not decide.
        score: P(tampered) or another number that rises with it.
        regions: Unions over all findings; empty where there are none.
        transform: Of the primary finding, from source to target; None without one.
        blur_methods: Of the blurred regions, in falling probability.
    """

    tampered: bool | None
    score: float
    regions: RegionPair
    transform: Similarity | None
    blur_methods: tuple[str, ...] = ()
