"""What looking at the pixels yields: copies and blurred regions, as data."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from geotamper.imagery.similarity import Similarity

BoolMask = npt.NDArray[np.bool_]
BlurMethod = Literal["gaussian", "mosaic", "oil"]


@dataclass(frozen=True)
class CopyEvidence:
    """One region that repeats another.

    Attributes:
        source: (H, W) bool, the region that was copied.
        target: (H, W) bool, the region that was pasted.
        transform: Takes source points to target points.
        rotation_sigma: Standard deviation of the rotation, degrees.
        scale_sigma: Standard deviation of the scale.
        probability: That the two regions are a copy and not genuine look-alikes, 0 to 1.
        direction_probability: That `source` and `target` are not exchanged, 0.5 to 1.
        direction_basis: What the direction rests on, in a few words.
        kernel: The interpolation that explains the paste best, or None when none does.
        measurements: Named numbers behind the probability, for reports and diagnosis.
    """

    source: BoolMask
    target: BoolMask
    transform: Similarity
    rotation_sigma: float
    scale_sigma: float
    probability: float
    direction_probability: float
    direction_basis: str
    kernel: str | None = None
    measurements: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class BlurEvidence:
    """One region whose detail was removed.

    Attributes:
        region: (H, W) bool.
        method: How it was removed.
        strength: Sigma (gaussian), block size (mosaic) or radius (oil) in pixels, or None when unknown.
        probability: That the region was blurred on purpose, 0 to 1.
        method_probability: That `method` is right, 0 to 1.
        measurements: Named numbers behind the probability.
    """

    region: BoolMask
    method: BlurMethod
    strength: float | None
    probability: float
    method_probability: float
    measurements: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """All that the pixels of one picture yield.

    Attributes:
        copies: In falling probability; the accepted ones only.
        blurs: In falling probability; the accepted ones only.
        undecided: Candidates that were neither accepted nor rejected.
        complete: False when a time or memory limit cut the search short.
        notes: What was left out and why, in sentences.
    """

    copies: tuple[CopyEvidence, ...] = ()
    blurs: tuple[BlurEvidence, ...] = ()
    undecided: tuple[CopyEvidence, ...] = ()
    complete: bool = True
    notes: tuple[str, ...] = ()
